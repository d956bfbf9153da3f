//! The little of DER (X.690) that keys and signatures need. Lengths are read strictly: the shortest
//! form is the only one.

pub(crate) mod ec;
pub(crate) mod rsa;

use zeroize::Zeroizing;

/// The content of the value that `der` consists of.
pub(crate) fn only_value(tag: u8, der: &[u8]) -> Option<&[u8]> {
    value(tag, der).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of the value at the front of `der`, and what stands behind it.
pub(crate) fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.strip_prefix(&[tag])?.split_first()?;
    if length < 0x80 {
        return rest.split_at_checked(length.into());
    }
    let (digits, rest) = rest.split_at_checked((length & 0x7f).into())?;
    let length = digits.iter().try_fold(0_usize, |length, digit| {
        length.checked_mul(0x100)?.checked_add((*digit).into())
    })?;
    // The shortest form is the only one.
    let is_shortest = length >= 0x80 && !digits.starts_with(&[0]);
    if is_shortest { rest.split_at_checked(length) } else { None }
}

/// The value with this tag that holds `parts`, one after the other. Wiped, since it may be secret.
pub(crate) fn tagged(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let digits = &digits[digits.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = Zeroizing::new(Vec::with_capacity(length + 16));
    der.push(tag);
    if length >= 0x80 {
        der.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
    }
    der.extend_from_slice(if length == 0 { &[0] } else { digits });
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

/// An unsigned number, big-endian: without zeros in front, but for the one that says that it is not
/// negative.
pub(crate) fn unsigned_integer(number: &[u8]) -> Zeroizing<Vec<u8>> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
    let digits = &number[start..];
    let sign: &[u8] = if digits.first().is_some_and(|byte| *byte < 0x80) { &[] } else { &[0] };
    tagged(INTEGER, &[sign, digits])
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_lengths_are_lengths() {
        assert_eq!(value(4, &[4, 2, 7, 8, 9]), Some((&[7, 8][..], &[9][..])));
        let long = [&[4, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(value(4, &long), Some((&[7; 0x80][..], &[][..])));
        let longer = [&[4, 0x82, 1, 0][..], &[7; 0x100]].concat();
        assert_eq!(value(4, &longer), Some((&[7; 0x100][..], &[][..])));
        for other in [
            &[4, 0x81, 2, 7, 8][..],
            &[4, 0x82, 0, 2, 7, 8],
            &[&[4, 0x82, 0, 0x80], &[7; 0x80][..]].concat(),
            &[4, 0x80, 0, 0],
            &[4, 0xff, 7],
            &[4, 3, 7, 8],
            &[5, 2, 7, 8],
            &[4],
            &[],
            &[&[4, 0x89][..], &[0xff; 20]].concat(),
        ] {
            assert_eq!(value(4, other), None, "{other:02x?}");
        }
    }

    #[test]
    fn der_integers_are_minimal_and_positive() {
        assert_eq!(unsigned_integer(&[0, 0, 0x7f])[..], [2, 1, 0x7f]);
        assert_eq!(unsigned_integer(&[0, 0x80])[..], [2, 2, 0, 0x80]);
        assert_eq!(unsigned_integer(&[0, 0])[..], [2, 1, 0]);
    }

    #[test]
    fn what_is_written_can_be_read() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let content = vec![7; length];
            let der = tagged(OCTET_STRING, &[&content[..length / 2], &content[length / 2..]]);
            assert_eq!(only_value(OCTET_STRING, &der), Some(&content[..]));
        }
    }
}
