//! Bytes to be stored.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::Crc64;

/// Bytes to be stored, in one piece or in several that follow each other. Clones share them.
#[derive(Clone, Default)]
pub struct ObjectBody(Vec<Bytes>);

impl ObjectBody {
    /// How many there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Their checksum, which COS should come to as well.
    #[must_use]
    pub fn crc64(&self) -> Crc64 {
        let mut crc = Crc64::new();
        self.0.iter().for_each(|piece| crc.update(piece));
        crc
    }

    /// The header `Content-MD5`.
    pub(crate) fn content_md5(&self) -> String {
        let mut md5 = Md5::new();
        self.0.iter().for_each(|piece| md5.update(piece));
        BASE64.encode(md5.finalize())
    }

    pub(crate) fn pieces(&self) -> Vec<Bytes> {
        self.0.clone()
    }
}

impl From<Bytes> for ObjectBody {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

impl From<Vec<u8>> for ObjectBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self(vec![bytes.into()])
    }
}

impl From<Vec<Bytes>> for ObjectBody {
    fn from(pieces: Vec<Bytes>) -> Self {
        Self(pieces)
    }
}

/// Not the bytes.
impl fmt::Debug for ObjectBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectBody({} bytes)", self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_body() {
        let pieces = ["1234", "", "56789"].map(|piece| Bytes::from_static(piece.as_bytes()));
        let body = ObjectBody::from(pieces.to_vec());
        let whole = ObjectBody::from(b"123456789".to_vec());
        assert_eq!((body.length(), body.crc64().value()), (9, whole.crc64().value()));
        assert_eq!(body.content_md5(), whole.content_md5());
        assert_eq!(ObjectBody::default().content_md5(), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(format!("{body:?}"), "ObjectBody(9 bytes)");
    }
}
