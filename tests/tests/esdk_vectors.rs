//! The official vectors, through every adapter.

use std::collections::BTreeMap;

use crypto_envelope::{Decryptor, EncryptionContext, SecretBytes};
use crypto_envelope_testkit::insecure::FixedDataKey;
use crypto_envelope_tests::{
    adapter::Adapter,
    vectors::{CommitmentVector, Expect, Manifest, Result, Rule, Vector, is_refusal},
};

/// Opens, and compares with what is expected. `Err` says what is wrong.
fn run(manifest: &Manifest, vector: &Vector, adapter: Adapter) -> Result<()> {
    let decryptor = manifest.decryptor(vector)?;
    let message = manifest.message(vector)?;
    let expected = vector.reproduced_context();
    match (vector.expect()?, adapter.open(&decryptor, &message, &expected)) {
        (Expect::Open | Expect::Either, Ok((plaintext, context))) => {
            if plaintext != manifest.plaintext(vector)? {
                return Err("another plaintext".into());
            }
            if !context.contains_all(&vector.context()) {
                return Err(format!("another context: {context:?}").into());
            }
            Ok(())
        }
        (Expect::Refuse, Ok(_)) => Err("it opened".into()),
        (Expect::Refuse | Expect::Either, Err(error)) if is_refusal(&error) => Ok(()),
        (_, Err(error)) => Err(error.into()),
        _ => Err("not to be opened with a key".into()),
    }
}

#[test]
fn raw_vectors() -> Result<()> {
    let manifest = Manifest::official()?;
    let (covered, not_yet): (Vec<_>, Vec<_>) = manifest.tests.iter().partition(|v| v.is_raw());
    let mut wrong = Vec::new();
    for vector in &covered {
        for adapter in Adapter::ALL {
            if let Err(error) = run(&manifest, vector, adapter) {
                wrong.push(format!("{} {} {adapter:?}: {error}", vector.id(), vector.note()));
            }
        }
    }
    let mut later = BTreeMap::new();
    for vector in not_yet {
        *later.entry(vector.category()).or_insert(0) += 1;
    }
    assert_eq!((covered.len(), manifest.tests.len()), (692, 953), "not yet: {later:?}");
    assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[test]
fn every_prefix_is_refused() -> Result<()> {
    let manifest = Manifest::official()?;
    let mut messages = 0;
    for vector in rule_vectors(&manifest, Rule::TruncateAll) {
        let decryptor = manifest.decryptor(vector)?;
        let message = manifest.message(vector)?;
        let nothing = EncryptionContext::new();
        for adapter in Adapter::ALL {
            for length in 0..message.len() {
                let opened = adapter.open(&decryptor, &message[..length], &nothing);
                assert!(
                    opened.as_ref().is_err_and(is_refusal),
                    "{} at {length}: {adapter:?}: {opened:?}",
                    vector.id()
                );
            }
        }
        messages += 1;
    }
    assert_eq!(messages, 4);
    Ok(())
}

#[test]
fn every_flipped_bit_is_refused() -> Result<()> {
    let manifest = Manifest::official()?;
    let mut messages = 0;
    for vector in rule_vectors(&manifest, Rule::FlipAllBits) {
        let decryptor = manifest.decryptor(vector)?;
        let mut message = manifest.message(vector)?;
        let nothing = EncryptionContext::new();
        for adapter in [Adapter::OneShot, Adapter::Engine(61), Adapter::Stream(13), Adapter::Pump] {
            for bit in 0..message.len() * 8 {
                message[bit / 8] ^= 1 << (bit % 8);
                let opened = adapter.open(&decryptor, &message, &nothing);
                assert!(
                    opened.as_ref().is_err_and(is_refusal),
                    "{} bit {bit}: {adapter:?}: {opened:?}",
                    vector.id()
                );
                message[bit / 8] ^= 1 << (bit % 8);
            }
        }
        messages += 1;
    }
    assert_eq!(messages, 4);
    Ok(())
}

/// The header ends where the vector says, the message id is its, and nothing is left over behind
/// the frames and the footer that it lists.
fn check_parts(vector: &CommitmentVector, decryptor: &Decryptor, message: &[u8]) -> Result<()> {
    let mut reader = decryptor.header_parser();
    let used = reader.push(message)?;
    let header = reader.finish()?;
    assert_eq!(message[..used], vector.bytes("header")?, "{}", vector.comment());
    assert_eq!(header.claims().message_id().as_ref(), vector.bytes("message-id")?);
    if let Some(frames) = vector.frames()? {
        let footer = vector.bytes("footer").unwrap_or_default();
        assert_eq!(message[used..], [frames, footer].concat(), "{}", vector.comment());
    }
    Ok(())
}

fn rule_vectors(manifest: &Manifest, rule: Rule) -> impl Iterator<Item = &Vector> {
    manifest.tests.iter().filter(|v| v.is_raw()).filter(move |v| v.rule() == Some(rule))
}

#[test]
fn commitment_vectors() -> Result<()> {
    let vectors = CommitmentVector::all()?;
    assert_eq!(vectors.len(), 46);
    for vector in &vectors {
        let data_key = SecretBytes::from(vector.bytes("decrypted-dek")?);
        let decryptor = Decryptor::new(FixedDataKey::new(data_key));
        let message = vector.bytes("ciphertext")?;
        check_parts(vector, &decryptor, &message)?;
        for adapter in Adapter::ALL {
            match adapter.open(&decryptor, &message, &vector.context()) {
                Ok((plaintext, context)) => {
                    assert!(vector.must_open(), "{} opened: {adapter:?}", vector.comment());
                    assert_eq!(plaintext, vector.plaintext(), "{}", vector.comment());
                    assert_eq!(context, vector.context(), "{}", vector.comment());
                }
                Err(error) => {
                    assert!(!vector.must_open(), "{}: {adapter:?}: {error}", vector.comment());
                }
            }
        }
    }
    Ok(())
}
