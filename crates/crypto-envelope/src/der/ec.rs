//! The forms of keys on elliptic curves in DER, read strictly.

use super::{BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, only_value, tagged, value};
use crate::crypto::EcCurve;

/// A private key: its scalar, and the point that stands beside it, if one does.
#[derive(Clone, Copy)]
pub(crate) struct PrivateParts<'der> {
    pub(crate) curve: EcCurve,
    pub(crate) scalar: &'der [u8],
    pub(crate) point: Option<&'der [u8]>,
}

/// A `PrivateKeyInfo` (RFC 5208): `SEQUENCE { 0, { ecPublicKey, curve }, OCTET STRING { key } }`.
pub(crate) fn of_pkcs8(der: &[u8]) -> Option<PrivateParts<'_>> {
    let rest = only_value(SEQUENCE, der)?.strip_prefix(PKCS8_VERSION)?;
    let (algorithm, rest) = value(SEQUENCE, rest)?;
    let curve = curve_of(algorithm.strip_prefix(EC_PUBLIC_KEY)?)?;
    let (key, rest) = value(OCTET_STRING, rest)?;
    let is_complete = rest.is_empty() || only_value(CONTEXT_0, rest).is_some();
    of_sec1_on(key, Some(curve)).filter(|_| is_complete)
}

/// An `ECPrivateKey` (RFC 5915) that says which curve it is on.
pub(crate) fn of_sec1(der: &[u8]) -> Option<PrivateParts<'_>> {
    of_sec1_on(der, None)
}

/// `SEQUENCE { 1, OCTET STRING, [0] curve OPTIONAL, [1] BIT STRING OPTIONAL }`.
fn of_sec1_on(der: &[u8], curve: Option<EcCurve>) -> Option<PrivateParts<'_>> {
    let rest = only_value(SEQUENCE, der)?.strip_prefix(SEC1_VERSION)?;
    let (scalar, mut rest) = value(OCTET_STRING, rest)?;
    let mut named = None;
    if let Some((parameters, behind)) = value(CONTEXT_0, rest) {
        (named, rest) = (Some(curve_of(parameters)?), behind);
    }
    let point = if rest.is_empty() { None } else { Some(bits(only_value(CONTEXT_1, rest)?)?) };
    if let (Some(curve), Some(named)) = (curve, named)
        && curve != named
    {
        return None;
    }
    let curve = curve.or(named)?;
    Some(PrivateParts { curve, scalar, point })
        .filter(|_| scalar.len() == curve.coordinate_length())
}

/// The point of a `SubjectPublicKeyInfo` (RFC 5480): `SEQUENCE { { ecPublicKey, curve }, BIT STRING { point } }`.
pub(crate) fn of_spki(der: &[u8]) -> Option<(EcCurve, &[u8])> {
    let (algorithm, rest) = value(SEQUENCE, only_value(SEQUENCE, der)?)?;
    Some((curve_of(algorithm.strip_prefix(EC_PUBLIC_KEY)?)?, bits(rest)?))
}

/// A public key as SPKI.
pub(crate) fn to_spki(curve: EcCurve, point: &[u8]) -> Vec<u8> {
    let algorithm = tagged(SEQUENCE, &[EC_PUBLIC_KEY, object_id(curve)]);
    let bits = tagged(BIT_STRING, &[&[NO_UNUSED_BITS], point]);
    tagged(SEQUENCE, &[&algorithm, &bits]).to_vec()
}

fn bits(der: &[u8]) -> Option<&[u8]> {
    only_value(BIT_STRING, der)?.strip_prefix(&[NO_UNUSED_BITS])
}

fn curve_of(id: &[u8]) -> Option<EcCurve> {
    [EcCurve::P256, EcCurve::P384, EcCurve::P521].into_iter().find(|curve| object_id(*curve) == id)
}

/// RFC 5480, section 2.1.1.1.
fn object_id(curve: EcCurve) -> &'static [u8] {
    match curve {
        EcCurve::P256 => &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        EcCurve::P384 => &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
        EcCurve::P521 => &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23],
    }
}

/// `1.2.840.10045.2.1` (RFC 5480, section 2.1.1).
const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;
const NO_UNUSED_BITS: u8 = 0;
const PKCS8_VERSION: &[u8] = &[INTEGER, 1, 0];
const SEC1_VERSION: &[u8] = &[INTEGER, 1, 1];
