//! Percent-encoding (RFC 3986, 2.1), as COS signs it.

/// Of all but letters, digits and `-_.~`.
pub(crate) use crypto_envelope::service::percent::encoded as encode;

/// The same, but slashes stay.
pub(crate) fn encode_path(text: &str) -> String {
    let segments: Vec<_> = text.split('/').map(encode).collect();
    segments.iter().map(|segment| segment.as_str()).collect::<Vec<_>>().join("/")
}

/// None if that is no text, or not encoded rightly.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = if *first == b'%' {
            let (digits, tail) = tail.split_first_chunk::<2>()?;
            bytes.push((digit(digits[0])? << 4) | digit(digits[1])?);
            tail
        } else {
            bytes.push(*first);
            tail
        };
    }
    String::from_utf8(bytes).ok()
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_mean_something_else_is_encoded() {
        for (text, encoded) in [
            ("", ""),
            ("aZ09-_.~", "aZ09-_.~"),
            ("a b+c%/", "a%20b%2Bc%25%2F"),
            ("!'()*;:@&=,?#[]", "%21%27%28%29%2A%3B%3A%40%26%3D%2C%3F%23%5B%5D"),
            ("\u{4e2d}\n\0", "%E4%B8%AD%0A%00"),
        ] {
            assert_eq!(*encode(text), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(encode_path("a//b/ c"), "a//b/%20c");
    }

    #[test]
    fn a_plus_is_a_plus() {
        assert_eq!(decode("a+b").as_deref(), Some("a+b"));
        assert_eq!(decode("%e4%b8%ad").as_deref(), Some("\u{4e2d}"));
    }

    #[test]
    fn what_is_cut_or_no_text_is_refused() {
        for wrong in ["%", "a%4", "%zz", "%+1", "%E4%B8", "%FF"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
