//! The little of DER (X.690) that keys need to be brought into one form. Reading is strict, so that
//! nobody takes more forms than another.

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

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;
/// In front of the bits of a string that ends with a whole byte.
pub(crate) const NO_UNUSED_BITS: u8 = 0;
/// Version 0: of PKCS#8 the plain one, of PKCS#1 that of two primes.
pub(crate) const VERSION: &[u8] = &[INTEGER, 1, 0];
/// `SEQUENCE { 1.2.840.113549.1.1.1, NULL }` (RFC 8017, appendix A.1).
pub(crate) const RSA_ENCRYPTION: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

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
    fn what_is_written_can_be_read() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let content = vec![7; length];
            let der = tagged(OCTET_STRING, &[&content[..length / 2], &content[length / 2..]]);
            assert_eq!(only_value(OCTET_STRING, &der), Some(&content[..]));
        }
    }
}
