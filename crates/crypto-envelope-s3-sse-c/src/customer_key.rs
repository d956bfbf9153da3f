//! The key that goes along with each request.

use std::{fmt, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result, SecretBytes, key_file::KeyFile};
use http::HeaderMap;
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use crate::{CustomerKeyHeaders, HeaderFamily, KeyRole, headers::Echo};

/// A key of 256 bits that is sent along with each request about an object, for the server to encrypt and
/// decrypt with. The server keeps no copy of it. Clones share it; it is wiped with the last of them.
///
/// ```
/// use crypto_envelope_s3_sse_c::{HeaderFamily, KeyRole, SseCustomerKey};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let key = SseCustomerKey::generate()?;
/// let headers = key.headers(HeaderFamily::S3, KeyRole::Object);
/// assert_eq!(headers.algorithm().1, "AES256");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SseCustomerKey(Arc<Inner>);

struct Inner {
    key: SecretBytes,
    digest: CustomerKeyDigest,
}

impl SseCustomerKey {
    /// In bytes.
    pub const LENGTH: usize = 32;

    /// A new one. Keep it: without it, what is encrypted with it is lost.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub fn generate() -> Result<Self> {
        Self::from_bytes(SecretBytes::random(Self::LENGTH)?)
    }

    /// Of 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more or fewer.
    pub fn from_bytes(key: impl Into<SecretBytes>) -> Result<Self> {
        let key = key.into();
        if key.len() != Self::LENGTH {
            let (right, wrong) = (Self::LENGTH, key.len());
            return Err(Error::invalid_input(format!(
                "a key for SSE-C has {right} bytes, and this one {wrong}"
            )));
        }
        let digest = CustomerKeyDigest::of(&key);
        Ok(Self(Arc::new(Inner { key, digest })))
    }

    /// From a file that nobody else may read: its 32 bytes, or one line of base64 or hex.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`], with what to do, if the file cannot be read, others can read it, or it holds
    /// no such key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_bytes(KeyFile::read_key(path.as_ref(), None, &[Self::LENGTH])?)
    }

    /// Writes it to a new file that only its owner can read, as one line of base64. One that is there already
    /// is left as it is.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the file cannot be made.
    pub fn create_file(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut line = self.base64();
        line.push('\n');
        Ok(KeyFile::create(path.as_ref(), &SecretBytes::from(line.as_bytes()))?)
    }

    /// The three headers by which a server is told.
    #[must_use]
    pub fn headers(&self, family: HeaderFamily, role: KeyRole) -> CustomerKeyHeaders {
        CustomerKeyHeaders::new(self.clone(), family, role)
    }

    /// Whether the headers of an answer say that a server used this key. Whoever sends requests by himself should
    /// believe no answer that does not: some servers take no notice of customer keys, and say that all is well.
    #[must_use]
    pub fn is_echoed_by(&self, answer: &HeaderMap, family: HeaderFamily) -> bool {
        let headers = self.headers(family, KeyRole::Object);
        let all = |name: &str| answer.get_all(name).iter().collect::<Vec<_>>();
        let (algorithms, digests) = (all(headers.algorithm().0), all(headers.key_md5().0));
        Echo::of(self.digest(), &algorithms, &digests) == Echo::Right
    }

    /// By what servers name it.
    #[must_use]
    pub fn digest(&self) -> &CustomerKeyDigest {
        &self.0.digest
    }

    /// As it is sent.
    pub(crate) fn base64(&self) -> Zeroizing<String> {
        // With room for a line break behind it: growing would leave a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(BASE64_LENGTH + 1));
        BASE64.encode_string(self.0.key.expose(), &mut text);
        text
    }
}

/// Shows nothing of it, not even its digest.
impl fmt::Debug for SseCustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SseCustomerKey")
    }
}

/// The MD5 of a customer key in base64: servers keep it and answer it, so it is no secret. It tells keys apart,
/// and that one arrived as it was sent; it proves nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomerKeyDigest(String);

