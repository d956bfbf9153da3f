//! ECDSA by the crates `p256` and `p384`.

use getrandom::SysRng;
use p256::{
    ecdsa::signature::{
        SignatureEncoding,
        hazmat::{PrehashVerifier, RandomizedPrehashSigner},
    },
    elliptic_curve::Generate,
};

use super::assert_wiped;
use crate::crypto::{Curve, Failed};

/// A signing key (FIPS 186-5). Wiped on drop; boxed, so that moving it leaves no copy behind.
pub(crate) struct EcdsaKey {
    key: Key,
    public_point: Box<[u8]>,
}

impl EcdsaKey {
    pub(crate) fn generate(curve: Curve) -> Result<Self, Failed> {
        Ok(match curve {
            Curve::P256 => {
                let key = generate::<p256::ecdsa::SigningKey>()?;
                let public_point =
                    key.verifying_key().to_sec1_point(UNCOMPRESSED).as_bytes().into();
                Self { key: Key::P256(key), public_point }
            }
            Curve::P384 => {
                let key = generate::<p384::ecdsa::SigningKey>()?;
                let public_point =
                    key.verifying_key().to_sec1_point(UNCOMPRESSED).as_bytes().into();
                Self { key: Key::P384(key), public_point }
            }
        })
    }

    pub(crate) fn curve(&self) -> Curve {
        match self.key {
            Key::P256(_) => Curve::P256,
            Key::P384(_) => Curve::P384,
        }
    }

    /// The public point, uncompressed: `04`, x, y.
    pub(crate) fn public_point(&self) -> &[u8] {
        &self.public_point
    }

    /// Signs a digest of the curve's hash; the signature is r, then s, each as long as a
    /// coordinate.
    pub(crate) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failed> {
        check_length(self.curve(), digest)?;
        match &self.key {
            Key::P256(key) => sign::<p256::ecdsa::Signature>(&**key, digest),
            Key::P384(key) => sign::<p384::ecdsa::Signature>(&**key, digest),
        }
    }
}

enum Key {
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
}

/// Verifies a DER signature over a digest of the curve's hash. The point may be compressed.
pub(crate) fn verify_ecdsa(
    curve: Curve,
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    curve.check_form(point)?;
    check_length(curve, digest)?;
    match curve {
        Curve::P256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| Failed)?;
            let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| Failed)?;
            key.verify_prehash(digest, &signature).map_err(|_| Failed)
        }
        Curve::P384 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| Failed)?;
            let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| Failed)?;
            key.verify_prehash(digest, &signature).map_err(|_| Failed)
        }
    }
}

fn generate<K: Generate>() -> Result<Box<K>, Failed> {
    K::try_generate_from_rng(&mut SysRng).map(Box::new).map_err(|_| Failed)
}

/// The nonce is made of the key, the digest and fresh randomness (RFC 6979, section 3.6): safe even
/// if the randomness is bad, and another signature each time, which the caller needs.
fn sign<S: SignatureEncoding>(
    key: &impl RandomizedPrehashSigner<S>,
    digest: &[u8],
) -> Result<Vec<u8>, Failed> {
    let signature = key.sign_prehash_with_rng(&mut SysRng, digest).map_err(|_| Failed)?;
    Ok(signature.to_bytes().as_ref().to_vec())
}

/// These crates take any length. The hashes are as long as the coordinates of their curves.
fn check_length(curve: Curve, digest: &[u8]) -> Result<(), Failed> {
    if digest.len() == curve.coordinate_length() { Ok(()) } else { Err(Failed) }
}

/// The other choice is a compressed point.
const UNCOMPRESSED: bool = false;

const _: () = {
    assert_wiped::<p256::ecdsa::SigningKey>();
    assert_wiped::<p384::ecdsa::SigningKey>();
};
