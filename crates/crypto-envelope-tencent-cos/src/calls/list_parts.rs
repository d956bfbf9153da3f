//! Listing the parts of an upload.

use super::{
    Call, Exchange,
    upload::{CompletedPart, PartNumber, UploadId},
};
use crate::{
    CosMethod, ETag, ObjectKey,
    answer::{Head, Wrong},
    request::Query,
    xml::{self, Element},
};

/// Lists the parts that COS has of an upload, page by page.
#[derive(Clone, Debug)]
#[must_use]
pub struct ListParts {
    key: ObjectKey,
    upload: UploadId,
    after: u32,
    max_parts: u32,
}

impl ListParts {
    /// Of this upload, which is one of the object under this key.
    pub fn new(key: ObjectKey, upload: UploadId) -> Self {
        Self { key, upload, after: 0, max_parts: 1000 }
    }

    /// Behind this one: [`PartsPage::next`].
    pub fn after(mut self, number: PartNumber) -> Self {
        self.after = number.get();
        self
    }

    /// Up to so many at once: 1000, and no more.
    pub fn max_parts(mut self, most: u32) -> Self {
        self.max_parts = most.clamp(1, 1000);
        self
    }
}

impl Call for ListParts {}

impl Exchange for ListParts {
    type Answer = PartsPage;

    const OPERATION: &'static str = "ListParts";

    fn method(&self) -> CosMethod {
        CosMethod::Get
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default()
            .with("uploadId", self.upload.as_str())
            .with("part-number-marker", self.after.to_string())
            .with("max-parts", self.max_parts.to_string())
            .with("encoding-type", "url")
    }

    fn read(&self, _: &Head, body: &[u8]) -> Result<PartsPage, Wrong> {
        xml::read(body, "ListPartsResult", |result| {
            let parts = result.all("Part").map(ListedPart::read).collect::<Result<Vec<_>, _>>()?;
            let mut last = self.after;
            for part in &parts {
                if part.number.get() <= last {
                    return Err(Wrong::unreadable("with parts out of order"));
                }
                last = part.number.get();
            }
            let next = if result.is_true("IsTruncated")? {
                let next = PartNumber::read(result.number("NextPartNumberMarker")?)?;
                if next.get() <= self.after || next.get() < last {
                    return Err(Wrong::unreadable("a page that does not go on"));
                }
                Some(next)
            } else {
                None
            };
            Ok(PartsPage { parts, next })
        })
    }
}

/// Some of the parts that COS has of an upload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartsPage {
    /// In the order of their numbers.
    pub parts: Vec<ListedPart>,
    /// Behind which one to go on. None if that was all.
    pub next: Option<PartNumber>,
}

/// A part that COS has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedPart {
    /// Its number.
    pub number: PartNumber,
    /// By which the upload is completed.
    pub etag: ETag,
    /// In bytes.
    pub length: u64,
    /// When it arrived, as COS wrote it.
    pub last_modified: Option<String>,
}

impl ListedPart {
    fn read(part: Element<'_, '_>) -> Result<Self, Wrong> {
        Ok(Self {
            number: PartNumber::read(part.number("PartNumber")?)?,
            etag: part.etag()?,
            length: part.number("Size")?,
            last_modified: part.date("LastModified")?,
        })
    }
}

impl From<ListedPart> for CompletedPart {
    fn from(part: ListedPart) -> Self {
        Self::new(part.number, part.etag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(after: u32, body: &str) -> Result<PartsPage, Wrong> {
        let key = ObjectKey::new("a").expect("a key");
        let call = ListParts::new(key, UploadId::new("u").expect("an id"));
        let call =
            if after == 0 { call } else { call.after(PartNumber::new(after).expect("a number")) };
        let body =
            format!("<ListPartsResult xmlns=\"http://www.qcloud.com\">{body}</ListPartsResult>");
        call.read(&Head::new(200, []), body.as_bytes())
    }

    fn part(number: &str) -> String {
        format!(
            "<Part><PartNumber>{number}</PartNumber><LastModified>2026-11-21T07:13:29.000Z</LastModified>\
             <ETag>\"abc\"</ETag><Size>1048576</Size></Part>"
        )
    }

    const END: &str = "<IsTruncated>false</IsTruncated>";

    #[test]
    fn there_may_be_none_one_or_several() {
        for count in 0..4 {
            let parts: String = (1..=count).map(|number| part(&number.to_string())).collect();
            let page = read(0, &format!("{parts}{END}")).expect("a page");
            assert_eq!((page.parts.len(), page.next), (count, None));
            assert!(page.parts.iter().all(|part| part.length == 1 << 20));
        }
    }

    #[test]
    fn pages_go_on() {
        let more = |next: &str| {
            let next = format!("<NextPartNumberMarker>{next}</NextPartNumberMarker>");
            format!("{}{}<IsTruncated>true</IsTruncated>{next}", part("3"), part("5"))
        };
        let page = read(2, &more("5")).expect("a page");
        assert_eq!(page.next.map(PartNumber::get), Some(5));
        for wrong in ["", "0", "2", "4", "10001", "x"] {
            assert!(read(2, &more(wrong)).is_err(), "{wrong}");
        }
        assert!(read(3, &more("5")).is_err());
    }

    #[test]
    fn what_is_missing_or_absurd_is_refused() {
        for wrong in [
            part("1"),
            format!("{}{END}", part("0")),
            format!("{}{END}", part("10001")),
            format!("{}{END}", part("4294967297")),
            format!("{}{END}", part("")),
            format!("{}{}{END}", part("2"), part("1")),
            format!("{}{}{END}", part("1"), part("1")),
            format!("{}{END}", part("1").replace("1048576", "-1")),
            format!("{}{END}", part("1").replace("\"abc\"", "")),
            format!("{}{END}", part("1").replace("2026-11-21T", "")),
            format!("{}<IsTruncated>maybe</IsTruncated>", part("1")),
        ] {
            assert!(matches!(read(0, &wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
    }
}
