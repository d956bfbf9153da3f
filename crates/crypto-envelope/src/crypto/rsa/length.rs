//! How long an RSA key is: read before somebody is chosen to read the key in full.

use crate::der::{
    BIT_STRING, INTEGER, NO_UNUSED_BITS, OCTET_STRING, RSA_ENCRYPTION, SEQUENCE, VERSION,
    only_value, value,
};

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

/// `[0]`, which nobody needs and some programs write.
const ATTRIBUTES: u8 = 0xa0;

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
}
