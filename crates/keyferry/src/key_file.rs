//! Files that hold one raw key.

use std::{io, path::Path};

use crypto_envelope::{
    SecretBytes,
    key_file::{KeyEncoding, KeyFile, KeyFileError, KeyFileErrorKind},
    provider::{EcKey, RsaKey},
};

use crate::failure::{Code, Failure};

/// Reads an AES key. Without an encoding it is found out, and refused if it is not clear.
pub(crate) fn read(path: &Path, encoding: Option<KeyEncoding>) -> Result<SecretBytes, Failure> {
    KeyFile::read_key(path, encoding, &[16, 24, 32]).map_err(|error| {
        let kind = error.kind();
        let failure = failure(error);
        match kind {
            KeyFileErrorKind::TooLong { .. } | KeyFileErrorKind::NoKey => failure.hint(A_KEY_IS),
            KeyFileErrorKind::Ambiguous => {
                failure.hint("say which, for example: --provider raw-aes:FILE?encoding=hex")
            }
            _ => failure,
        }
    })
}

/// Reads a customer key of S3.
#[cfg(feature = "s3-sse-c")]
pub(crate) fn read_customer_key(path: &Path) -> Result<SecretBytes, Failure> {
    KeyFile::read_key(path, None, &[32]).map_err(|error| {
        let is_no_key =
            matches!(error.kind(), KeyFileErrorKind::TooLong { .. } | KeyFileErrorKind::NoKey);
        let failure = failure(error);
        if is_no_key { failure.hint(A_CUSTOMER_KEY_IS) } else { failure }
    })
}

/// The encoding that an option names.
pub(crate) fn encoding(text: &str) -> Result<KeyEncoding, String> {
    text.parse().map_err(|_| format!("unknown encoding {text:?}: raw, hex or base64"))
}

/// Reads an RSA key. A public one may be read by everybody, a private one may not.
pub(crate) fn read_rsa_key(path: &Path) -> Result<RsaKey, Failure> {
    read_rsa_key_by(path, RsaKey::parse)
}

/// The same for keys in other forms.
pub(crate) fn read_rsa_key_by(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> crypto_envelope::Result<RsaKey>,
) -> Result<RsaKey, Failure> {
    read_either_half(path, parse, RsaKey::is_private)
}

/// Reads a key on an elliptic curve. A public one may be read by everybody, a private one may not.
pub(crate) fn read_ec_key(path: &Path) -> Result<EcKey, Failure> {
    read_either_half(path, EcKey::parse, EcKey::is_private)
}

fn read_either_half<K>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> crypto_envelope::Result<K>,
    is_private: impl FnOnce(&K) -> bool,
) -> Result<K, Failure> {
    let about = |error| Failure::from(error).about(&path.display().to_string());
    let file = KeyFile::open(path).map_err(failure)?;
    let access = file.check_private();
    let key = parse(file.read(LARGEST_KEY_TEXT).map_err(failure)?.expose()).map_err(about)?;
    if is_private(&key) {
        access.map_err(failure)?;
    }
    Ok(key)
}

/// Reads a text that nobody else may read, of at most `most` bytes.
#[cfg(any(feature = "alibaba-kms", feature = "tencent-cos"))]
pub(crate) fn read_text(path: &Path, most: usize) -> Result<SecretBytes, Failure> {
    KeyFile::read_private(path, most).map_err(failure)
}

/// Reads a passphrase that nobody else may read, without the line break that editors leave at its end.
#[cfg(feature = "tencent-cos")]
pub(crate) fn read_line(path: &Path) -> Result<SecretBytes, Failure> {
    let text = read_text(path, LONGEST_PASSPHRASE)?;
    let line = text.expose().strip_suffix(b"\n").unwrap_or(text.expose());
    Ok(SecretBytes::from(line.strip_suffix(b"\r").unwrap_or(line)))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failure(error: KeyFileError) -> Failure {
    let denied = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied];
    let code = match error.kind() {
        KeyFileErrorKind::Exposed | KeyFileErrorKind::Foreign => Code::Policy,
        KeyFileErrorKind::TooLong { .. }
        | KeyFileErrorKind::NoKey
        | KeyFileErrorKind::Ambiguous => Code::Usage,
        _ if error.io_error_kind().is_some_and(|kind| denied.contains(&kind)) => Code::Denied,
        _ => Code::Internal,
    };
    let failure = Failure::new(code, error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

#[cfg(feature = "s3-sse-c")]
const A_CUSTOMER_KEY_IS: &str = "a customer key is 32 bytes, raw or as one line of hex or base64";
const A_KEY_IS: &str = "a key is 16, 24 or 32 bytes, raw or as one line of hex or base64";
/// More than a private key of 8192 bits in PEM.
const LARGEST_KEY_TEXT: usize = 16_384;
/// In bytes.
#[cfg(feature = "tencent-cos")]
const LONGEST_PASSPHRASE: usize = 1024;
