//! Listing the uploads that have not ended.

use super::{Call, Exchange, upload::UploadId};
use crate::{
    CosMethod, ObjectKey,
    answer::{Head, Wrong},
    request::Query,
    xml::{self, Element},
};

/// Lists the uploads of a bucket that were neither completed nor aborted, page by page, in the order of their
/// keys.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ListMultipartUploads {
    prefix: String,
    delimiter: String,
    after: UploadMarker,
    max_uploads: Option<u32>,
}

/// Behind which upload a list goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadMarker {
    key: String,
    upload: String,
}

impl ListMultipartUploads {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only of objects whose keys begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Keys that have this behind the prefix are counted as one up to there.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = delimiter.into();
        self
    }

    /// Behind this one: [`UploadsPage::next`].
    pub fn after(mut self, marker: UploadMarker) -> Self {
        self.after = marker;
        self
    }

    /// Up to so many at once: 1000, and no more.
    pub fn max_uploads(mut self, most: u32) -> Self {
        self.max_uploads = Some(most.clamp(1, 1000));
        self
    }
}

impl Call for ListMultipartUploads {}

impl Exchange for ListMultipartUploads {
    type Answer = UploadsPage;

    const OPERATION: &'static str = "ListMultipartUploads";

    fn method(&self) -> CosMethod {
        CosMethod::Get
    }

    fn key(&self) -> Option<&ObjectKey> {
        None
    }

    fn query(&self) -> Query {
        Query::default()
            .with("uploads", "")
            .with("prefix", &*self.prefix)
            .with("delimiter", &*self.delimiter)
            .with("key-marker", &*self.after.key)
            .with("upload-id-marker", &*self.after.upload)
            .with("max-uploads", self.max_uploads.unwrap_or(1000).to_string())
            .with("encoding-type", "url")
    }

    fn read(&self, _: &Head, body: &[u8]) -> Result<UploadsPage, Wrong> {
        xml::read(body, "ListMultipartUploadsResult", |result| {
            result.check_encoding()?;
            let uploads = result.all("Upload").map(ListedUpload::read);
            let uploads = uploads.collect::<Result<Vec<_>, _>>()?;
            let prefixes = result.common_prefixes()?;
            let next = if result.is_true("IsTruncated")? {
                let key = result.required_decoded("NextKeyMarker")?;
                let upload = result.text("NextUploadIdMarker")?.unwrap_or_default();
                let next = UploadMarker { key, upload };
                // In the order of keys, and of ids where that is the same.
                if next <= self.after {
                    return Err(Wrong::unreadable("a page that does not go on"));
                }
                Some(next)
            } else {
                None
            };
            Ok(UploadsPage { uploads, prefixes, next })
        })
    }
}

/// Some of the uploads that have not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UploadsPage {
    /// In the order of their keys.
    pub uploads: Vec<ListedUpload>,
    /// What several keys begin with, up to the delimiter.
    pub prefixes: Vec<String>,
    /// Behind which upload to go on. None if that was all.
    pub next: Option<UploadMarker>,
}

/// An upload that has not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedUpload {
    /// The key of its object, as [`ObjectKey::exact`] takes it.
    pub key: String,
    /// Its id.
    pub upload: UploadId,
    /// When it began, as COS wrote it.
    pub initiated: Option<String>,
    /// Such as `STANDARD`.
    pub storage_class: Option<String>,
}

impl ListedUpload {
    fn read(upload: Element<'_, '_>) -> Result<Self, Wrong> {
        Ok(Self {
            key: upload.required_decoded("Key")?,
            upload: UploadId::read(upload.required("UploadId")?)?,
            initiated: upload.text("Initiated")?,
            storage_class: upload.text("StorageClass")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_after(marker: UploadMarker, body: &str) -> Result<UploadsPage, Wrong> {
        let body = format!("<ListMultipartUploadsResult>{body}</ListMultipartUploadsResult>");
        ListMultipartUploads::new().after(marker).read(&Head::new(200, []), body.as_bytes())
    }

    fn read(body: &str) -> Result<UploadsPage, Wrong> {
        read_after(UploadMarker::default(), body)
    }

    const UPLOAD: &str = "<Upload><Key>a%20b</Key><UploadId>u1</UploadId><StorageClass>Standard</StorageClass>\
        <Initiator><ID>1</ID></Initiator><Initiated>Wed Feb 18 2026</Initiated></Upload>";
    const END: &str = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>";
    const MORE: &str = "<IsTruncated>true</IsTruncated><NextKeyMarker>a%20b</NextKeyMarker>\
        <NextUploadIdMarker>u1</NextUploadIdMarker>";

    #[test]
    fn there_may_be_none_or_several_of_a_key() {
        for count in 0..3 {
            let page = read(&format!("{}{END}", UPLOAD.repeat(count))).expect("a page");
            assert_eq!((page.uploads.len(), page.next), (count, None));
            assert!(
                page.uploads
                    .iter()
                    .all(|upload| upload.key == "a b" && upload.upload.as_str() == "u1")
            );
        }
    }

    #[test]
    fn pages_go_on() {
        let page = read(&format!("{UPLOAD}{MORE}")).expect("a page");
        let next = page.next.expect("more");
        let query = ListMultipartUploads::new().after(next.clone()).query().url_form();
        assert!(query.contains("key-marker=a%20b&upload-id-marker=u1"), "{query}");
        assert!(read_after(next, &format!("{UPLOAD}{MORE}")).is_err());
        assert!(read(&format!("{UPLOAD}<IsTruncated>true</IsTruncated>")).is_err());
    }

    #[test]
    fn what_is_missing_or_absurd_is_refused() {
        for wrong in [
            UPLOAD.to_owned(),
            format!("{}{END}", UPLOAD.replace("a%20b", "")),
            format!("{}{END}", UPLOAD.replace("a%20b", "%")),
            format!("{}{END}", UPLOAD.replace("u1", "")),
            format!("{}{END}", UPLOAD.replace("u1", "u 1")),
            END.replace("url", "other"),
        ] {
            assert!(matches!(read(&wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
    }
}
