//! How keys are written down in files.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use zeroize::Zeroizing;

use crate::{Error, SecretBytes};

/// How a key is written down. A line break at the end of a text is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyEncoding {
    /// Its bytes.
    Raw,
    /// Two digits for each byte, small or capital.
    Hex,
    /// RFC 4648, section 4, padded.
    Base64,
}

impl KeyEncoding {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Raw, Self::Hex, Self::Base64];

    /// The key in `bytes`, if they are one of so many bytes in this encoding.
    pub(super) fn decode(self, bytes: &[u8], lengths: &[usize]) -> Option<SecretBytes> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let key = match self {
            Self::Raw => SecretBytes::from(bytes),
            Self::Hex => decode_hex(line)?,
            Self::Base64 => decode_base64(line)?,
        };
        lengths.contains(&key.len()).then_some(key)
    }
}

impl FromStr for KeyEncoding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "raw" => Ok(Self::Raw),
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            _ => Err(Error::invalid_input("the encoding of a key is raw, hex or base64")),
        }
    }
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
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = BASE64.decode_slice(text, &mut decoded[..]).ok()?;
    Some(SecretBytes::from(&decoded[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(bytes: &[u8]) -> Vec<KeyEncoding> {
        let is_way = |way: &KeyEncoding| way.decode(bytes, &[16, 24, 32]).is_some();
        KeyEncoding::ALL.iter().copied().filter(is_way).collect()
    }

    #[test]
    fn each_encoding_is_recognised() {
        assert_eq!(ways(&[0xff; 16]), [KeyEncoding::Raw]);
        assert_eq!(ways(&[0xff; 32]), [KeyEncoding::Raw]);
        assert_eq!(ways("5a".repeat(32).as_bytes()), [KeyEncoding::Hex]);
        assert_eq!(ways(format!("{}\n", "5A".repeat(24)).as_bytes()), [KeyEncoding::Hex]);
        assert_eq!(ways(BASE64.encode([7; 32]).as_bytes()), [KeyEncoding::Base64]);
        let with_line_break = format!("{}\r\n", BASE64.encode([7; 32]));
        assert_eq!(ways(with_line_break.as_bytes()), [KeyEncoding::Base64]);
    }

    #[test]
    fn what_could_be_two_things_is_both() {
        assert_eq!(ways(&[b'a'; 32]), KeyEncoding::ALL);
        let twice = [KeyEncoding::Raw, KeyEncoding::Base64];
        assert_eq!(ways(BASE64.encode([7; 16]).as_bytes()), twice);
    }

    #[test]
    fn anything_else_is_no_key() {
        assert!(ways(b"").is_empty());
        assert!(ways(&[0xff; 31]).is_empty());
        assert!(ways(&[0xff; 33]).is_empty());
        assert!(ways(b"+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f+f").is_empty());
        assert!(ways(BASE64.encode([7; 32]).trim_end_matches('=').as_bytes()).is_empty());
    }
}
