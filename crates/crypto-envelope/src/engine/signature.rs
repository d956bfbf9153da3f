//! ECDSA signatures over a whole message.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::crypto::{Failed, P384_LENGTH, P384SigningKey, Sha384, verify_p384};

/// Hashes what is written, and signs it at the end, with a key made for one message.
pub(crate) struct MessageSigner {
    key: P384SigningKey,
    hash: Sha384,
}

impl MessageSigner {
    pub(crate) fn generate() -> Result<Self, Failed> {
        Ok(Self { key: P384SigningKey::generate()?, hash: Sha384::new() })
    }

    /// The public key as it stands in the encryption context: base64 of the compressed point
    /// (SEC 1, section 2.3.3).
    pub(crate) fn public_key(&self) -> String {
        let point = self.key.public_point();
        let (x, y) = point[1..].split_at(P384_LENGTH);
        let sign = 2 | (y[P384_LENGTH - 1] & 1);
        BASE64.encode([&[sign], x].concat())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// The signature in DER, of exactly this length.
    pub(crate) fn finish(self, length: usize) -> Result<Vec<u8>, Failed> {
        let digest = self.hash.finish();
        // (r, s) and (r, n - s) are equally valid; one of the two nearly always has the length
        // that we want. If not, another signature is drawn: more than a few rounds never happen.
        for _ in 0..64 {
            let signature = self.key.sign(&digest)?;
            let (r, s) = signature.split_at(P384_LENGTH);
            for s in [s, &negate(s)] {
                let der = der_signature(r, s);
                if der.len() == length {
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
    point: Vec<u8>,
    hash: Sha384,
}

impl MessageVerifier {
    /// Takes the public key as it stands in the encryption context.
    pub(crate) fn new(public_key: &str) -> Result<Self, Failed> {
        let point = BASE64.decode(public_key).map_err(|_| Failed)?;
        let compressed = point.len() == 1 + P384_LENGTH && matches!(point[0], 2 | 3);
        if !compressed {
            return Err(Failed);
        }
        Ok(Self { point, hash: Sha384::new() })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Verifies a DER signature over everything hashed so far.
    pub(crate) fn verify(self, signature: &[u8]) -> Result<(), Failed> {
        verify_p384(&self.point, &self.hash.finish(), signature)
    }
}

impl fmt::Debug for MessageVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageVerifier")
    }
}

/// `n - s`, for the order `n` of the curve. Signatures are public: the time taken may vary.
fn negate(s: &[u8]) -> [u8; P384_LENGTH] {
    let mut difference = [0; P384_LENGTH];
    let mut borrow = false;
    for (i, byte) in difference.iter_mut().enumerate().rev() {
        let (low, first) = P384_ORDER[i].overflowing_sub(s[i]);
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

/// SP 800-186, section 3.2.1.4.
const P384_ORDER: [u8; P384_LENGTH] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_have_the_fixed_length_and_verify() -> Result<(), Failed> {
        for round in 0..200_u32 {
            let mut signer = MessageSigner::generate()?;
            let mut verifier = MessageVerifier::new(&signer.public_key())?;
            signer.update(&round.to_be_bytes());
            verifier.update(&round.to_be_bytes());
            verifier.verify(&signer.finish(103)?)?;
        }
        Ok(())
    }

    #[test]
    fn another_message_does_not_verify() -> Result<(), Failed> {
        let mut signer = MessageSigner::generate()?;
        let mut verifier = MessageVerifier::new(&signer.public_key())?;
        signer.update(b"one");
        verifier.update(b"two");
        assert!(verifier.verify(&signer.finish(103)?).is_err());
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
        let mut s = [0x5a; P384_LENGTH];
        s[0] = 0x12;
        assert_ne!(negate(&s), s);
        assert_eq!(negate(&negate(&s)), s);
    }

    #[test]
    fn only_compressed_points_are_public_keys() {
        assert!(MessageVerifier::new("not base64!").is_err());
        assert!(MessageVerifier::new(&BASE64.encode([4; 97])).is_err());
        assert!(MessageVerifier::new(&BASE64.encode([2; 48])).is_err());
    }
}
