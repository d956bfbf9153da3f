//! ECDSA: each verifies what the other signs, and both refuse the same.

use p256::ecdsa::{Signature as P256, signature::SignatureEncoding};
use p384::ecdsa::Signature as P384;
use proptest::prelude::*;

use super::{BOTH_WAYS, Backend};
use crate::crypto::{Curve, Failed};

const CURVES: [Curve; 2] = [Curve::P256, Curve::P384];

/// r, then s, as DER.
fn der(curve: Curve, signature: &[u8]) -> Vec<u8> {
    match curve {
        Curve::P256 => P256::from_slice(signature).expect("r and s").to_der().to_vec(),
        Curve::P384 => P384::from_slice(signature).expect("r and s").to_der().to_vec(),
    }
}

/// r, then n - s.
fn other_half(curve: Curve, signature: &[u8]) -> Vec<u8> {
    match curve {
        Curve::P256 => {
            let (r, s) = P256::from_slice(signature).expect("r and s").split_scalars();
            P256::from_scalars(r, -s).expect("not zero").to_vec()
        }
        Curve::P384 => {
            let (r, s) = P384::from_slice(signature).expect("r and s").split_scalars();
            P384::from_scalars(r, -s).expect("not zero").to_vec()
        }
    }
}

fn compressed(curve: Curve, point: &[u8]) -> Vec<u8> {
    let (x, y) = point[1..].split_at(curve.coordinate_length());
    [&[2 | (y[y.len() - 1] & 1)], x].concat()
}

/// Whether it verifies, if both agree.
fn verdict(curve: Curve, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let [one, other] =
        Backend::ALL.map(|backend| backend.verify_ecdsa(curve, point, digest, signature).is_ok());
    assert_eq!(one, other, "{curve:?} {point:02x?} {digest:02x?} {signature:02x?}");
    one
}

#[test]
fn each_verifies_the_other() -> Result<(), Failed> {
    for curve in CURVES {
        let length = curve.coordinate_length();
        for (signer, verifier) in BOTH_WAYS {
            for digest in [vec![0; length], vec![1; length], vec![0xff; length]] {
                let key = signer.ecdsa_key(curve)?;
                let signature = key.sign(&digest)?;
                assert_eq!(signature.len(), 2 * length);
                assert_eq!(key.public_point().len(), 1 + 2 * length);
                // One of the two has the high s.
                for signature in [&signature, &other_half(curve, &signature)] {
                    let signature = der(curve, signature);
                    for point in [key.public_point(), &compressed(curve, key.public_point())] {
                        verifier.verify_ecdsa(curve, point, &digest, &signature)?;
                        assert!(verdict(curve, point, &digest, &signature));
                    }
                }
            }
        }
    }
    Ok(())
}

/// The caller asks again until a signature has the length that it wants.
#[test]
fn signing_again_gives_another_signature() -> Result<(), Failed> {
    for curve in CURVES {
        for backend in Backend::ALL {
            let key = backend.ecdsa_key(curve)?;
            let digest = vec![7; curve.coordinate_length()];
            assert_ne!(key.sign(&digest)?, key.sign(&digest)?, "{backend:?}");
        }
    }
    Ok(())
}

