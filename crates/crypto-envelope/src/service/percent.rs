//! Percent-encoding (RFC 3986, 2.1).

use zeroize::Zeroizing;

/// All but the unreserved characters of RFC 3986 as `%XX`.
#[must_use]
pub fn encoded(text: &str) -> Zeroizing<String> {
    // Room is made once: a string that grows leaves copies behind.
    let mut encoded = Zeroizing::new(String::with_capacity(encoded_length(text)));
    push_encoded(&mut encoded, text, Space::Percent);
    encoded
}

/// How long `text` is at most when it is encoded.
#[must_use]
pub fn encoded_length(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

/// Puts `text` behind what is there already.
pub fn push_encoded(encoded: &mut String, text: &str, space: Space) {
    for byte in text.bytes() {
        match (byte, space) {
            (b' ', Space::Plus) => encoded.push('+'),
            _ if is_unreserved(byte) => encoded.push(char::from(byte)),
            _ => {
                encoded.push('%');
                encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
                encoded.push(char::from(DIGITS[usize::from(byte & 0xF)]));
            }
        }
    }
}

/// How a space is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Space {
    /// As in forms.
    Plus,
    /// As everywhere else.
    Percent,
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_has_a_code() {
        for (text, expected) in [
            ("", ""),
            ("aZ09-_.~", "aZ09-_.~"),
            ("a b+/é", "a%20b%2B%2F%C3%A9"),
            ("%2F", "%252F"),
            ("!'()*", "%21%27%28%29%2A"),
        ] {
            assert_eq!(*encoded(text), expected);
        }
    }

    #[test]
    fn room_is_made_once() {
        let text = "a /".repeat(1000);
        let encoded = encoded(&text);
        assert_eq!(encoded.len(), encoded_length(&text));
        assert_eq!(encoded.capacity(), encoded.len());
    }
}
