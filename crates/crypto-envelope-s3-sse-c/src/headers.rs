//! How a server is told of a customer key.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::{CustomerKeyDigest, SseCustomerKey};

/// Whose names the headers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderFamily {
    /// Amazon S3, and servers that speak it: `x-amz-…`.
    S3,
    /// Tencent COS: `x-cos-…`.
    Cos,
}

/// What the key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyRole {
    /// The object that a request is about; of a copy, what is written.
    Object,
    /// The source of a copy.
    CopySource,
}

/// The three headers of one key: algorithm, key, and its MD5.
///
/// `Debug` shows neither the key nor its digest.
#[derive(Clone)]
pub struct CustomerKeyHeaders {
    key: SseCustomerKey,
    family: HeaderFamily,
    role: KeyRole,
}

impl CustomerKeyHeaders {
    pub(crate) fn new(key: SseCustomerKey, family: HeaderFamily, role: KeyRole) -> Self {
        Self { key, family, role }
    }

    /// Name and value, which is `AES256`.
    #[must_use]
    pub fn algorithm(&self) -> (&'static str, &'static str) {
        (self.names()[0], ALGORITHM)
    }

    /// Name and value: the key in base64. Do not copy it into anything that is not wiped.
    #[must_use]
    pub fn key(&self) -> (&'static str, Zeroizing<String>) {
        (self.names()[1], self.key.base64())
    }

    /// Name and value: the MD5 of the key in base64.
    #[must_use]
    pub fn key_md5(&self) -> (&'static str, &str) {
        (self.names()[2], self.key.digest().as_str())
    }

    /// As HTTP clients take them. The values are marked as sensitive, so `Debug` does not show them, and
    /// HTTP/2 does not put them into its tables.
    #[must_use]
    pub fn to_header_map(&self) -> HeaderMap {
        let (key_name, key) = self.key();
        let (md5_name, md5) = self.key_md5();
        let mut map = HeaderMap::with_capacity(3);
        map.insert(HeaderName::from_static(self.names()[0]), HeaderValue::from_static(ALGORITHM));
        for (name, value) in [(key_name, key.as_str()), (md5_name, md5)] {
            // Base64 has no character that a header cannot have.
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(true);
                map.insert(HeaderName::from_static(name), value);
            }
        }
        map
    }

    fn names(&self) -> [&'static str; 3] {
        match (self.family, self.role) {
            (HeaderFamily::S3, KeyRole::Object) => [
                "x-amz-server-side-encryption-customer-algorithm",
                "x-amz-server-side-encryption-customer-key",
                "x-amz-server-side-encryption-customer-key-md5",
            ],
            (HeaderFamily::S3, KeyRole::CopySource) => [
                "x-amz-copy-source-server-side-encryption-customer-algorithm",
                "x-amz-copy-source-server-side-encryption-customer-key",
                "x-amz-copy-source-server-side-encryption-customer-key-md5",
            ],
            (HeaderFamily::Cos, KeyRole::Object) => [
                "x-cos-server-side-encryption-customer-algorithm",
                "x-cos-server-side-encryption-customer-key",
                "x-cos-server-side-encryption-customer-key-md5",
            ],
            (HeaderFamily::Cos, KeyRole::CopySource) => [
                "x-cos-copy-source-server-side-encryption-customer-algorithm",
                "x-cos-copy-source-server-side-encryption-customer-key",
                "x-cos-copy-source-server-side-encryption-customer-key-md5",
            ],
        }
    }
}

impl fmt::Debug for CustomerKeyHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerKeyHeaders")
            .field("family", &self.family)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What an answer says about the key that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// That it was used.
    Right,
    /// Nothing.
    Missing,
    /// That another one was, or something that cannot be understood.
    Wrong,
}

impl Echo {
    /// Of all values of both headers: some servers say them twice.
    pub(crate) fn of<V: AsRef<[u8]>>(
        key: &CustomerKeyDigest,
        algorithms: &[V],
        digests: &[V],
    ) -> Self {
        let all_are = |values: &[V], expected: &str| {
            !values.is_empty() && values.iter().all(|value| value.as_ref() == expected.as_bytes())
        };
        if algorithms.is_empty() && digests.is_empty() {
            Self::Missing
        } else if all_are(algorithms, ALGORITHM) && all_are(digests, key.as_str()) {
            Self::Right
        } else {
            Self::Wrong
        }
    }
}

/// The only one there is.
pub(crate) const ALGORITHM: &str = "AES256";

#[cfg(test)]
mod tests {
    use crypto_envelope::Result;

    use super::*;

    #[test]
    fn names_and_values_are_those_of_the_services() -> Result<()> {
        let key = SseCustomerKey::from_bytes(&b"0123456789ABCDEF0123456789ABCDEF"[..])?;
        for (family, role, prefix) in [
            (HeaderFamily::S3, KeyRole::Object, "x-amz-"),
            (HeaderFamily::S3, KeyRole::CopySource, "x-amz-copy-source-"),
            (HeaderFamily::Cos, KeyRole::Object, "x-cos-"),
            (HeaderFamily::Cos, KeyRole::CopySource, "x-cos-copy-source-"),
        ] {
            let map = key.headers(family, role).to_header_map();
            for (name, value) in [
                ("algorithm", "AES256"),
                ("key", "MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY="),
                ("key-md5", "U5L61r7jcwdNvT7frmUG8g=="),
            ] {
                let name = format!("{prefix}server-side-encryption-customer-{name}");
                assert_eq!(map.get(&name).map(HeaderValue::as_bytes), Some(value.as_bytes()));
            }
            assert_eq!(map.len(), 3);
        }
        Ok(())
    }

    #[test]
    fn nothing_secret_is_shown() -> Result<()> {
        let key = SseCustomerKey::from_bytes(&b"0123456789ABCDEF0123456789ABCDEF"[..])?;
        let headers = key.headers(HeaderFamily::S3, KeyRole::Object);
        let shown = format!("{headers:?} {:?}", headers.to_header_map());
        assert!(!shown.contains("MDEyMzQ1Njc4"), "{shown}");
        assert!(!shown.contains("U5L61r7j"), "{shown}");
        Ok(())
    }

    #[test]
    fn only_the_whole_echo_of_this_key_is_right() -> Result<()> {
        let key = SseCustomerKey::from_bytes(&b"0123456789ABCDEF0123456789ABCDEF"[..])?;
        let right = key.digest().as_str();
        let other = "AAAAAAAAAAAAAAAAAAAAAA==";
        for (algorithms, digests, expected) in [
            (&["AES256"][..], &[right][..], Echo::Right),
            (&["AES256"], &[right, right], Echo::Right),
            (&[], &[], Echo::Missing),
            (&["AES256"], &[], Echo::Wrong),
            (&[], &[right], Echo::Wrong),
            (&["AES256"], &[other], Echo::Wrong),
            (&["AES256"], &[right, other], Echo::Wrong),
            (&["AES128"], &[right], Echo::Wrong),
            (&["AES256", "AES128"], &[right], Echo::Wrong),
            (&["AES256"], &[""], Echo::Wrong),
        ] {
            let echo = Echo::of(key.digest(), algorithms, digests);
            assert_eq!(echo, expected, "{algorithms:?} {digests:?}");
        }
        Ok(())
    }
}
