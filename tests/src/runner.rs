//! Runs vectors through every adapter.

use crypto_envelope::{Decryptor, EncryptionContext, Limits, Outline};

mod aws_kms;

use crate::{
    adapter::Adapter,
    aws_kms::Kms,
    vectors::{Expect, Faults, Manifest, Result, Rule, Vector, is_refusal},
};

/// What became of a vector that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything is as it has to be.
    Passed,
    /// It needs something that is not there yet.
    NotYet,
}

/// Runs one vector. `Err` says what is wrong.
///
/// # Errors
///
/// The first mismatch, or what is wrong with the vector.
pub fn run(manifest: &Manifest, vector: &Vector) -> Result<Outcome> {
    if vector.expect(Faults::Refused)? == Expect::Parse {
        // No key is known for these: the form, and the signature if there is one.
        Outline::of(&manifest.message(vector)?, &Limits::default())?;
        return Ok(Outcome::Passed);
    }
    if !vector.is_raw() && !vector.is_kms() {
        return Ok(Outcome::NotYet);
    }
    let by_kms = !vector.encrypt_calls().is_empty();
    let kms = by_kms.then(Kms::with_vector_keys).transpose()?;
    let decryptor = manifest.decryptor(vector, kms.as_ref(), Faults::Refused)?;
    let message = manifest.message(vector)?;
    agree_on_outline(vector, &message)?;
    for adapter in Adapter::ALL {
        open(manifest, vector, adapter, &decryptor, &message, Faults::Refused)
            .map_err(|error| format!("{adapter:?}: {error}"))?;
        if let Some(kms) = &kms {
            aws_kms::opened_as_recorded(vector, kms)?;
        }
    }
    if let Some(kms) = &kms {
        aws_kms::writes_as_recorded(manifest, vector, kms)?;
    }
    match vector.rule()? {
        None => {}
        Some(Rule::TruncateAll) => {
            for adapter in Adapter::ALL {
                refuse_prefixes(adapter, &decryptor, &message)?;
            }
        }
        Some(Rule::FlipAllBits) => {
            // Byte by byte would take long and tell nothing new.
            for adapter in Adapter::ALL.into_iter().filter(|adapter| *adapter != Adapter::Engine(1))
            {
                refuse_flips(adapter, &decryptor, &message)?;
            }
        }
    }
    if vector.is_faulty() {
        let decryptor = manifest.decryptor(vector, kms.as_ref(), Faults::Read)?;
        for adapter in Adapter::ALL {
            open(manifest, vector, adapter, &decryptor, &message, Faults::Read)
                .map_err(|error| format!("{adapter:?}, with faults: {error}"))?;
        }
    }
    Ok(Outcome::Passed)
}

/// What opens has an outline.
fn agree_on_outline(vector: &Vector, message: &[u8]) -> Result<()> {
    if vector.expect(Faults::Refused)? == Expect::Open {
        Outline::of(message, &Limits::default())?;
    }
    Ok(())
}

/// Opens, and compares with what is expected.
fn open(
    manifest: &Manifest,
    vector: &Vector,
    adapter: Adapter,
    decryptor: &Decryptor,
    message: &[u8],
    faults: Faults,
) -> Result<()> {
    let expected = vector.reproduced_context()?;
    match (vector.expect(faults)?, adapter.open(decryptor, message, &expected)) {
        (Expect::Open | Expect::Either, Ok((plaintext, context))) => {
            if plaintext != manifest.plaintext(vector)? {
                return Err("another plaintext".into());
            }
            if !context.contains_all(&vector.context()?) {
                return Err(format!("another context: {context:?}").into());
            }
            Ok(())
        }
        (Expect::Refuse, Ok(_)) if overlooked(adapter, decryptor, message, &expected) => Ok(()),
        (Expect::Refuse, Ok(_)) => Err("it opened".into()),
        (Expect::Refuse | Expect::Either, Err(error)) if is_refusal(&error) => Ok(()),
        (_, Err(error)) => Err(error.into()),
        (Expect::Parse, Ok(_)) => Err("not to be opened with a key".into()),
    }
}

fn refuse_prefixes(adapter: Adapter, decryptor: &Decryptor, message: &[u8]) -> Result<()> {
    (0..message.len()).try_for_each(|length| {
        refuse(adapter, decryptor, &message[..length])
            .map_err(|error| format!("{adapter:?}, cut to {length}: {error}").into())
    })
}

fn refuse_flips(adapter: Adapter, decryptor: &Decryptor, message: &[u8]) -> Result<()> {
    let nothing = EncryptionContext::new();
    let mut changed = message.to_vec();
    (0..message.len() * 8).try_for_each(|bit| {
        changed[bit / 8] ^= 1 << (bit % 8);
        let refused = match adapter.open(decryptor, &changed, &nothing) {
            Ok((found, _)) if overlooked(adapter, decryptor, &changed, &nothing) => {
                let genuine = Adapter::OneShot.open(decryptor, message, &nothing);
                let is_genuine = genuine.is_ok_and(|(genuine, _)| found == genuine);
                if is_genuine { Ok(()) } else { Err("another plaintext".into()) }
            }
            opened => check_refused(opened.map(drop)),
        };
        changed[bit / 8] ^= 1 << (bit % 8);
        refused.map_err(|error| format!("{adapter:?}, bit {bit} flipped: {error}").into())
    })
}

/// Whether the message is refused for its signature alone, which ranges do not see.
fn overlooked(
    adapter: Adapter,
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> bool {
    let whole = Adapter::OneShot.open(decryptor, message, expected);
    whole.is_err_and(|error| adapter.overlooks(&error))
}

fn refuse(adapter: Adapter, decryptor: &Decryptor, message: &[u8]) -> Result<()> {
    check_refused(adapter.open(decryptor, message, &EncryptionContext::new()).map(drop))
}

fn check_refused(opened: crypto_envelope::Result<()>) -> Result<()> {
    match opened {
        Ok(()) => Err("it opened".into()),
        Err(error) if is_refusal(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
