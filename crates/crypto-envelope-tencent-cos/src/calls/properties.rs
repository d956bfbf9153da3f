//! What is known of an object.

use std::time::SystemTime;

use crate::{
    ContentRange, ETag, ObjectMetadata,
    answer::{Head, Wrong},
    range::ByteRange,
};

/// What COS tells of an object along with its bytes, or instead of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectProperties {
    /// How many bytes the whole object has.
    pub length: u64,
    /// Which of them came, if a range was asked for.
    pub range: Option<ContentRange>,
    /// Which object it is.
    pub etag: ETag,
    /// The CRC-64/XZ of the whole object. Objects of long ago have none.
    pub crc64: Option<u64>,
    /// When it was written.
    pub last_modified: Option<SystemTime>,
    /// Which version it is, in a bucket that keeps them.
    pub version_id: Option<String>,
    /// What is stored beside its bytes.
    pub metadata: ObjectMetadata,
    /// Under which name COS knows the request.
    pub request_id: Option<String>,
}

impl ObjectProperties {
    /// How many bytes the answer has: those of the range, or all.
    #[must_use]
    pub fn body_length(&self) -> u64 {
        self.range.map_or(self.length, |range| range.range().end - range.range().start)
    }

    pub(super) fn read(head: &Head, asked: Option<ByteRange>) -> Result<Self, Wrong> {
        let sent = head.content_length()?;
        let range = match (asked, head.status()) {
            (None, 206) => return Err(Wrong::unreadable("a part, and the whole was asked for")),
            (None, _) => None,
            (Some(asked), 206) => {
                let missing = Wrong::unreadable("a part without Content-Range");
                let range = head.content_range()?.ok_or(missing)?;
                if !asked.is_answered_by(range) {
                    return Err(Wrong::unreadable("another range than the one that was asked for"));
                }
                Some(range)
            }
            (Some(_), _) => return Err(Wrong::unreadable("not the range that was asked for")),
        };
        let length = match (range, sent) {
            (Some(range), None) => range.total(),
            (Some(range), Some(sent)) if sent == range.range().end - range.range().start => {
                range.total()
            }
            (Some(_), Some(_)) => {
                return Err(Wrong::unreadable("of another length than its range"));
            }
            (None, Some(sent)) => sent,
            (None, None) => return Err(Wrong::unreadable("without Content-Length")),
        };
        Ok(Self {
            length,
            range,
            etag: head.etag()?,
            crc64: head.crc64()?,
            last_modified: head.last_modified()?,
            version_id: head.version_id(),
            metadata: ObjectMetadata::of(head),
            request_id: head.request_id().map(ToOwned::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{array, pairs, str};

    fn read(
        status: u16,
        more: &[(&str, &str)],
        asked: Option<ByteRange>,
    ) -> Result<ObjectProperties, Wrong> {
        let headers = [("etag", "\"a\"")].iter().chain(more);
        ObjectProperties::read(&Head::new(status, headers.map(|(n, v)| (*n, v.as_bytes()))), asked)
    }

    #[test]
    fn answers_to_the_official_sdk_are_read() -> crypto_envelope::Result<()> {
        let calls = array("transcripts.json", "calls", 14);
        let call =
            calls.iter().find(|call| str(call, "call") == "get_object Range").expect("a call");
        let answer = &call["requests"][1];
        let headers = pairs(answer, "response_headers");
        let head = Head::new(206, headers.iter().map(|(name, value)| (&**name, value.as_bytes())));
        let found = ObjectProperties::read(&head, Some(ByteRange::of(16..21)?)).expect("an answer");
        assert_eq!((found.length, found.body_length()), (40, 5));
        assert_eq!(found.crc64, Some(6_804_990_512_501_542_964));
        assert_eq!(found.etag.unquoted(), "5cda921deb125a66f71c0bad9892111c");
        let iv = found.metadata.user.get("client-side-encryption-iv");
        assert_eq!(iv.map(String::as_str), Some("GXI3WN0/eOrBanitYMOUAg=="));
        assert!(found.last_modified.is_some());
        Ok(())
    }

    #[test]
    fn a_range_has_to_be_the_one_that_was_asked_for() {
        let asked = ByteRange::of(0..10).expect("a range");
        let part = ("content-range", "bytes 0-9/40");
        assert!(read(206, &[part], Some(asked)).is_ok());
        assert!(read(206, &[part, ("content-length", "10")], Some(asked)).is_ok());
        for wrong in [
            read(206, &[], Some(asked)),
            read(206, &[("content-range", "bytes 1-9/40")], Some(asked)),
            read(206, &[part, ("content-length", "40")], Some(asked)),
            read(200, &[("content-length", "40")], Some(asked)),
            read(206, &[part], None),
        ] {
            assert!(matches!(wrong, Err(Wrong::Unreadable(_))));
        }
    }

    #[test]
    fn what_must_be_known_is_missed() {
        assert!(read(200, &[("content-length", "0")], None).is_ok_and(|found| found.length == 0));
        assert!(read(200, &[], None).is_err());
        let head = Head::new(200, [("content-length", &b"1"[..])]);
        assert!(ObjectProperties::read(&head, None).is_err());
        assert!(
            read(200, &[("content-length", "1"), ("x-cos-hash-crc64ecma", "x")], None).is_err()
        );
    }
}