#[test]
fn digests_of_other_lengths_are_refused() -> Result<(), Failed> {
    for curve in CURVES {
        for backend in Backend::ALL {
            let key = backend.ecdsa_key(curve)?;
            let good = vec![7; curve.coordinate_length()];
            let signature = der(curve, &key.sign(&good)?);
            for length in [0, 20, 31, 32, 33, 47, 48, 49, 64].map(|length| vec![7; length]) {
                if length.len() != good.len() {
                    assert!(key.sign(&length).is_err(), "{backend:?}");
                    assert!(!verdict(curve, key.public_point(), &length, &signature));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn other_signatures_and_other_forms_are_refused() -> Result<(), Failed> {
    for curve in CURVES {
        let length = curve.coordinate_length();
        let digest = vec![7; length];
        let key = Backend::AwsLc.ecdsa_key(curve)?;
        let point = key.public_point();
        let fixed = key.sign(&digest)?;
        let (r, s) = fixed.split_at(length);
        let order = curve.order();
        let (zero, one) = (vec![0; length], vec![1]);
        let padded = |number: &[u8]| [&[0; 2], number].concat();
        for (r, s) in [
            (&zero[..], s),
            (r, &zero),
            (order, s),
            (r, order),
            (&one, &one),
            (s, r),
            (&padded(r), s),
            (r, &padded(s)),
            (&[], s),
            (&[&[1], r].concat(), s),
        ] {
            assert!(!verdict(curve, point, &digest, &sequence(&[&integer(r), &integer(s)])));
        }
        let (r, s) = (integer(&shortest(r)), integer(&shortest(s)));
        let good = sequence(&[&r, &s]);
        assert!(verdict(curve, point, &digest, &good));
        for other in [
            fixed.clone(),
            vec![],
            vec![0x30],
            sequence(&[]),
            sequence(&[&r]),
            sequence(&[&r, &s, &r]),
            sequence(&[&r, &s, &[5, 0]]),
            [&good[..], &[0]].concat(),
            good[..good.len() - 1].to_vec(),
            [&[0x30, 0x81, good[1]], &good[2..]].concat(),
            [&[0x30, 0x82, 0, good[1]], &good[2..]].concat(),
            [&[0x30, 0x80], &good[2..], &[0, 0]].concat(),
            [&[0x31], &good[1..]].concat(),
            sequence(&[&[&[0x03], &r[1..]].concat(), &s]),
            sequence(&[&[&[2, 0x81, r[1]], &r[2..]].concat(), &s]),
            sequence(&[&r, &[2, 0]]),
        ] {
            assert!(!verdict(curve, point, &digest, &other), "{other:02x?}");
        }
    }
    Ok(())
}

#[test]
fn other_points_and_other_forms_are_refused() -> Result<(), Failed> {
    for curve in CURVES {
        let digest = vec![7; curve.coordinate_length()];
        let key = Backend::RustCrypto.ecdsa_key(curve)?;
        let signature = der(curve, &key.sign(&digest)?);
        let good = key.public_point();
        let short = compressed(curve, good);
        let with = |first: u8, point: &[u8]| [&[first], &point[1..]].concat();
        let mut off_curve = good.to_vec();
        *off_curve.last_mut().expect("not empty") ^= 1;
        let hybrid = 4 | short[0];
        for other in [
            vec![],
            vec![0],
            vec![4],
            good[1..].to_vec(),
            good[..good.len() - 1].to_vec(),
            [good, &[0]].concat(),
            [&short[..], &[0]].concat(),
            off_curve,
            with(hybrid, good),
            with(hybrid ^ 1, good),
            with(5, &short),
            with(2, good),
            with(4, &short),
            with(short[0] ^ 1, &short),
            with(2, &vec![0xff; short.len()]),
            with(4, &vec![0xff; good.len()]),
            with(4, &vec![0; good.len()]),
            good[1..=curve.coordinate_length()].to_vec(),
        ] {
            assert!(!verdict(curve, &other, &digest, &signature), "{other:02x?}");
        }
        for other in CURVES.into_iter().filter(|other| *other != curve) {
            let digest = vec![7; other.coordinate_length()];
            assert!(!verdict(other, good, &digest, &signature));
        }
    }
    Ok(())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).expect("short");
    [&[0x30, length], &content[..]].concat()
}

/// As it is, but for the sign.
fn integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    let length = u8::try_from(sign.len() + number.len()).expect("short");
    [&[2, length], sign, number].concat()
}

fn shortest(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn damage_is_judged_the_same(
        curve in prop::sample::select(&CURVES),
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
        damages_point in any::<bool>(),
    ) {
        let digest = vec![7; curve.coordinate_length()];
        let key = Backend::AwsLc.ecdsa_key(curve).expect("a key");
        let mut point = compressed(curve, key.public_point());
        let mut signature = der(curve, &key.sign(&digest).expect("a signature"));
        let damaged = if damages_point { &mut point } else { &mut signature };
        let place = place.index(damaged.len());
        damaged[place] ^= change;
        prop_assert!(!verdict(curve, &point, &digest, &signature));
    }

    #[test]
    fn any_x_is_judged_the_same(
        x in any::<[u8; 32]>(),
        sign in 2_u8..4,
    ) {
        let key = Backend::AwsLc.ecdsa_key(Curve::P256).expect("a key");
        let signature = der(Curve::P256, &key.sign(&[7; 32]).expect("a signature"));
        prop_assert!(!verdict(Curve::P256, &[&[sign], &x[..]].concat(), &[7; 32], &signature));
    }
}
