//! What the SDK for Python writes.

use std::path::Path;

use crypto_envelope::{SecretBytes, blocking, provider::KeyProvider};
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosEnvelope, CosFormat, CosRsaProvider, CosRsaWrapping,
    wire::{Opened, Sealed},
};

use super::{keys, material};
use crate::{
    runner::Outcome,
    vector_files::case::{Case, same},
    vectors::Result,
};

pub(super) fn check_aes(_: &Path, case: &Case) -> Result<Outcome> {
    let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
    let provider = keys::aes(case.text("master_key_base64")?, wrapping)?;
    let format = CosFormat::UnauthenticatedPythonAes;
    writes(case, format, &provider)?;
    reads(case, format, &provider)?;
    Ok(Outcome::Passed)
}

pub(super) fn check_master_iv(_: &Path, case: &Case) -> Result<Outcome> {
    let provider = keys::aes(case.text("master_key_base64")?, CosAesWrapping::PythonMasterIv)?;
    reads(case, CosFormat::UnauthenticatedPythonAesMasterIv, &provider)?;
    Ok(Outcome::Passed)
}

pub(super) fn check_rsa(directory: &Path, case: &Case) -> Result<Outcome> {
    let key = keys::rsa(directory, case.text("rsa_key")?)?;
    let wrapping = match case.text("rsa_padding")? {
        "oaep-sha1" => CosRsaWrapping::PythonOaepSha1,
        "pkcs1v15" => CosRsaWrapping::DangerPythonPkcs1V15,
        other => return Err(format!("the padding {other:?}").into()),
    };
    let provider = CosRsaProvider::new(&key, wrapping);
    if case.text("rsa_key")? == "rsa1024" && !keys::HAS_ALL_RSA {
        keys::names_feature(provider)?;
        return Ok(Outcome::Passed);
    }
    let provider = provider?;
    let format = CosFormat::UnauthenticatedPythonRsa;
    reads(case, format, &provider)?;
    // Either padding by a provider that takes both, and PKCS#1 v1.5 by no other.
    let strict = CosRsaProvider::new(&key, CosRsaWrapping::PythonOaepSha1)?;
    let by_strict = reads(case, format, &strict);
    if by_strict.is_ok() == (wrapping == CosRsaWrapping::DangerPythonPkcs1V15) {
        return Err(format!("without PKCS#1 v1.5: {by_strict:?}").into());
    }
    reads(case, format, &strict.danger_accept_pkcs1_v15())?;
    writes_readably(case, format, &provider)?;
    Ok(Outcome::Passed)
}

/// One object in parts, each by itself and in another order.
pub(super) fn check_parts(directory: &Path, case: &Case) -> Result<Outcome> {
    let (aes, rsa);
    let (provider, format): (&dyn KeyProvider, _) = match case.text("provider")? {
        "aes" => {
            let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
            aes = keys::aes(case.text("master_key_base64")?, wrapping)?;
            (&aes, CosFormat::UnauthenticatedPythonAes)
        }
        "rsa-oaep-sha1" => {
            let key = keys::rsa(directory, case.text("rsa_key")?)?;
            rsa = CosRsaProvider::new(&key, CosRsaWrapping::PythonOaepSha1)?;
            (&rsa, CosFormat::UnauthenticatedPythonRsa)
        }
        other => return Err(format!("the provider {other:?}").into()),
    };
    let plaintext = material::bytes(&case.case("plaintext")?)?;
    let sealed = blocking::wait(Sealed::new(format, provider, &secret(case)?))?;
    let opened = open(case, "metadata_on_initiate", format, provider)?;
    let (mut object, mut end) = (vec![0; plaintext.len()], plaintext.len());
    for part in case.cases("parts")?.iter().rev() {
        let start = end - part.number::<usize>("size")?;
        let stored = sealed.part(start as u64, &plaintext[start..end])?.ok_or("no parts")?;
        material::check_hash(part, "ciphertext_sha256", "the part", &stored)?;
        let back = opened.range(start as u64, &stored)?.ok_or("no ranges")?;
        material::check_hash(part, "plaintext_sha256", "the plaintext of the part", &back)?;
        object[start..end].copy_from_slice(&stored);
        end = start;
    }
    material::check_hash(case, "object_ciphertext_sha256", "the object", &object)?;
    Ok(Outcome::Passed)
}

pub(super) fn check_range(_: &Path, case: &Case) -> Result<Outcome> {
    let name = case.text("object")?;
    let objects = case.beside().cases("objects")?;
    let object = objects.iter().find(|object| object.text("id").is_ok_and(|id| id == name));
    let object = object.ok_or_else(|| format!("no object {name:?}"))?;
    let format = CosFormat::UnauthenticatedPythonAes;
    let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
    let provider = keys::aes(object.text("master_key_base64")?, wrapping)?;
    let plaintext = material::bytes(&object.case("plaintext")?)?;
    let stored = blocking::wait(Sealed::new(format, &provider, &secret(object)?))?;
    let stored = stored.body(&plaintext)?;
    material::check_hash(object, "ciphertext_sha256", "the object", &stored)?;
    let (first, last) = case
        .text("requested_range")?
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .ok_or("the range")?;
    let first: usize = first.parse()?;
    let end = if last.is_empty() { stored.len() } else { last.parse::<usize>()? + 1 };
    let end = end.min(stored.len());
    let opened = open(object, "metadata", format, &provider)?;
    let found = opened.range(first as u64, &stored[first..end])?.ok_or("no ranges")?;
    if case.has("plaintext") {
        material::check(&case.case("plaintext")?, "the range", &found)?;
    }
    if found != plaintext[first..end] {
        return Err("the range is another one".into());
    }
    Ok(Outcome::Passed)
}

