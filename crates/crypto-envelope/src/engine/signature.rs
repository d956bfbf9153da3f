//! ECDSA signatures over a whole message.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::{
    Header,
    crypto::{Curve, EcdsaKey, Failed, Hasher, verify_ecdsa},
};

/// Hashes what is written, and signs it at the end, with a key made for one message.
pub(crate) struct MessageSigner {
    key: EcdsaKey,
    hasher: Hasher,
}

impl MessageSigner {
    pub(crate) fn generate(curve: Curve) -> Result<Self, Failed> {
        Ok(Self { key: EcdsaKey::generate(curve)?, hasher: Hasher::new(curve.hash()) })
    }

    /// The public key as it stands in the encryption context: base64 of the compressed point
    /// (SEC 1, section 2.3.3).
    pub(crate) fn public_key(&self) -> String {
        let length = self.key.curve().coordinate_length();
        let (x, y) = self.key.public_point()[1..].split_at(length);
        let sign = 2 | (y[length - 1] & 1);
        BASE64.encode([&[sign], x].concat())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// The signature in DER, always of the length that its curve says.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Failed> {
        let curve = self.key.curve();
        let digest = self.hasher.finish();
        // (r, s) and (r, n - s) are equally valid; one of the two nearly always has the length
        // that we want. If not, another signature is drawn: more than a few rounds never happen.
        for _ in 0..64 {
            let signature = self.key.sign(&digest)?;
            let (r, s) = signature.split_at(curve.coordinate_length());
            for s in [s, &negate(s, curve)] {
                let der = der_signature(r, s);
                if der.len() == curve.signature_length() {
                    return Ok(der);
                }
            }
        }
        Err(Failed)
    }
}

impl fmt::Debug for MessageSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageSigner")
    }
}

/// Hashes what is read, and verifies the signature at the end.
pub(crate) struct MessageVerifier {
    curve: Curve,
    point: Vec<u8>,
    hasher: Hasher,
}

impl MessageVerifier {
    /// Takes the public key as it stands in the encryption context.
    pub(crate) fn new(curve: Curve, public_key: &str) -> Result<Self, Failed> {
        let point = BASE64.decode(public_key).map_err(|_| Failed)?;
        if point.len() != 1 + curve.coordinate_length() || !matches!(point[0], 2 | 3) {
            return Err(Failed);
        }
        Ok(Self { curve, point, hasher: Hasher::new(curve.hash()) })
    }

    /// A signature begins with the header.
    pub(crate) fn update_header(&mut self, header: &Header) {
        self.update(header.body());
        self.update(&header.stored_authentication());
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Verifies a DER signature over everything hashed so far.
    pub(crate) fn verify(self, signature: &[u8]) -> Result<(), Failed> {
        verify_ecdsa(self.curve, &self.point, &self.hasher.finish(), signature)
    }
}

impl fmt::Debug for MessageVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageVerifier")
    }
}

/// `n - s`, for the order `n` of the curve. Signatures are public: the time taken may vary.
fn negate(s: &[u8], curve: Curve) -> Vec<u8> {
    let mut difference = vec![0; s.len()];
    let mut borrow = false;
    for (i, byte) in difference.iter_mut().enumerate().rev() {
        let (low, first) = curve.order()[i].overflowing_sub(s[i]);
        let (low, second) = low.overflowing_sub(u8::from(borrow));
        *byte = low;
        borrow = first || second;
    }
    difference
}

/// `SEQUENCE { r INTEGER, s INTEGER }` in DER (RFC 3279, section 2.2.3). Both are short enough
/// for one-byte lengths.
fn der_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut content = der_integer(r);
    content.extend(der_integer(s));
    let mut der = vec![0x30];
    der.extend(u8::try_from(content.len()));
    der.extend(content);
    der
}

fn der_integer(big_endian: &[u8]) -> Vec<u8> {
    let start = big_endian.iter().position(|byte| *byte != 0).unwrap_or(big_endian.len() - 1);
    let digits = &big_endian[start..];
    let padding: &[u8] = if digits[0] & 0x80 == 0 { &[] } else { &[0] };
    let mut der = vec![0x02];
    der.extend(u8::try_from(padding.len() + digits.len()));
    der.extend_from_slice(padding);
    der.extend_from_slice(digits);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVES: [Curve; 2] = [Curve::P256, Curve::P384];

    #[test]
    fn signatures_have_the_fixed_length_and_verify() -> Result<(), Failed> {
        for curve in CURVES {
            for round in 0..200_u32 {
                let mut signer = MessageSigner::generate(curve)?;
                let mut verifier = MessageVerifier::new(curve, &signer.public_key())?;
                signer.update(&round.to_be_bytes());
                verifier.update(&round.to_be_bytes());
                let signature = signer.finish()?;
                assert_eq!(signature.len(), curve.signature_length());
                verifier.verify(&signature)?;
            }
        }
        Ok(())
    }

    #[test]
    fn another_message_does_not_verify() -> Result<(), Failed> {
        for curve in CURVES {
            let mut signer = MessageSigner::generate(curve)?;
            let mut verifier = MessageVerifier::new(curve, &signer.public_key())?;
            signer.update(b"one");
            verifier.update(b"two");
            assert!(verifier.verify(&signer.finish()?).is_err());
        }
        Ok(())
    }

    #[test]
    fn der_integers_are_minimal_and_positive() {
        assert_eq!(der_integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(der_integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(der_integer(&[0, 0]), [2, 1, 0]);
    }

    #[test]
    fn negating_twice_gives_the_same_number() {
        for curve in CURVES {
            let mut s = vec![0x5a; curve.coordinate_length()];
            s[0] = 0x12;
            assert_ne!(negate(&s, curve), s);
            assert_eq!(negate(&negate(&s, curve), curve), s);
        }
    }

    #[test]
    fn only_compressed_points_of_the_curve_are_public_keys() {
        for curve in CURVES {
            let length = curve.coordinate_length();
            assert!(MessageVerifier::new(curve, "not base64!").is_err());
            assert!(MessageVerifier::new(curve, &BASE64.encode(vec![4; 1 + 2 * length])).is_err());
            assert!(MessageVerifier::new(curve, &BASE64.encode(vec![2; length])).is_err());
            assert!(MessageVerifier::new(curve, &BASE64.encode(vec![2; 1 + length])).is_ok());
        }
    }
}
