//! An object, or a part of one.

use std::{borrow::Cow, time::SystemTime};

use md5::{Digest as _, Md5};

use super::{crc64::crc64, metadata::Metadata, sse::Encryption};
use crate::fake::{crypto, date::Date, http::Body};

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) content: Body,
    /// What its entity tag is made of.
    md5: [u8; 16],
    /// With its quotation marks.
    pub(super) etag: String,
    pub(super) crc64: u64,
    pub(super) modified: SystemTime,
    pub(super) metadata: Metadata,
    pub(super) encryption: Encryption,
}

impl Object {
    pub(super) fn new(
        content: Body,
        metadata: Metadata,
        encryption: Encryption,
        modified: SystemTime,
    ) -> Self {
        let md5 = crypto::md5(&content);
        let etag = format!("\"{}\"", crypto::hex(&md5));
        let crc64 = crc64(content.pieces());
        Self { content, md5, etag, crc64, modified, metadata, encryption }
    }

    /// One of parts, whose entity tag says of how many.
    pub(super) fn of_parts(
        parts: &[&Self],
        metadata: Metadata,
        encryption: Encryption,
        modified: SystemTime,
    ) -> Self {
        let mut content = Body::default();
        let mut hashes = Md5::new();
        for part in parts {
            content.extend(&part.content);
            hashes.update(part.md5);
        }
        let md5: [u8; 16] = hashes.finalize().into();
        let etag = format!("\"{}-{}\"", crypto::hex(&md5), parts.len());
        let crc64 = crc64(content.pieces());
        Self { content, md5, etag, crc64, modified, metadata, encryption }
    }

    /// What `GET` and `HEAD` say of it.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'static, str>, String)> {
        let own = [
            ("ETag", self.etag.clone()),
            ("Last-Modified", Date::of(self.modified).http()),
            ("Accept-Ranges", "bytes".to_owned()),
            (CRC64, self.crc64.to_string()),
        ];
        let own = own.map(|(name, value)| (Cow::Borrowed(name), value));
        own.into_iter().chain(self.metadata.headers()).chain(self.encryption.headers())
    }
}

/// The header with the checksum.
pub(super) const CRC64: &str = "x-cos-hash-crc64ecma";
