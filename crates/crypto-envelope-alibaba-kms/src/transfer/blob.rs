//! Ciphertexts of KMS 1.0: version id, IV, ciphertext, tag. Base64 where they are text.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result};

use crate::provider::wrapped_key::{ADVANCE, IV_LENGTH, VERSION_ID_LENGTH};

/// A ciphertext of KMS 1.0.
#[derive(Debug)]
pub(crate) struct Blob {
    bytes: Vec<u8>,
    version_id: String,
}

impl Blob {
    /// Of the text that a caller has.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let bytes = BASE64.decode(text.trim());
        let bytes = bytes.map_err(|_| Error::invalid_input("CiphertextBlob is not base64"))?;
        let length = bytes.len();
        Self::of(bytes).ok_or_else(|| {
            Error::invalid_input(format!(
                "CiphertextBlob is no ciphertext of a symmetric key: {length} bytes, which have to be more \
                 than {HEAD} and begin with the id of a version"
            ))
        })
    }

    /// Of the ciphertext of an Advance call, which stands behind three bytes.
    pub(crate) fn of_advance(ciphertext: &[u8]) -> Option<Self> {
        ciphertext.strip_prefix(&ADVANCE).and_then(|bytes| Self::of(bytes.to_vec()))
    }

    /// Of what an instance gives in parts.
    pub(crate) fn of_parts(version_id: &str, iv: &[u8], ciphertext: &[u8]) -> Option<Self> {
        let fits = version_id.len() == VERSION_ID_LENGTH && iv.len() == IV_LENGTH;
        Self::of([version_id.as_bytes(), iv, ciphertext].concat()).filter(|_| fits)
    }

    fn of(bytes: Vec<u8>) -> Option<Self> {
        let version_id = bytes.get(..VERSION_ID_LENGTH)?;
        let is_named = bytes.len() > HEAD && version_id.iter().all(u8::is_ascii_graphic);
        let version_id = String::from_utf8(version_id.to_vec()).ok().filter(|_| is_named)?;
        Some(Self { bytes, version_id })
    }

    /// The version of the key that made it.
    pub(crate) fn version_id(&self) -> &str {
        &self.version_id
    }

    pub(crate) fn iv(&self) -> &[u8] {
        &self.bytes[VERSION_ID_LENGTH..HEAD]
    }

    /// And its tag.
    pub(crate) fn ciphertext(&self) -> &[u8] {
        &self.bytes[HEAD..]
    }

    /// As Advance calls have it.
    pub(crate) fn advance(&self) -> Vec<u8> {
        [&ADVANCE, &self.bytes[..]].concat()
    }

    pub(crate) fn text(&self) -> String {
        BASE64.encode(&self.bytes)
    }
}

/// What stands before the ciphertext.
const HEAD: usize = VERSION_ID_LENGTH + IV_LENGTH;

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "2ab1a983-7072-4bbc-a582-584b5bd80001";

    #[test]
    fn the_parts_are_where_they_were() -> Result<()> {
        let made = Blob::of_parts(VERSION, &[7; 12], b"sealed").expect("a ciphertext");
        let blob = Blob::parse(&made.text())?;
        assert_eq!((blob.version_id(), blob.iv()), (VERSION, &[7; 12][..]));
        assert_eq!(blob.ciphertext(), b"sealed");
        assert_eq!(Blob::of_advance(&blob.advance()).expect("one").text(), made.text());
        Ok(())
    }

    #[test]
    fn what_is_no_ciphertext_is_refused() {
        let head = [VERSION.as_bytes(), &[7; 12]].concat();
        for bytes in [&b""[..], &head[..47], &head, &[[0xFF; 36], [0; 36]].concat()] {
            assert!(Blob::parse(&BASE64.encode(bytes)).is_err(), "{bytes:?}");
        }
        assert!(Blob::parse("no base64!").is_err());
        assert!(Blob::of_advance(&[&head[..], b"sealed"].concat()).is_none());
        assert!(Blob::of_parts(&VERSION[1..], &[7; 12], b"sealed").is_none());
        assert!(Blob::of_parts(VERSION, &[7; 13], b"sealed").is_none());
        assert!(Blob::of_parts(VERSION, &[7; 12], b"").is_none());
    }
}
