//! Signatures, and the keys that verify them.

use std::io::Read as _;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, blocking};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsOpenApi,
    instance::{self, MessageType},
    openapi::{self, AsymmetricSign, AsymmetricVerify, ListKeyVersions},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Service, call,
    ends::{self, End},
};
use crate::{
    alibaba_kms::Gateway,
    args::{GetPublicKey, Sign, Signed, Verify},
    failure::{Code, Failure},
};

pub(super) fn sign(service: &Service, arguments: &Sign) -> Result<(), Failure> {
    let Signed { key, algorithm, key_version, .. } = &arguments.signed;
    let end = End::of_results(&arguments.results)?;
    let gateway = service.gateway()?;
    let digest = digest(&arguments.signed)?;
    let (signature, facts) = match gateway {
        Gateway::Instance(kms) => {
            let mut sign = instance::Sign::new(key, algorithm, MessageType::Digest, digest);
            if let Some(version) = key_version {
                sign = sign.on_key_version(version);
            }
            let answer = blocking::wait(kms.call(sign))?;
            let facts = facts!(answer);
            (answer.signature, facts)
        }
        Gateway::OpenApi(kms) => {
            let version = version(&kms, key, key_version.as_deref())?;
            let answer = call(&kms, AsymmetricSign::new(key, version, algorithm, digest))?;
            let facts = facts!(answer);
            (answer.signature, facts)
        }
    };
    end.write_line("signature", &BASE64.encode(signature), service.format, facts)
}

pub(super) fn verify(service: &Service, arguments: &Verify) -> Result<(), Failure> {
    let Signed { key, algorithm, key_version, .. } = &arguments.signed;
    let gateway = service.gateway()?;
    let signature = ends::read_base64(Some(&arguments.signature))?;
    let digest = digest(&arguments.signed)?;
    let (is_valid, mut facts) = match gateway {
        Gateway::Instance(kms) => {
            let kind = MessageType::Digest;
            let mut verify = instance::Verify::new(key, algorithm, kind, digest, signature);
            if let Some(version) = key_version {
                verify = verify.on_key_version(version);
            }
            let answer = blocking::wait(kms.call(verify))?;
            (answer.is_valid, facts!(answer))
        }
        Gateway::OpenApi(kms) => {
            let version = version(&kms, key, key_version.as_deref())?;
            let verify = AsymmetricVerify::new(key, version, algorithm, digest, signature);
            let answer = call(&kms, verify)?;
            (answer.is_valid, facts!(answer))
        }
    };
    facts["valid"] = json!(is_valid);
    if !is_valid {
        service.format.tell(&facts)?;
        return Err(Failure::new(Code::Integrity, format!("{key} did not make this signature")));
    }
    service.print("the signature is good", &facts)
}

pub(super) fn get_public_key(service: &Service, arguments: &GetPublicKey) -> Result<(), Failure> {
    let GetPublicKey { key, key_version, results } = arguments;
    let end = End::of_results(results)?;
    let (pem, facts) = match service.gateway()? {
        Gateway::Instance(kms) => {
            let mut get = instance::GetPublicKey::new(key);
            if let Some(version) = key_version {
                get = get.on_key_version(version);
            }
            let answer = blocking::wait(kms.call(get))?;
            let facts = facts!(answer);
            (answer.public_key, facts)
        }
        Gateway::OpenApi(kms) => {
            let version = version(&kms, key, key_version.as_deref())?;
            let answer = call(&kms, openapi::GetPublicKey::new(key).key_version_id(version))?;
            let facts = facts!(answer);
            (answer.public_key, facts)
        }
    };
    end.write_line("public_key", &pem, service.format, facts)
}

/// The hash of what is signed, so that it may be of any length, and stays here.
fn digest(signed: &Signed) -> Result<Vec<u8>, Failure> {
    let file = signed.file.as_deref();
    if signed.digest {
        return Ok(ends::read(file)?.expose().to_vec());
    }
    if !signed.algorithm.ends_with("SHA_256") {
        let algorithm = &signed.algorithm;
        return Err(Failure::usage(format!("{algorithm} does not hash with SHA-256"))
            .hint("hash it with what the algorithm takes, and give that with --digest"));
    }
    let mut input = ends::input(file)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece).map_err(Error::from)? {
            0 => return Ok(hash.finalize().to_vec()),
            length => hash.update(&piece[..length]),
        }
    }
}

/// The version that was named, or the only one that there is.
pub(in crate::command) fn version(
    kms: &AlibabaKmsOpenApi,
    key: &str,
    named: Option<&str>,
) -> Result<String, Failure> {
    if let Some(version) = named {
        return Ok(version.to_owned());
    }
    let page = call(kms, ListKeyVersions::new(key).page_number(1).page_size(100))?;
    match &page.items[..] {
        [only] if page.total_count <= 1 => Ok(only.key_version_id.clone()),
        all => {
            let ids: Vec<_> = all.iter().map(|version| version.key_version_id.as_str()).collect();
            let count = page.total_count;
            Err(Failure::usage(format!("{key} has {count} versions: {}", ids.join(", ")))
                .hint("say with --key-version which one"))
        }
    }
}

/// In bytes.
const PIECE: usize = 64 << 10;
