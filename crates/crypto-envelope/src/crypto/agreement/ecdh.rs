//! Key agreement: both find the same, and both refuse the same.

use proptest::prelude::*;

use crate::crypto::{EcCurve, Failed, aws_lc, rust_crypto};

const CURVES: [EcCurve; 3] = [EcCurve::P256, EcCurve::P384, EcCurve::P521];

/// The same key in both, if both take it.
fn keys(curve: EcCurve, scalar: &[u8]) -> Option<(aws_lc::EcdhKey, rust_crypto::EcdhKey)> {
    let one = aws_lc::EcdhKey::from_scalar(curve, scalar);
    let other = rust_crypto::EcdhKey::from_scalar(curve, scalar);
    assert_eq!(one.is_ok(), other.is_ok(), "{curve:?} {scalar:02x?}");
    Some((one.ok()?, other.ok()?))
}

/// The point in its uncompressed form, if both take it.
fn uncompressed(curve: EcCurve, point: &[u8]) -> Option<Vec<u8>> {
    let one = aws_lc::uncompressed(curve, point).ok();
    assert_eq!(one, rust_crypto::uncompressed(curve, point).ok(), "{curve:?} {point:02x?}");
    one
}

fn agree(curve: EcCurve, scalar: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let (one, other) = keys(curve, scalar)?;
    let one = one.agree(point).ok();
    assert_eq!(one, other.agree(point).ok(), "{curve:?} {point:02x?}");
    one.map(|x| x.to_vec())
}

/// A number that is one of a private key.
fn scalar(curve: EcCurve, byte: u8) -> Vec<u8> {
    let mut scalar = vec![byte; curve.coordinate_length()];
    scalar[0] = 0;
    scalar
}

#[test]
fn both_sides_find_the_same() -> Result<(), Failed> {
    for curve in CURVES {
        let alice = scalar(curve, 1);
        let (key, same_key) = keys(curve, &alice).ok_or(Failed)?;
        assert_eq!(key.public_point()?, same_key.public_point()?);
        let (bob, eve) =
            (aws_lc::EcdhKey::generate(curve)?, rust_crypto::EcdhKey::generate(curve)?);
        for (point, theirs) in [
            (bob.public_point()?, bob.agree(&key.public_point()?)?),
            (eve.public_point()?, eve.agree(&key.public_point()?)?),
        ] {
            let whole = uncompressed(curve, &point).ok_or(Failed)?;
            assert_eq!(whole.len(), 1 + 2 * curve.coordinate_length());
            assert_eq!(curve.compressed(&whole)?, point);
            assert_eq!(curve.compressed(&point)?, point);
            assert_eq!(theirs.len(), curve.coordinate_length());
            for form in [point, whole] {
                assert_eq!(agree(curve, &alice, &form).ok_or(Failed)?, *theirs);
            }
        }
        assert!(keys(curve, &vec![0; curve.coordinate_length()]).is_none());
        assert!(keys(curve, &vec![0xff; curve.coordinate_length()]).is_none());
        assert!(keys(curve, &alice[1..]).is_none());
        assert!(keys(curve, &[&[0], &alice[..]].concat()).is_none());
    }
    Ok(())
}

/// The point at infinity, the hybrid form, a point of another curve, and a twist.
#[test]
fn what_is_no_point_is_none() -> Result<(), Failed> {
    for (curve, other) in CURVES.into_iter().zip([EcCurve::P384, EcCurve::P521, EcCurve::P256]) {
        let point = aws_lc::EcdhKey::generate(curve)?.public_point()?;
        let mut whole = uncompressed(curve, &point).ok_or(Failed)?;
        let foreign = aws_lc::EcdhKey::generate(other)?.public_point()?;
        let hybrid = [&[6 | (point[0] & 1)], &whole[1..]].concat();
        if let Some(last) = whole.last_mut() {
            *last ^= 1;
        }
        let beyond = [&[2][..], &vec![0xff; curve.coordinate_length()]].concat();
        for no_point in [&[][..], &[0], &foreign, &hybrid, &whole, &beyond, &point[1..]] {
            assert_eq!(uncompressed(curve, no_point), None);
            assert_eq!(agree(curve, &scalar(curve, 1), no_point), None);
        }
    }
    Ok(())
}

proptest! {
    /// Half of all numbers are coordinates.
    #[test]
    fn both_take_the_same_points(x in any::<[u8; 66]>(), form in 0_u8..8) {
        for curve in CURVES {
            let mut x = x[..curve.coordinate_length()].to_vec();
            if curve == EcCurve::P521 {
                x[0] &= 1;
            }
            let point = [&[form], &x[..]].concat();
            let taken = uncompressed(curve, &point).is_some();
            assert_eq!(agree(curve, &scalar(curve, 7), &point).is_some(), taken);
        }
    }
}
