//! ECDSA signatures over a whole message.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::body_scan::WholePart;
use crate::{
    Error, Header, MessagePart, PolicyViolation, Result,
    context::PUBLIC_KEY,
    crypto::{Curve, EcdsaKey, Failed, Hasher, verify_ecdsa},
    der,
    message::footer,
};

/// Hashes what is written, and signs it at the end. The key is made for one message, or for those
/// that share their data key out of a cache.
pub(crate) struct MessageSigner {
    key: Arc<EcdsaKey>,
    hasher: Hasher,
}

impl MessageSigner {
    pub(crate) fn generate(curve: Curve) -> Result<Self, Failed> {
        Ok(Self { key: Arc::new(EcdsaKey::generate(curve)?), hasher: Hasher::new(curve.hash()) })
    }

    /// Signs another message with the same key. Nothing of this one is hashed into it.
    pub(crate) fn for_another_message(&self) -> Self {
        Self { key: Arc::clone(&self.key), hasher: Hasher::new(self.key.curve().hash()) }
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
    /// The verifier of a message, fed with its header. A message is signed exactly if it says with
    /// which key: else a signature was stripped.
    pub(crate) fn of_message(header: &Header) -> Result<Option<Self>> {
        let suite = header.suite();
        let contradiction = || Error::from(PolicyViolation::VerificationKey { suite });
        match (suite.signature_curve(), header.stored_context().value(PUBLIC_KEY)) {
            (Some(curve), Some(key)) => {
                let mut verifier = Self::new(curve, key).map_err(|_| contradiction())?;
                verifier.update(header.body());
                verifier.update(&header.stored_authentication());
                Ok(Some(verifier))
            }
            (None, None) => Ok(None),
            _ => Err(contradiction()),
        }
    }

    /// Takes the public key as it stands in the encryption context.
    pub(crate) fn new(curve: Curve, public_key: &str) -> Result<Self, Failed> {
        let point = BASE64.decode(public_key).map_err(|_| Failed)?;
        if point.len() != 1 + curve.coordinate_length() || !matches!(point[0], 2 | 3) {
            return Err(Failed);
        }
        Ok(Self { curve, point, hasher: Hasher::new(curve.hash()) })
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

/// Hashes a part of a signed message; behind the last one comes the signature, which is verified.
/// The verifier is gone then.
pub(super) fn verify_part(
    verifier: &mut Option<MessageVerifier>,
    unit: &WholePart,
    bytes: &[u8],
) -> Result<()> {
    let (part, footer) = bytes.split_at(unit.length);
    if let Some(verifier) = verifier {
        verifier.update(part);
    }
    match verifier.take_if(|_| !footer.is_empty()) {
        Some(verifier) => verifier
            .verify(&footer[footer::LENGTH_FIELD..])
            .map_err(|_| Error::Authentication { part: MessagePart::Signature }),
        None => Ok(()),
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

/// `SEQUENCE { r INTEGER, s INTEGER }` in DER (RFC 3279, section 2.2.3).
fn der_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    let (r, s) = (der::unsigned_integer(r), der::unsigned_integer(s));
    der::tagged(der::SEQUENCE, &[&r, &s]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AlgorithmSuite, EncryptionContext,
        message::{BodyFormat, HeaderAuthentication, HeaderFields, MessageId},
    };

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

    fn header(suite: AlgorithmSuite, context: EncryptionContext) -> Header {
        let fields = HeaderFields {
            suite,
            message_id: MessageId::from_slice(&[0; 32]),
            context,
            encrypted_data_keys: Vec::new(),
            body_format: BodyFormat::NonFramed,
            commitment: None,
        };
        let authentication = HeaderAuthentication { iv: [0; 12], tag: [0; 16] };
        Header::assemble(fields, Vec::new(), authentication)
    }

    #[test]
    fn a_signature_is_there_exactly_if_its_key_is() -> Result<()> {
        let with_bad_key = EncryptionContext::from([(PUBLIC_KEY, "AAAA")]);
        for &suite in AlgorithmSuite::ALL {
            let curve = suite.signature_curve().unwrap_or(Curve::P384);
            let signer = MessageSigner::generate(curve).map_err(|_| Error::no_randomness())?;
            let with_key = EncryptionContext::from([(PUBLIC_KEY, signer.public_key())]);
            let verifier = |context: &EncryptionContext| {
                MessageVerifier::of_message(&header(suite, context.clone()))
            };
            let contradiction = |result: Result<Option<MessageVerifier>>| {
                matches!(result, Err(Error::Policy(PolicyViolation::VerificationKey { .. })))
            };
            let (good, bad) = if suite.is_signing() {
                (&with_key, &EncryptionContext::new())
            } else {
                (&EncryptionContext::new(), &with_key)
            };
            assert_eq!(verifier(good)?.is_some(), suite.is_signing());
            assert!(contradiction(verifier(bad)), "{suite}");
            assert!(contradiction(verifier(&with_bad_key)), "{suite}");
        }
        Ok(())
    }
}
