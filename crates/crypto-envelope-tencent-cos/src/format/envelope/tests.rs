//! What is said of the encryption of objects, and what is not.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::blocking;

use super::*;
use crate::{CosAesProvider, CosAesWrapping};

const KEY: &str = "client-side-encryption-key";
const IV: &str = "client-side-encryption-iv";
const START: &str = "client-side-encryption-start";

fn text(length: usize) -> String {
    BASE64.encode(vec![7; length])
}

fn parse(pairs: &[(&str, &str)]) -> Result<Option<CosEnvelope>> {
    CosEnvelope::of_metadata(pairs.iter().copied())
}

#[track_caller]
fn wrong(pairs: &[(&str, &str)]) -> CosObjectError {
    let error = parse(pairs).expect_err("it is refused");
    CosObjectError::find_in(&error).expect("about the object").clone()
}

/// One of each family, complete.
fn families() -> [Vec<(&'static str, String)>; 3] {
    let ctr = "AES/CTR/NoPadding".to_owned();
    [
        vec![(KEY, text(32)), (IV, text(16))],
        vec![
            (KEY, text(40)),
            (START, text(24)),
            ("client-side-encryption-cek-alg", ctr.clone()),
            ("client-side-encryption-wrap-alg", "AESWrap".to_owned()),
        ],
        vec![
            ("x-cos-key-v2", text(40)),
            ("x-cos-iv", text(16)),
            ("x-cos-cek-alg", ctr),
            ("x-cos-wrap-alg", "AESWrap".to_owned()),
        ],
    ]
}

fn borrowed<'p>(pairs: &'p [(&'static str, String)]) -> Vec<(&'static str, &'p str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn each_family_is_known_and_no_part_of_another_may_be_with_it() {
    let families = families();
    for (place, family) in families.iter().enumerate() {
        assert!(matches!(parse(&borrowed(family)), Ok(Some(_))), "{family:?}");
        for (_, other) in families.iter().enumerate().filter(|(other, _)| *other != place) {
            for pair in other.iter().filter(|(name, _)| *name != KEY) {
                let mut both = borrowed(family);
                both.push((pair.0, &pair.1));
                let found = wrong(&both);
                assert!(matches!(found, CosObjectError::Mixed { .. }), "{both:?}: {found:?}");
            }
        }
    }
}

#[test]
fn nothing_may_be_missing() {
    for family in families() {
        for left_out in 0..family.len() {
            // These two may be, as very old objects have neither.
            if family[left_out].0.starts_with("x-cos-") && left_out >= 2 {
                continue;
            }
            let mut pairs = borrowed(&family);
            let name = pairs.remove(left_out).0;
            let found = parse(&pairs);
            assert!(found.is_err(), "without {name}: {found:?}");
        }
    }
    assert!(matches!(parse(&[]), Ok(None)));
    let of_others = [("owner", "me"), ("client-side-encryption-data-size", "7")];
    assert!(matches!(parse(&of_others), Ok(None)));
}

#[test]
fn lengths_and_algorithms_are_those_that_there_are() {
    for (key, iv) in [(31, 16), (32, 15), (16, 16), (32, 0), (127, 127), (128, 256), (0, 0)] {
        let (key, iv) = (text(key), text(iv));
        let found = wrong(&[(KEY, &key), (IV, &iv)]);
        assert!(matches!(found, CosObjectError::Malformed { .. }), "{found:?}");
    }
    let (key, iv, short, modulus) = (text(32), text(16), text(15), text(256));
    for bad in ["!", "AAA", "AA=A"] {
        assert!(matches!(wrong(&[(KEY, bad), (IV, &iv)]), CosObjectError::Malformed { .. }));
    }
    let master_iv = "client-side-encryption-master-iv";
    assert!(parse(&[(KEY, &key), (IV, &iv), (master_iv, &iv)]).is_ok());
    let found = wrong(&[(KEY, &key), (IV, &iv), (master_iv, &short)]);
    assert!(matches!(found, CosObjectError::Malformed { .. }));
    let found = wrong(&[(KEY, &modulus), (IV, &modulus), (master_iv, &iv)]);
    assert!(matches!(found, CosObjectError::Mixed { .. }));
    let [_, java, old] = families();
    for family in [java, old] {
        for place in [2, 3] {
            let mut pairs = borrowed(&family);
            pairs[place].1 = "AES/CTR";
            assert!(matches!(wrong(&pairs), CosObjectError::Unknown { .. }));
        }
    }
}

#[test]
fn names_are_taken_in_any_case() -> Result<()> {
    let [python, ..] = families();
    let pairs: Vec<_> = python.iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let envelope = CosEnvelope::of_metadata(pairs)?.expect("it is encrypted");
    assert_eq!(envelope.format(), CosFormat::UnauthenticatedPythonAes);
    Ok(())
}

#[test]
fn an_iv_in_clear_is_another_carrier() -> Result<()> {
    let [_, mut java, _] = families();
    java[1].1 = text(16);
    let envelope = parse(&borrowed(&java))?.expect("it is encrypted");
    assert_eq!(envelope.carrier(), CosCarrier::AndroidMetadata);
    // It is not written so.
    assert!(envelope.metadata().is_err());
    Ok(())
}

#[test]
fn instruction_files_are_small_objects_of_texts() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(instruction::LONGEST));
    for body in ["", "[]", "{", "{\"x-cos-iv\":7}", "{}", "null", &long] {
        assert!(CosEnvelope::of_instruction_file(body.as_bytes()).is_err(), "{body:.40}");
    }
    let text = format!("{{\"x-cos-key-v2\":\"{}\",\"x-cos-iv\":\"{}\"}}", text(48), text(16));
    let old = CosEnvelope::of_instruction_file(text.as_bytes()).expect("it is whole");
    assert_eq!(old.format(), CosFormat::UnauthenticatedJavaCbc);
    assert_eq!(old.carrier(), CosCarrier::InstructionFile);
}

