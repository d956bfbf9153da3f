//! How long an RSA key is: just enough of DER (X.690) to see that, before somebody is chosen to read
//! it in full. What is read here is read strictly, so that nobody takes more forms than another.

/// Bits of the modulus in a `SubjectPublicKeyInfo` (RFC 5280); nothing if it is none of RSA.
pub(crate) fn public_key_bits(spki: &[u8]) -> Option<usize> {
    let rest = only_value(SEQUENCE, spki)?.strip_prefix(RSA_ENCRYPTION)?;
    let key = only_value(BIT_STRING, rest)?.strip_prefix(&[NO_UNUSED_BITS])?;
    modulus_bits(only_value(SEQUENCE, key)?)
}

/// Bits of the modulus in a `PrivateKeyInfo` (RFC 5208); nothing if it is none of RSA.
pub(crate) fn private_key_bits(pkcs8: &[u8]) -> Option<usize> {
    let rest = only_value(SEQUENCE, pkcs8)?.strip_prefix(VERSION)?.strip_prefix(RSA_ENCRYPTION)?;
    let (key, rest) = value(OCTET_STRING, rest)?;
    let is_complete = rest.is_empty() || only_value(ATTRIBUTES, rest).is_some();
    let numbers = only_value(SEQUENCE, key).filter(|_| is_complete)?;
    modulus_bits(numbers.strip_prefix(VERSION)?)
}

fn modulus_bits(numbers: &[u8]) -> Option<usize> {
    let (modulus, _) = value(INTEGER, numbers)?;
    let digits = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    Some(digits.len() * 8 - usize::try_from(digits.first()?.leading_zeros()).ok()?)
}

/// The content of the value that `der` consists of.
fn only_value(tag: u8, der: &[u8]) -> Option<&[u8]> {
    value(tag, der).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of the value at the front of `der`, and what stands behind it.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
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

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// `[0]`, which nobody needs and some programs write.
const ATTRIBUTES: u8 = 0xa0;
const NO_UNUSED_BITS: u8 = 0;
/// Version 0 of PKCS#8 is the plain one, version 0 of PKCS#1 that of two primes.
const VERSION: &[u8] = &[INTEGER, 1, 0];
/// `SEQUENCE { 1.2.840.113549.1.1.1, NULL }` (RFC 8017, appendix A.1).
const RSA_ENCRYPTION: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_moduli() {
        for (modulus, bits) in [
            (&[0x01][..], 1),
            (&[0x7f], 7),
            (&[0x00, 0x80], 8),
            (&[0x00, 0xff, 0xff], 16),
            (&[0x01, 0x00], 9),
        ] {
            let length = u8::try_from(modulus.len()).expect("short");
            let numbers = [&[INTEGER, length], modulus, &[INTEGER, 1, 3]].concat();
            assert_eq!(modulus_bits(&numbers), Some(bits));
        }
        assert_eq!(modulus_bits(&[INTEGER, 0]), None);
        assert_eq!(modulus_bits(&[INTEGER, 1, 0]), None);
        assert_eq!(modulus_bits(&[]), None);
    }

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
}
