//! Key agreement on elliptic curves by the crates `p256`, `p384` and `p521`.

use getrandom::SysRng;
use p256::elliptic_curve::{Generate, sec1::ToSec1Point};
use zeroize::Zeroizing;

use super::assert_wiped;
use crate::crypto::{EcCurve, Failed};

/// A private key (NIST SP 800-56A, section 5.7.1.2). Wiped on drop; boxed, so that moving it
/// leaves no copy behind.
pub(crate) enum EcdhKey {
    P256(Box<p256::SecretKey>),
    P384(Box<p384::SecretKey>),
    P521(Box<p521::SecretKey>),
}

impl EcdhKey {
    pub(crate) fn generate(curve: EcCurve) -> Result<Self, Failed> {
        Ok(match curve {
            EcCurve::P256 => Self::P256(generate()?),
            EcCurve::P384 => Self::P384(generate()?),
            EcCurve::P521 => Self::P521(generate()?),
        })
    }

    /// From a number that is big-endian, and as long as a coordinate.
    pub(crate) fn from_scalar(curve: EcCurve, scalar: &[u8]) -> Result<Self, Failed> {
        macro_rules! read {
            ($curve:ident) => {
                $curve::SecretKey::from_slice(scalar).map(Box::new).map_err(|_| Failed)?
            };
        }
        if scalar.len() != curve.coordinate_length() {
            return Err(Failed);
        }
        Ok(match curve {
            EcCurve::P256 => Self::P256(read!(p256)),
            EcCurve::P384 => Self::P384(read!(p384)),
            EcCurve::P521 => Self::P521(read!(p521)),
        })
    }

    /// The public point, compressed.
    #[expect(clippy::unnecessary_wraps, reason = "AWS-LC can fail")]
    pub(crate) fn public_point(&self) -> Result<Vec<u8>, Failed> {
        Ok(match self {
            Self::P256(key) => key.public_key().to_sec1_point(COMPRESSED).as_bytes().to_vec(),
            Self::P384(key) => key.public_key().to_sec1_point(COMPRESSED).as_bytes().to_vec(),
            Self::P521(key) => key.public_key().to_sec1_point(COMPRESSED).as_bytes().to_vec(),
        })
    }

    /// The x-coordinate that both sides find. The point may be compressed, and is on the curve if this succeeds.
    pub(crate) fn agree(&self, point: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
        macro_rules! agree {
            ($curve:ident, $key:ident) => {{
                let peer = $curve::PublicKey::from_sec1_bytes(point).map_err(|_| Failed)?;
                let scalar = Zeroizing::new($key.to_nonzero_scalar());
                let x = $curve::ecdh::diffie_hellman(&*scalar, peer.as_affine());
                Ok(Zeroizing::new(x.raw_secret_bytes().to_vec()))
            }};
        }
        self.curve().check_form(point)?;
        match self {
            Self::P256(key) => agree!(p256, key),
            Self::P384(key) => agree!(p384, key),
            Self::P521(key) => agree!(p521, key),
        }
    }

    fn curve(&self) -> EcCurve {
        match self {
            Self::P256(_) => EcCurve::P256,
            Self::P384(_) => EcCurve::P384,
            Self::P521(_) => EcCurve::P521,
        }
    }
}

/// A point in its uncompressed form. It may be compressed, and is on the curve if this succeeds.
pub(crate) fn uncompressed(curve: EcCurve, point: &[u8]) -> Result<Vec<u8>, Failed> {
    macro_rules! read {
        ($curve:ident) => {{
            let key = $curve::PublicKey::from_sec1_bytes(point).map_err(|_| Failed)?;
            Ok(key.to_sec1_point(!COMPRESSED).as_bytes().to_vec())
        }};
    }
    curve.check_form(point)?;
    match curve {
        EcCurve::P256 => read!(p256),
        EcCurve::P384 => read!(p384),
        EcCurve::P521 => read!(p521),
    }
}

fn generate<K: Generate>() -> Result<Box<K>, Failed> {
    K::try_generate_from_rng(&mut SysRng).map(Box::new).map_err(|_| Failed)
}

const COMPRESSED: bool = true;

const _: () = {
    assert_wiped::<p256::SecretKey>();
    assert_wiped::<p384::SecretKey>();
    assert_wiped::<p521::SecretKey>();
};
