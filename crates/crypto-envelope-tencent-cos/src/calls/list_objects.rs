//! Listing the objects of a bucket.

use super::{Call, Exchange};
use crate::{
    CosMethod, ETag, ObjectKey,
    answer::{Head, Wrong},
    request::Query,
    xml::{self, Element},
};

/// Lists the objects of a bucket, page by page, in the order of their keys.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ListObjects {
    prefix: String,
    delimiter: String,
    marker: String,
    max_keys: Option<u32>,
}

impl ListObjects {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Keys that have this behind the prefix are counted as one up to there.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = delimiter.into();
        self
    }

    /// Behind this one: [`ObjectsPage::next`].
    pub fn after(mut self, marker: impl Into<String>) -> Self {
        self.marker = marker.into();
        self
    }

    /// Up to so many at once: 1000, and no more.
    pub fn max_keys(mut self, most: u32) -> Self {
        self.max_keys = Some(most.clamp(1, 1000));
        self
    }
}

impl Call for ListObjects {}

impl Exchange for ListObjects {
    type Answer = ObjectsPage;

    const OPERATION: &'static str = "ListObjects";

    fn method(&self) -> CosMethod {
        CosMethod::Get
    }

    fn key(&self) -> Option<&ObjectKey> {
        None
    }

    fn query(&self) -> Query {
        Query::default()
            .with("prefix", &*self.prefix)
            .with("delimiter", &*self.delimiter)
            .with("marker", &*self.marker)
            .with("max-keys", self.max_keys.unwrap_or(1000).to_string())
            .with("encoding-type", "url")
    }

    fn read(&self, _: &Head, body: &[u8]) -> Result<ObjectsPage, Wrong> {
        xml::read(body, "ListBucketResult", |result| {
            result.check_encoding()?;
            let objects = result.all("Contents").map(ListedObject::read);
            let objects = objects.collect::<Result<Vec<_>, _>>()?;
            let prefixes = result.common_prefixes()?;
            let next = if result.is_true("IsTruncated")? {
                let last = objects.last().map(|object| object.key.clone());
                let next = result.decoded("NextMarker")?.or(last.max(prefixes.last().cloned()));
                // Whoever follows it would never come to an end.
                let next = next.filter(|next| *next > self.marker);
                Some(next.ok_or(Wrong::unreadable("a page that does not go on"))?)
            } else {
                None
            };
            Ok(ObjectsPage { objects, prefixes, next })
        })
    }
}

/// Some of the objects of a bucket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectsPage {
    /// In the order of their keys.
    pub objects: Vec<ListedObject>,
    /// What several keys begin with, up to the delimiter.
    pub prefixes: Vec<String>,
    /// Behind which key to go on. None if that was all.
    pub next: Option<String>,
}

/// An object of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedObject {
    /// Its key, as [`ObjectKey::exact`] takes it. There may be objects whose keys it refuses.
    pub key: String,
    /// Which object it is.
    pub etag: ETag,
    /// In bytes.
    pub length: u64,
    /// When it was written, as COS wrote it.
    pub last_modified: Option<String>,
    /// Such as `STANDARD`.
    pub storage_class: Option<String>,
}

impl ListedObject {
    fn read(object: Element<'_, '_>) -> Result<Self, Wrong> {
        Ok(Self {
            key: object.required_decoded("Key")?,
            etag: object.etag()?,
            length: object.number("Size")?,
            last_modified: object.date("LastModified")?,
            storage_class: object.text("StorageClass")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(marker: &str, body: &str) -> Result<ObjectsPage, Wrong> {
        let body = format!("<ListBucketResult>{body}</ListBucketResult>");
        ListObjects::new().after(marker).read(&Head::new(200, []), body.as_bytes())
    }

    fn object(key: &str) -> String {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-11-21T07:13:29.000Z</LastModified>\
             <ETag>\"abc\"</ETag><Size>17</Size><Owner><ID>1</ID></Owner><StorageClass>STANDARD</StorageClass>\
             </Contents>"
        )
    }

    const END: &str = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>";

    #[test]
    fn keys_are_decoded() {
        let body = format!(
            "{}{}<CommonPrefixes><Prefix>dir%20x/</Prefix></CommonPrefixes>{END}",
            object("a%20b%2F%E4%B8%AD+%25"),
            object("%2Fc")
        );
        let page = read("", &body).expect("a page");
        let keys: Vec<_> = page.objects.iter().map(|object| &*object.key).collect();
        assert_eq!(keys, ["a b/\u{4e2d}+%", "/c"]);
        assert_eq!((page.prefixes, page.next), (vec!["dir x/".to_owned()], None));
        assert!(read("", END).is_ok_and(|page| page.objects.is_empty()));
    }

    #[test]
    fn pages_go_on() {
        let more = "<IsTruncated>true</IsTruncated>";
        let next = |marker: &str, body: &str| read(marker, body).map(|page| page.next);
        let named = format!("{}<NextMarker>a%20b</NextMarker>{more}", object("a"));
        assert!(next("", &named).is_ok_and(|next| next.as_deref() == Some("a b")));
        let unnamed = format!("{}{more}", object("a"));
        assert!(next("", &unnamed).is_ok_and(|next| next.as_deref() == Some("a")));
        let prefix =
            format!("{}<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>{more}", object("a"));
        assert!(next("", &prefix).is_ok_and(|next| next.as_deref() == Some("b/")));
        assert!(next("a b", &named).is_err());
        assert!(next("a", &unnamed).is_err());
        assert!(next("", more).is_err());
    }

    #[test]
    fn what_is_missing_or_absurd_is_refused() {
        for wrong in [
            object("a"),
            format!("{}{END}", object("")),
            format!("{}{END}", object("%FF")),
            format!("{}{END}", object("%2")),
            format!("{}{END}", object("a").replace("17", "many")),
            format!("{}{END}", object("a").replace("\"abc\"", "")),
            format!("<CommonPrefixes/>{END}"),
            END.replace("url", "base64"),
        ] {
            assert!(matches!(read("", &wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
    }
}
