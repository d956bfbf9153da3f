//! ECDSA by AWS-LC.

use aws_lc_rs::{
    digest::{Digest, SHA256, SHA384},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
    },
};

use crate::crypto::{Curve, Failed};

/// A signing key (FIPS 186-5).
pub(crate) struct EcdsaKey {
    curve: Curve,
    pair: EcdsaKeyPair,
}

impl EcdsaKey {
    pub(crate) fn generate(curve: Curve) -> Result<Self, Failed> {
        let algorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        };
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| Failed)?;
        Ok(Self { curve, pair })
    }

    pub(crate) fn curve(&self) -> Curve {
        self.curve
    }

    /// The public point, uncompressed: `04`, x, y.
    pub(crate) fn public_point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs a digest of the curve's hash; the signature is r, then s, each as long as a
    /// coordinate.
    pub(crate) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failed> {
        let signature = self.pair.sign_digest(&import(self.curve, digest)?).map_err(|_| Failed)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Verifies a DER signature over a digest of the curve's hash. The point may be compressed.
pub(crate) fn verify_ecdsa(
    curve: Curve,
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    curve.check_form(point)?;
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
    };
    UnparsedPublicKey::new(algorithm, point)
        .verify_digest(&import(curve, digest)?, signature)
        .map_err(|_| Failed)
}

fn import(curve: Curve, digest: &[u8]) -> Result<Digest, Failed> {
    let algorithm = match curve {
        Curve::P256 => &SHA256,
        Curve::P384 => &SHA384,
    };
    Digest::import_less_safe(digest, algorithm).map_err(|_| Failed)
}
