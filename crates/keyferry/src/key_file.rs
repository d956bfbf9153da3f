//! Files that hold one raw key.

use std::{io, path::Path, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    SecretBytes,
    key_file::{KeyFile, KeyFileError, KeyFileErrorKind},
    provider::RsaKey,
};
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};

/// How the key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Raw,
    Hex,
    Base64,
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "raw" => Ok(Self::Raw),
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            _ => Err(format!("unknown encoding {text:?}: raw, hex or base64")),
        }
    }
}

/// Reads an AES key. Without an encoding it is found out, and refused if it is not clear.
pub(crate) fn read(path: &Path, encoding: Option<Encoding>) -> Result<SecretBytes, Failure> {
    let bytes = KeyFile::read_private(path, LARGEST).map_err(|error| {
        let is_too_long = matches!(error.kind(), KeyFileErrorKind::TooLong { .. });
        let failure = failure(error);
        if is_too_long { failure.hint(A_KEY_IS) } else { failure }
    })?;
    let encodings = match &encoding {
        Some(encoding) => std::slice::from_ref(encoding),
        None => &[Encoding::Raw, Encoding::Hex, Encoding::Base64],
    };
    let mut keys: Vec<_> =
        encodings.iter().filter_map(|encoding| decode(bytes.expose(), *encoding)).collect();
    let path = path.display();
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) => {
            Err(Failure::usage(format!("{path} can be read as a key in more than one way"))
                .hint("say which, for example: --provider raw-aes:FILE?encoding=hex"))
        }
        (None, _) => Err(Failure::usage(format!("{path} does not hold an AES key")).hint(A_KEY_IS)),
    }
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
    let about = |error| Failure::from(error).about(&path.display().to_string());
    let file = KeyFile::open(path).map_err(failure)?;
    let access = file.check_private();
    let key = parse(file.read(LARGEST_RSA).map_err(failure)?.expose()).map_err(about)?;
    if key.is_private() {
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
        KeyFileErrorKind::TooLong { .. } => Code::Usage,
        _ if error.io_error_kind().is_some_and(|kind| denied.contains(&kind)) => Code::Denied,
        _ => Code::Internal,
    };
    let failure = Failure::new(code, error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn decode(bytes: &[u8], encoding: Encoding) -> Option<SecretBytes> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let key = match encoding {
        Encoding::Raw => SecretBytes::from(bytes),
        Encoding::Hex => decode_hex(line)?,
        Encoding::Base64 => decode_base64(line)?,
    };
    matches!(key.len(), 16 | 24 | 32).then_some(key)
}

/// Decodes in place: no copy of the key is left behind.
fn decode_hex(text: &[u8]) -> Option<SecretBytes> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut all_digits = true;
    let key = SecretBytes::filled_by(pairs.len(), |key| {
        for (byte, [high, low]) in key.iter_mut().zip(pairs) {
            match digit(*high).zip(digit(*low)) {
                Some((high, low)) => *byte = high << 4 | low,
                None => all_digits = false,
            }
        }
        Ok(())
    });
    key.ok().filter(|_| all_digits)
}

fn decode_base64(text: &[u8]) -> Option<SecretBytes> {
    let mut decoded = Zeroizing::new([0; LARGEST]);
    let length = BASE64.decode_slice(text, &mut decoded[..]).ok()?;
    Some(SecretBytes::from(&decoded[..length]))
}

const A_KEY_IS: &str = "a key is 16, 24 or 32 bytes, raw or as one line of hex or base64";
/// More than any key in any encoding.
const LARGEST: usize = 128;
/// More than a private key of 8192 bits in PEM.
const LARGEST_RSA: usize = 16_384;
/// In bytes.
#[cfg(feature = "tencent-cos")]
const LONGEST_PASSPHRASE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(bytes: &[u8]) -> Vec<Encoding> {
        [Encoding::Raw, Encoding::Hex, Encoding::Base64]
            .into_iter()
            .filter(|encoding| decode(bytes, *encoding).is_some())
            .collect()
    }

    #[test]
    fn each_encoding_is_recognised() {
        assert_eq!(ways(&[0xff; 16]), [Encoding::Raw]);
        assert_eq!(ways(&[0xff; 32]), [Encoding::Raw]);
        assert_eq!(ways("5a".repeat(32).as_bytes()), [Encoding::Hex]);
        assert_eq!(ways(format!("{}\n", "5A".repeat(24)).as_bytes()), [Encoding::Hex]);
        assert_eq!(ways(BASE64.encode([7; 32]).as_bytes()), [Encoding::Base64]);
        assert_eq!(ways(format!("{}\r\n", BASE64.encode([7; 32])).as_bytes()), [Encoding::Base64]);
    }

    #[test]
    fn what_could_be_two_things_is_both() {
        assert_eq!(ways(&[b'a'; 32]), [Encoding::Raw, Encoding::Hex, Encoding::Base64]);
        assert_eq!(ways(BASE64.encode([7; 16]).as_bytes()), [Encoding::Raw, Encoding::Base64]);
    }

    #[test]
    fn anything_else_is_no_key() {
        assert!(ways(b"").is_empty());
        assert!(ways(&[0xff; 31]).is_empty());
        assert!(ways(&[0xff; 33]).is_empty());
        assert!(ways(b"+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f").is_empty());
    }
}
