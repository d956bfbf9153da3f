//! The forms of RSA keys in DER. What is read here is read strictly, before either cipher backend
//! sees it, so that neither takes more forms than the other.

use zeroize::Zeroizing;

use super::{BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, only_value, tagged, value};

/// The numbers of a key as they stand in PKCS#1 (RFC 8017, appendix A.1).
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'der> {
    /// Behind the version, if the key is private.
    all: &'der [u8],
    /// Modulus and exponent alone.
    public: &'der [u8],
    modulus: &'der [u8],
}

/// A `PrivateKeyInfo` (RFC 5208): `SEQUENCE { 0, rsaEncryption, OCTET STRING { key } }`.
pub(crate) fn of_pkcs8(der: &[u8]) -> Option<Numbers<'_>> {
    let rest = only_value(SEQUENCE, der)?.strip_prefix(VERSION)?.strip_prefix(RSA_ENCRYPTION)?;
    let (key, rest) = value(OCTET_STRING, rest)?;
    let is_complete = rest.is_empty() || only_value(ATTRIBUTES, rest).is_some();
    of_private_pkcs1(key).filter(|_| is_complete)
}

/// A private key of PKCS#1: version, modulus, both exponents, and more.
pub(crate) fn of_private_pkcs1(der: &[u8]) -> Option<Numbers<'_>> {
    Numbers::new(only_value(SEQUENCE, der)?.strip_prefix(VERSION)?)
        .filter(|numbers| numbers.all.len() > numbers.public.len())
}

/// A `SubjectPublicKeyInfo` (RFC 5280): `SEQUENCE { rsaEncryption, BIT STRING { key } }`.
pub(crate) fn of_spki(der: &[u8]) -> Option<Numbers<'_>> {
    let rest = only_value(SEQUENCE, der)?.strip_prefix(RSA_ENCRYPTION)?;
    of_public_pkcs1(only_value(BIT_STRING, rest)?.strip_prefix(&[NO_UNUSED_BITS])?)
}

/// A public key of PKCS#1: modulus and exponent.
pub(crate) fn of_public_pkcs1(der: &[u8]) -> Option<Numbers<'_>> {
    Numbers::new(only_value(SEQUENCE, der)?)
        .filter(|numbers| numbers.all.len() == numbers.public.len())
}

impl<'der> Numbers<'der> {
    fn new(numbers: &'der [u8]) -> Option<Self> {
        let (modulus, rest) = value(INTEGER, numbers)?;
        let (_, rest) = value(INTEGER, rest)?;
        let public = &numbers[..numbers.len() - rest.len()];
        Some(Self { all: numbers, public, modulus })
    }

    /// Bits of the modulus; nothing if it is zero.
    pub(crate) fn bits(&self) -> Option<usize> {
        let digits = self.modulus.strip_prefix(&[0]).unwrap_or(self.modulus);
        let unused = usize::try_from(digits.first()?.leading_zeros()).ok()?;
        (digits.len() * 8).checked_sub(unused).filter(|bits| *bits > 0)
    }

    /// A private key as PKCS#8.
    pub(crate) fn to_pkcs8(self) -> Zeroizing<Vec<u8>> {
        let key = tagged(SEQUENCE, &[VERSION, self.all]);
        tagged(SEQUENCE, &[VERSION, RSA_ENCRYPTION, &tagged(OCTET_STRING, &[&key])])
    }

    /// The public key as SPKI.
    pub(crate) fn to_spki(self) -> Vec<u8> {
        let key = tagged(SEQUENCE, &[self.public]);
        let bits = tagged(BIT_STRING, &[&[NO_UNUSED_BITS], &key]);
        tagged(SEQUENCE, &[RSA_ENCRYPTION, &bits]).to_vec()
    }
}

/// `[0]`, which nobody needs and some programs write.
const ATTRIBUTES: u8 = 0xa0;
/// In front of the bits of a string that ends with a whole byte.
const NO_UNUSED_BITS: u8 = 0;
/// Version 0: of PKCS#8 the plain one, of PKCS#1 that of two primes.
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
            (&[0x01][..], Some(1)),
            (&[0x7f], Some(7)),
            (&[0x00, 0x80], Some(8)),
            (&[0x00, 0xff, 0xff], Some(16)),
            (&[0x01, 0x00], Some(9)),
            (&[], None),
            (&[0], None),
        ] {
            let public = [&tagged(INTEGER, &[modulus])[..], &[INTEGER, 1, 3]].concat();
            let der = tagged(SEQUENCE, &[&public]);
            let numbers = of_public_pkcs1(&der).expect("both numbers are there");
            assert_eq!(numbers.bits(), bits, "{modulus:02x?}");
        }
    }

    #[test]
    fn every_form_leads_back_to_itself() {
        let public = [INTEGER, 2, 0, 0x9f, INTEGER, 1, 3];
        let private = [&public[..], &[INTEGER, 1, 7]].concat();
        let pkcs1 = tagged(SEQUENCE, &[VERSION, &private]);
        let numbers = of_private_pkcs1(&pkcs1).expect("a private key");
        let (pkcs8, spki) = (numbers.to_pkcs8(), numbers.to_spki());
        assert_eq!(of_pkcs8(&pkcs8).expect("PKCS#8").to_pkcs8(), pkcs8);
        assert_eq!(of_pkcs8(&pkcs8).expect("PKCS#8").to_spki(), spki);
        assert_eq!(of_spki(&spki).expect("SPKI").to_spki(), spki);
        for other in [of_spki(&pkcs8), of_pkcs8(&spki), of_public_pkcs1(&pkcs1), of_spki(&pkcs1)] {
            assert!(other.is_none());
        }
    }
}
