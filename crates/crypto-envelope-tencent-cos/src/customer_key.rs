//! Keys that COS encrypts with and does not keep (SSE-C).

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result, SecretBytes};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use crate::{
    answer::{Head, Wrong},
    request::Headers,
};

/// A key of 32 bytes that is sent along with each request about an object, for COS to encrypt and decrypt
/// with. Clones share it; it is wiped with the last of them.
#[derive(Clone)]
pub struct CustomerKey(Arc<SecretBytes>);

impl CustomerKey {
    /// Of 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more or fewer.
    pub fn new(key: impl Into<SecretBytes>) -> Result<Self> {
        let key = key.into();
        if key.len() == LENGTH {
            return Ok(Self(Arc::new(key)));
        }
        let length = key.len();
        Err(Error::invalid_input(format!(
            "a key for SSE-C has {LENGTH} bytes, and this one {length}"
        )))
    }

    /// For the object itself.
    pub(crate) fn push_to(&self, headers: &mut Headers) {
        self.push("x-cos-", headers);
    }

    /// For the source of a copy.
    pub(crate) fn push_as_source_to(&self, headers: &mut Headers) {
        self.push("x-cos-copy-source-", headers);
    }

    /// Refuses an answer that does not say that it is about this key: whoever takes no notice of such keys has
    /// stored the object without.
    pub(crate) fn check(key: Option<&Self>, head: &Head) -> Result<(), Wrong> {
        let name = format!("x-cos-{PREFIX}key-md5");
        match (key, head.value(&name)) {
            (None, _) => Ok(()),
            (Some(key), Some(digest)) if digest == key.digest() => Ok(()),
            (Some(_), Some(_)) => {
                Err(Wrong::unreadable("about another key of SSE-C than the one that was sent"))
            }
            (Some(_), None) => {
                Err(Wrong::unreadable("without a word on the key of SSE-C that was sent"))
            }
        }
    }

    fn push(&self, origin: &str, headers: &mut Headers) {
        let mut text = Zeroizing::new(String::with_capacity(BASE64_LENGTH));
        BASE64.encode_string(self.0.expose(), &mut text);
        let name = |end| format!("{origin}{PREFIX}{end}");
        headers.push(&name("algorithm"), "AES256");
        headers.push(&name("key"), &text);
        headers.push(&name("key-md5"), &self.digest());
    }

    /// Its MD5 in base64, by which COS names it.
    pub(crate) fn digest(&self) -> String {
        BASE64.encode(Md5::digest(self.0.expose()))
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey")
    }
}

const PREFIX: &str = "server-side-encryption-customer-";
/// In bytes.
const LENGTH: usize = 32;
const BASE64_LENGTH: usize = 44;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{cases, pairs, str};

    fn key() -> CustomerKey {
        CustomerKey::new(&b"0123456789ABCDEF0123456789ABCDEF"[..]).expect("32 bytes")
    }

    #[test]
    fn headers_are_those_of_the_official_sdk() {
        let cases = cases("signature.json", 55);
        let case = cases.iter().find(|case| str(case, "id") == "header-04").expect("a case");
        let mut headers = Headers::default();
        key().push_to(&mut headers);
        for (name, value) in pairs(case, "request_headers") {
            let name = name.to_ascii_lowercase();
            assert!(name == "content-length" || headers.value(&name) == Some(&value), "{name}");
        }
        let mut source = Headers::default();
        key().push_as_source_to(&mut source);
        let names: Vec<_> = source.iter().map(|(name, _)| name).collect();
        assert_eq!(names[1], "x-cos-copy-source-server-side-encryption-customer-key");
        assert_eq!(headers.secrets().count(), 2);
        assert_eq!(source.secrets().count(), 2);
    }

    #[test]
    fn other_lengths_are_refused_and_nothing_is_shown() {
        for length in [0, 16, 31, 33, 44] {
            assert!(CustomerKey::new(vec![7; length]).is_err());
        }
        assert_eq!(format!("{:?}", key()), "CustomerKey");
    }

    #[test]
    fn answers_are_about_the_same_key() {
        let head = |digest: &'static str| {
            let name = "x-cos-server-side-encryption-customer-key-MD5";
            Head::new(200, [(name, digest.as_bytes())])
        };
        assert!(CustomerKey::check(Some(&key()), &head("U5L61r7jcwdNvT7frmUG8g==")).is_ok());
        assert!(CustomerKey::check(Some(&key()), &head("AAAAAAAAAAAAAAAAAAAAAA==")).is_err());
        assert!(CustomerKey::check(Some(&key()), &Head::new(200, [])).is_err());
        assert!(CustomerKey::check(None, &Head::new(200, [])).is_ok());
        assert!(CustomerKey::check(None, &head("AAAAAAAAAAAAAAAAAAAAAA==")).is_ok());
    }
}