/// What the SDK takes and has no authentication we read as it does; what is malformed we refuse, also where
/// it does not.
pub(super) fn check_damage(_: &Path, case: &Case) -> Result<Outcome> {
    let file = case.beside();
    let id = case.text("id")?;
    let key = if id == "wrong-aes-key" { "wrong_master_key_base64" } else { "master_key_base64" };
    let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
    let provider = keys::aes(file.text(key)?, wrapping)?;
    let stored = material::bytes(&case.case("ciphertext")?)?;
    let found = open(case, "metadata", CosFormat::UnauthenticatedPythonAes, &provider)
        .and_then(|opened| Ok(opened.body(&stored, 7)?));
    let silent = ["ok", "wrong-aes-key", "bitflip-ciphertext", "truncated-ciphertext"];
    match found {
        Ok(found) if silent.contains(&id) => {
            material::check(&case.case("official_sdk.plaintext")?, "what the SDK reads", &found)?;
        }
        Ok(_) => return Err("it opened".into()),
        Err(error) if silent.contains(&id) => return Err(error),
        Err(_) => {}
    }
    Ok(Outcome::Passed)
}

/// Metadata and body, byte for byte.
fn writes(case: &Case, format: CosFormat, provider: &CosAesProvider) -> Result<()> {
    let plaintext = material::bytes(&case.case("plaintext")?)?;
    let sealed = blocking::wait(Sealed::new(format, provider, &secret(case)?))?;
    let expected = case.texts("metadata")?;
    same(
        "the number of metadata",
        &expected.len().to_string(),
        &sealed.metadata.len().to_string(),
    )?;
    for (name, value) in &sealed.metadata {
        let full = format!("{PREFIX}{name}");
        let of_case = expected.iter().find(|(found, _)| *found == full);
        same(&full, of_case.ok_or_else(|| format!("{full} is not expected"))?.1, value)?;
    }
    material::check(&case.case("ciphertext")?, "the body", &sealed.body(&plaintext)?)
}

/// What is written anew with the same key: paddings are random.
fn writes_readably(case: &Case, format: CosFormat, provider: &CosRsaProvider) -> Result<()> {
    let plaintext = material::bytes(&case.case("plaintext")?)?;
    let sealed = blocking::wait(Sealed::new(format, provider, &secret(case)?))?;
    let metadata = sealed.metadata.iter().map(|(name, value)| (*name, value.as_str()));
    let envelope = CosEnvelope::of_metadata(metadata)?.ok_or("not encrypted")?;
    let opened = blocking::wait(Opened::new(&envelope, provider))?;
    let stored = sealed.body(&plaintext)?;
    material::check(&case.case("ciphertext")?, "the body", &stored)?;
    if opened.body(&stored, 1000)? != plaintext {
        return Err("what was written is read as something else".into());
    }
    Ok(())
}

fn reads(case: &Case, format: CosFormat, provider: &dyn KeyProvider) -> Result<()> {
    let plaintext = material::bytes(&case.case("plaintext")?)?;
    let opened = open(case, "metadata", format, provider)?;
    // The body of every case is the plaintext under the key stream of its key.
    let stored = opened.range(0, &plaintext)?.ok_or("no ranges")?;
    material::check(&case.case("ciphertext")?, "the body", &stored)?;
    for piece in [1, 15, 16, 17, 4096] {
        if opened.body(&stored, piece)? != plaintext {
            return Err(format!("another plaintext, in pieces of {piece}").into());
        }
    }
    Ok(())
}

fn open(
    case: &Case,
    metadata: &str,
    format: CosFormat,
    provider: &dyn KeyProvider,
) -> Result<Opened> {
    let metadata = case.texts(metadata)?;
    let names = metadata.iter().map(|(name, value)| Ok((without_prefix(name)?, *value)));
    let names = names.collect::<Result<Vec<_>>>()?;
    let envelope = CosEnvelope::of_metadata(names)?.ok_or("it is not encrypted")?;
    same("the format", format.name(), envelope.format().name())?;
    Ok(blocking::wait(Opened::new(&envelope, provider))?)
}

/// The data key and the IV behind it.
fn secret(case: &Case) -> Result<SecretBytes> {
    Ok([case.bytes("data_key_hex")?, case.bytes("data_iv_hex")?].concat().into())
}

pub(super) fn without_prefix(name: &str) -> Result<&str> {
    name.strip_prefix(PREFIX).ok_or_else(|| format!("{name} is no metadata").into())
}

const PREFIX: &str = "x-cos-meta-";