impl CustomerKeyDigest {
    fn of(key: &SecretBytes) -> Self {
        Self(BASE64.encode(Md5::digest(key.expose())))
    }

    /// In base64.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CustomerKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of 32 bytes, padded.
const BASE64_LENGTH: usize = 44;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// 32 bytes, and what the official tools make of them.
    const BYTES: &[u8] = b"0123456789ABCDEF0123456789ABCDEF";
    const DIGEST: &str = "U5L61r7jcwdNvT7frmUG8g==";

    #[test]
    fn the_digest_is_that_of_the_official_tools() -> Result<()> {
        assert_eq!(SseCustomerKey::from_bytes(BYTES)?.digest().as_str(), DIGEST);
        Ok(())
    }

    #[test]
    fn other_lengths_are_refused() {
        for length in [0, 16, 24, 31, 33, 44, 64] {
            let refused = SseCustomerKey::from_bytes(vec![7; length]).map(drop);
            let text = refused.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(text.contains(&format!("32 bytes, and this one {length}")), "{text}");
        }
    }

    #[test]
    fn a_file_gives_the_same_key_in_every_encoding() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let hex = BYTES.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let base64 = BASE64.encode(BYTES);
        for (name, content) in [("raw", BYTES), ("hex", hex.as_bytes()), ("64", base64.as_bytes())]
        {
            let path = folder.path().join(name);
            KeyFile::create(&path, &SecretBytes::from(content))?;
            assert_eq!(SseCustomerKey::from_file(&path)?.digest().as_str(), DIGEST, "{name}");
        }
        Ok(())
    }

    #[test]
    fn what_is_written_is_private_and_read_again() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key");
        let key = SseCustomerKey::generate()?;
        key.create_file(&path)?;
        assert_eq!(SseCustomerKey::from_file(&path)?.digest(), key.digest());
        assert!(SseCustomerKey::generate()?.create_file(&path).is_err(), "it was overwritten");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
            let refused = SseCustomerKey::from_file(&path).map(drop);
            let text = refused.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(text.contains("others can read") && text.contains("chmod 600"), "{text}");
        }
        Ok(())
    }

    #[test]
    fn files_with_anything_else_are_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let unpadded = BASE64.encode(BYTES).replace('=', "");
        for (name, content) in [("empty", &b""[..]), ("short", &BYTES[1..]), ("two", &[7; 64])] {
            let path = folder.path().join(name);
            KeyFile::create(&path, &SecretBytes::from(content))?;
            assert!(SseCustomerKey::from_file(&path).is_err(), "{name}");
        }
        let path = folder.path().join("unpadded");
        KeyFile::create(&path, &SecretBytes::from(unpadded.as_bytes()))?;
        assert!(SseCustomerKey::from_file(&path).is_err());
        assert!(SseCustomerKey::from_file(folder.path().join("missing")).is_err());
        Ok(())
    }

    #[test]
    fn only_the_whole_echo_is_one() -> Result<()> {
        let key = SseCustomerKey::from_bytes(BYTES)?;
        let family = HeaderFamily::Cos;
        let mut answer = key.headers(family, KeyRole::Object).to_header_map();
        assert!(key.is_echoed_by(&answer, family));
        assert!(!key.is_echoed_by(&answer, HeaderFamily::S3));
        assert!(!SseCustomerKey::generate()?.is_echoed_by(&answer, family));
        answer.remove("x-cos-server-side-encryption-customer-algorithm");
        assert!(!key.is_echoed_by(&answer, family));
        assert!(!key.is_echoed_by(&HeaderMap::new(), family));
        Ok(())
    }

    #[test]
    fn nothing_is_shown() -> Result<()> {
        assert_eq!(format!("{:?}", SseCustomerKey::from_bytes(BYTES)?), "SseCustomerKey");
        Ok(())
    }
}
