//! Keys that COS encrypts with and does not keep (SSE-C).

use crypto_envelope_s3_sse_c::{HeaderFamily, KeyRole, SseCustomerKey};

use crate::{
    answer::{Head, Wrong},
    request::Headers,
};

impl Headers {
    /// What is sent along with a key.
    pub(crate) fn push_customer_key(&mut self, key: &SseCustomerKey, role: KeyRole) {
        let key = key.headers(HeaderFamily::Cos, role);
        let (name, algorithm) = key.algorithm();
        self.push(name, algorithm);
        let (name, text) = key.key();
        self.push(name, &text);
        let (name, digest) = key.key_md5();
        self.push(name, digest);
    }
}

/// Refuses an answer that does not say that it is about this key: whoever takes no notice of such keys has
/// stored the object without.
pub(crate) fn check(key: Option<&SseCustomerKey>, head: &Head) -> Result<(), Wrong> {
    let Some(key) = key else { return Ok(()) };
    let headers = key.headers(HeaderFamily::Cos, KeyRole::Object);
    let (name, digest) = headers.key_md5();
    match head.value(name) {
        Some(said) if said == digest => Ok(()),
        Some(_) => Err(Wrong::unreadable("about another key of SSE-C than the one that was sent")),
        None => Err(Wrong::unreadable("without a word on the key of SSE-C that was sent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{cases, pairs, str};

    fn key() -> SseCustomerKey {
        SseCustomerKey::from_bytes(&b"0123456789ABCDEF0123456789ABCDEF"[..]).expect("32 bytes")
    }

    #[test]
    fn headers_are_those_of_the_official_sdk() {
        let cases = cases("signature.json", 55);
        let case = cases.iter().find(|case| str(case, "id") == "header-04").expect("a case");
        let mut headers = Headers::default();
        headers.push_customer_key(&key(), KeyRole::Object);
        for (name, value) in pairs(case, "request_headers") {
            let name = name.to_ascii_lowercase();
            assert!(name == "content-length" || headers.value(&name) == Some(&value), "{name}");
        }
        let mut source = Headers::default();
        source.push_customer_key(&key(), KeyRole::CopySource);
        let names: Vec<_> = source.iter().map(|(name, _)| name).collect();
        assert_eq!(names[1], "x-cos-copy-source-server-side-encryption-customer-key");
        assert_eq!(headers.secrets().count(), 2);
        assert_eq!(source.secrets().count(), 2);
    }

    #[test]
    fn answers_are_about_the_same_key() {
        let head = |digest: &'static str| {
            let name = "x-cos-server-side-encryption-customer-key-MD5";
            Head::new(200, [(name, digest.as_bytes())])
        };
        assert!(check(Some(&key()), &head("U5L61r7jcwdNvT7frmUG8g==")).is_ok());
        assert!(check(Some(&key()), &head("AAAAAAAAAAAAAAAAAAAAAA==")).is_err());
        assert!(check(Some(&key()), &Head::new(200, [])).is_err());
        assert!(check(None, &Head::new(200, [])).is_ok());
        assert!(check(None, &head("AAAAAAAAAAAAAAAAAAAAAA==")).is_ok());
    }
}
