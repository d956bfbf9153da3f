//! What the SDK for Java writes.

use std::{path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{SecretBytes, blocking, provider::KeyProvider};
use crypto_envelope_tencent_cos::{
    CosAesWrapping, CosCarrier, CosEnvelope, CosFormat, CosKmsProvider, CosRsaProvider,
    CosRsaWrapping,
    wire::{Opened, Sealed},
};

use super::{keys, material, python::without_prefix};
use crate::{
    runner::Outcome,
    vector_files::case::{Case, same},
    vectors::Result,
};

pub(super) fn check(directory: &Path, case: &Case) -> Result<Outcome> {
    if case.has("put_error") {
        return cannot_be_written(case);
    }
    let envelope = envelope(case)?;
    let (format, carrier) = claims(case)?;
    same("the format", format.name(), envelope.format().name())?;
    same("the carrier", carrier.name(), envelope.carrier().name())?;
    let record = case.case("plaintext")?;
    let plaintext = material::stream(record.text("seed")?, record.number("len")?);
    material::check(&record, "the plaintext itself", &plaintext)?;
    let stored = BASE64.decode(case.text("ciphertext_base64")?)?;
    let is_default_rsa = case.text("wrap_as_measured")? == "oaep-sha256/mgf1-sha1";
    let provider = provider(directory, case)?;
    let opened = blocking::wait(Opened::new(&envelope, &*provider));
    if is_default_rsa && !keys::HAS_ALL_RSA {
        return match opened {
            Err(error) if error.to_string().contains("`rustcrypto-rsa`") => Ok(Outcome::Passed),
            other => Err(format!("the feature is not named: {other:?}").into()),
        };
    }
    let opened = opened?;
    for piece in [1, 15, 16, 17, 4096] {
        if opened.body(&stored, piece)? != plaintext {
            return Err(format!("another plaintext, in pieces of {piece}").into());
        }
    }
    refuses_damage(&opened, format, &stored)?;
    refuses_others(&envelope)?;
    Ok(Outcome::Passed)
}

/// AES Key Wrap takes whole blocks, and the IV of GCM is none: neither the SDK writes it, nor do we.
fn cannot_be_written(case: &Case) -> Result<Outcome> {
    if !case.text("id")?.starts_with("java-aes-gcm-") || !case.text("put_error")?.contains("IV") {
        return Err("another error of the SDK".into());
    }
    let provider = keys::aes(&BASE64.encode([7; 32]), CosAesWrapping::JavaKeyWrap)?;
    let secret = SecretBytes::from(vec![7; 44]);
    match blocking::wait(Sealed::new(CosFormat::JavaGcm, &provider, &secret)) {
        Err(error) if error.to_string().contains("AES Key Wrap") => Ok(Outcome::Passed),
        other => Err(format!("we write it: {other:?}").into()),
    }
}

fn envelope(case: &Case) -> Result<CosEnvelope> {
    let metadata = case.texts("metadata")?;
    let names = metadata.iter().map(|(name, value)| Ok((without_prefix(name)?, *value)));
    let found = CosEnvelope::of_metadata(names.collect::<Result<Vec<_>>>()?)?;
    match (found, case.text("storage")?) {
        (Some(envelope), "meta") => Ok(envelope),
        (None, "instr") => {
            Ok(CosEnvelope::of_instruction_file(case.text("instruction_body")?.as_bytes())?)
        }
        (found, storage) => Err(format!("metadata of {storage:?}: {found:?}").into()),
    }
}

fn claims(case: &Case) -> Result<(CosFormat, CosCarrier)> {
    let format = match case.text("content_mode")? {
        "ctr" => CosFormat::UnauthenticatedJavaCtr,
        "gcm" => CosFormat::JavaGcm,
        "cbc" => CosFormat::UnauthenticatedJavaCbc,
        other => return Err(format!("the mode {other:?}").into()),
    };
    let carrier = match case.text("storage")? {
        "meta" => CosCarrier::Metadata,
        _ => CosCarrier::InstructionFile,
    };
    Ok((format, carrier))
}

fn provider(directory: &Path, case: &Case) -> Result<Box<dyn KeyProvider>> {
    Ok(match case.text("materials")? {
        "aes" => Box::new(keys::aes(case.text("master_key_base64")?, CosAesWrapping::JavaKeyWrap)?),
        "rsa" => {
            let key = keys::rsa(directory, case.text("rsa_key")?)?;
            Box::new(CosRsaProvider::new(&key, CosRsaWrapping::JavaOaepSha256)?)
        }
        "kms" => Box::new(CosKmsProvider::new(Arc::new(keys::VectorKms))),
        other => return Err(format!("the materials {other:?}").into()),
    })
}

/// A changed bit and a cut end, where there is an authentication or a form that shows them.
fn refuses_damage(opened: &Opened, format: CosFormat, stored: &[u8]) -> Result<()> {
    if format == CosFormat::UnauthenticatedJavaCtr {
        return Ok(());
    }
    for length in 0..stored.len() {
        let is_refused = opened.body(&stored[..length], 16).is_err();
        let may_look_whole = format == CosFormat::UnauthenticatedJavaCbc && length % 16 == 0;
        if !is_refused && !may_look_whole {
            return Err(format!("cut to {length} bytes it opened").into());
        }
    }
    if format == CosFormat::JavaGcm {
        let mut changed = stored.to_vec();
        for place in [0, stored.len() / 2, stored.len() - 1] {
            changed[place] ^= 1;
            if opened.body(&changed, 16).is_ok() {
                return Err(format!("changed at {place} it opened").into());
            }
            changed[place] ^= 1;
        }
    }
    Ok(())
}

/// Another key of the same kind does not unwrap it: every wrapping of Java shows that.
fn refuses_others(envelope: &CosEnvelope) -> Result<()> {
    let other = keys::aes(&BASE64.encode([0; 32]), CosAesWrapping::JavaKeyWrap)?;
    match blocking::wait(Opened::new(envelope, &other)) {
        Ok(_) => Err("another key opened it".into()),
        Err(_) => Ok(()),
    }
}
