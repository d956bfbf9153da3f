//! What came back.

use std::{borrow::Cow, fmt, time::SystemTime};

use crate::{
    Crc64, ETag, clock,
    error::Refusal,
    range::{self, ContentRange},
};

/// The status and the headers of an answer.
#[derive(Clone)]
pub struct Head {
    status: u16,
    /// With names in lower case.
    headers: Vec<(String, String)>,
}

impl Head {
    /// Of the headers as they came: names in any case, values in any bytes.
    pub(crate) fn new<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let headers = headers.into_iter().map(|(name, value)| {
            (name.to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned())
        });
        Self { status, headers: headers.collect() }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// What is empty counts as not sent.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(found, value)| *found == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(ToOwned::to_owned)
    }

    /// Of what was stored. An answer without it says of nothing that it was.
    pub(crate) fn etag(&self) -> Result<ETag, Wrong> {
        let text = self.value("etag").ok_or(Wrong::unreadable("without ETag"))?;
        ETag::read(text)
    }

    pub(crate) fn crc64(&self) -> Result<Option<u64>, Wrong> {
        self.number(CRC64, Crc64::parse)
    }

    pub(crate) fn content_length(&self) -> Result<Option<u64>, Wrong> {
        self.number("content-length", range::decimal)
    }

    pub(crate) fn content_range(&self) -> Result<Option<ContentRange>, Wrong> {
        self.value("content-range").map(ContentRange::read).transpose()
    }

    pub(crate) fn last_modified(&self) -> Result<Option<SystemTime>, Wrong> {
        self.value("last-modified")
            .map(|text| {
                clock::parse_http_date(text)
                    .ok_or(Wrong::unreadable("with a Last-Modified that is no date"))
            })
            .transpose()
    }

    pub(crate) fn version_id(&self) -> Option<String> {
        self.text("x-cos-version-id")
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.value("x-cos-request-id")
    }

    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.value("x-cos-trace-id")
    }

    fn number(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<u64>,
    ) -> Result<Option<u64>, Wrong> {
        let no_number = || Wrong::Unreadable(format!("with a {name} that is no number").into());
        self.value(name).map(|text| parse(text.trim()).ok_or_else(no_number)).transpose()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why an answer is not the one to a call.
#[derive(Debug)]
pub enum Wrong {
    /// It says that the call failed.
    Refused(Box<Refusal>),
    /// It is not what was asked for, in words that go on after "the answer is".
    Unreadable(Cow<'static, str>),
    /// What COS has is not what was sent, or what came is not what COS has.
    Damaged,
}

impl Wrong {
    /// Two checksums of the same bytes, of which COS may have told none.
    pub(crate) fn compare(ours: u64, theirs: Option<u64>) -> Result<(), Self> {
        if theirs.is_none_or(|theirs| theirs == ours) { Ok(()) } else { Err(Self::Damaged) }
    }
}

impl Wrong {
    pub(crate) fn unreadable(what: &'static str) -> Self {
        Self::Unreadable(what.into())
    }
}

pub(crate) const CRC64: &str = "x-cos-hash-crc64ecma";

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> Head {
        Head::new(200, headers.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn names_are_compared_in_any_case() {
        let head = head(&[
            ("ETag", "\"a\""),
            ("X-Cos-Request-Id", "id"),
            ("Last-Modified", "Sat, 21 Nov 2026 07:13:29 GMT"),
        ]);
        assert!(head.etag().is_ok_and(|tag| tag.as_str() == "\"a\""));
        assert_eq!(head.request_id(), Some("id"));
        assert!(head.last_modified().is_ok_and(|time| time.is_some()));
    }

    #[test]
    fn what_must_be_there_is_missed() {
        for wrong in [head(&[]), head(&[("etag", "")]), head(&[("etag", "a b")])] {
            assert!(wrong.etag().is_err());
        }
    }

    #[test]
    fn what_is_there_must_make_sense() {
        assert!(head(&[]).crc64().is_ok_and(|crc| crc.is_none()));
        for (name, value) in [
            (CRC64, "-1"),
            (CRC64, "x"),
            ("content-length", "1e3"),
            ("content-length", "18446744073709551616"),
            ("content-range", "bytes 0-1"),
            ("last-modified", "yesterday"),
        ] {
            let head = head(&[(name, value)]);
            let read = [
                head.crc64().is_err(),
                head.content_length().is_err(),
                head.content_range().is_err(),
                head.last_modified().is_err(),
            ];
            assert_eq!(read.iter().filter(|wrong| **wrong).count(), 1, "{name}: {value}");
        }
    }

    #[test]
    fn headers_are_not_shown() {
        assert_eq!(
            format!("{:?}", head(&[("x-cos-meta-a", "hidden")])),
            "Head { status: 200, .. }"
        );
        assert_eq!(Head::new(200, [("a", &b"\xFF"[..])]).value("a"), Some("\u{FFFD}"));
    }
}
