//! Key agreement on elliptic curves by AWS-LC.

use aws_lc_rs::{
    agreement::{self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey},
    encoding::AsDer,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
    },
};
use zeroize::Zeroizing;

use crate::crypto::{EcCurve, Failed};

/// A private key (NIST SP 800-56A, section 5.7.1.2).
pub(crate) struct EcdhKey {
    curve: EcCurve,
    key: PrivateKey,
}

impl EcdhKey {
    pub(crate) fn generate(curve: EcCurve) -> Result<Self, Failed> {
        let key = PrivateKey::generate(algorithm(curve)).map_err(|_| Failed)?;
        Ok(Self { curve, key })
    }

    /// From a number that is big-endian, and as long as a coordinate.
    pub(crate) fn from_scalar(curve: EcCurve, scalar: &[u8]) -> Result<Self, Failed> {
        let key = PrivateKey::from_private_key(algorithm(curve), scalar).map_err(|_| Failed)?;
        Ok(Self { curve, key })
    }

    /// The public point, compressed.
    pub(crate) fn public_point(&self) -> Result<Vec<u8>, Failed> {
        let public = self.key.compute_public_key().map_err(|_| Failed)?;
        self.curve.compressed(public.as_ref())
    }

    /// The x-coordinate that both sides find. The point may be compressed, and is on the curve if this succeeds.
    pub(crate) fn agree(&self, point: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
        self.curve.check_form(point)?;
        let peer = UnparsedPublicKey::new(algorithm(self.curve), point);
        agreement::agree(&self.key, peer, Failed, |x| Ok(Zeroizing::new(x.to_vec())))
    }
}

/// A point in its uncompressed form. It may be compressed, and is on the curve if this succeeds.
pub(crate) fn uncompressed(curve: EcCurve, point: &[u8]) -> Result<Vec<u8>, Failed> {
    curve.check_form(point)?;
    // Keys that sign have what keys that agree have not: a way out again.
    let key = match curve {
        EcCurve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point),
        EcCurve::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point),
        EcCurve::P521 => ParsedPublicKey::new(&ECDSA_P521_SHA512_ASN1, point),
    };
    let spki = key.map_err(|_| Failed)?.as_der().map_err(|_| Failed)?;
    let start = spki.as_ref().len().checked_sub(1 + 2 * curve.coordinate_length()).ok_or(Failed)?;
    let point = &spki.as_ref()[start..];
    if point.starts_with(&[4]) { Ok(point.to_vec()) } else { Err(Failed) }
}

fn algorithm(curve: EcCurve) -> &'static Algorithm {
    match curve {
        EcCurve::P256 => &ECDH_P256,
        EcCurve::P384 => &ECDH_P384,
        EcCurve::P521 => &ECDH_P521,
    }
}