#[test]
fn a_provider_of_another_way_of_wrapping_is_refused() -> Result<()> {
    let fixed = CosAesWrapping::DangerPythonFixedKeystream;
    for (format, wrapping) in [
        (CosFormat::UnauthenticatedPythonAes, CosAesWrapping::PythonMasterIv),
        (CosFormat::UnauthenticatedPythonAes, CosAesWrapping::JavaKeyWrap),
        (CosFormat::UnauthenticatedPythonAesMasterIv, fixed),
        (CosFormat::UnauthenticatedPythonRsa, CosAesWrapping::JavaKeyWrap),
        (CosFormat::UnauthenticatedJavaCtr, fixed),
        // An IV of 12 bytes cannot be wrapped so.
        (CosFormat::JavaGcm, CosAesWrapping::JavaKeyWrap),
        (CosFormat::UnauthenticatedJavaCbc, CosAesWrapping::JavaKeyWrap),
        (CosFormat::Message, CosAesWrapping::JavaKeyWrap),
    ] {
        let provider = CosAesProvider::new(&vec![7; 32].into(), wrapping)?;
        let refused = blocking::wait(CosEnvelope::generate(format, &provider, None));
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{format} {wrapping:?}");
    }
    Ok(())
}

#[test]
fn what_is_said_of_the_master_key_is_an_object_of_texts() -> Result<()> {
    let provider = CosAesProvider::new(&vec![7; 32].into(), CosAesWrapping::JavaKeyWrap)?;
    let format = CosFormat::UnauthenticatedJavaCtr;
    for text in ["", "7", "[]", "{\"a\":7}", "{\"a\":\"b\""] {
        let refused = blocking::wait(CosEnvelope::generate(format, &provider, Some(text)));
        assert!(refused.is_err(), "{text}");
    }
    let text = "{\"a\":\"b\"}";
    let (envelope, _) = blocking::wait(CosEnvelope::generate(format, &provider, Some(text)))?;
    assert_eq!(envelope.material_description(), Some(text));
    Ok(())
}
