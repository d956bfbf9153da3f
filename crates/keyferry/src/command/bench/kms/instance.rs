//! Calls of an instance.

use std::sync::Arc;

use crypto_envelope::blocking;
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstance,
    instance::{
        AdvanceDecrypt, AdvanceEncrypt, AdvanceGenerateDataKey, AdvanceGenerateDataKeyPair,
        AdvanceGenerateDataKeyPairWithoutPlaintext, Call, Decrypt, Encrypt, GenerateDataKey,
        GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext, GenerateRandom, GetPublicKey,
        GetSecretValue, MessageType, Sign, Verify,
    },
};

use super::{
    not_there, valid,
    what::{AAD, What, secret},
};
use crate::{args::KmsCase, bench::Calls, failure::Failure};

/// The calls of a case. What they need is made first.
pub(super) fn calls(kms: &AlibabaKmsInstance, what: What<'_>) -> Result<Calls, Failure> {
    let length = what.0.data_size;
    Ok(match what.0.case {
        KmsCase::Encrypt | KmsCase::Decrypt => ciphertexts(kms, what)?,
        KmsCase::AdvanceEncrypt | KmsCase::AdvanceDecrypt => advance_ciphertexts(kms, what)?,
        KmsCase::Sign | KmsCase::Verify => signatures(kms, what)?,
        KmsCase::GenerateDataKey => {
            let (key, algorithm) = (what.key()?, what.0.algorithm.clone());
            repeat(kms, move || {
                let call = GenerateDataKey::new(&key, length).aad(AAD);
                with!(call, algorithm)
            })
        }
        KmsCase::AdvanceGenerateDataKey => {
            let key = what.key()?;
            repeat(kms, move || AdvanceGenerateDataKey::new(&key, length).aad(AAD))
        }
        KmsCase::GenerateDataKeyPair
        | KmsCase::GenerateDataKeyPairWithoutPlaintext
        | KmsCase::AdvanceGenerateDataKeyPair
        | KmsCase::AdvanceGenerateDataKeyPairWithoutPlaintext => pairs(kms, what)?,
        KmsCase::GetPublicKey => {
            let key = what.key()?;
            repeat(kms, move || GetPublicKey::new(&key))
        }
        KmsCase::GenerateRandom => repeat(kms, move || GenerateRandom::new(length)),
        KmsCase::GetSecretValue => {
            let name = what.secret_name()?;
            repeat(kms, move || GetSecretValue::new(&name))
        }
        KmsCase::AsymmetricEncrypt
        | KmsCase::AsymmetricDecrypt
        | KmsCase::ReEncrypt
        | KmsCase::GenerateDataKeyWithoutPlaintext => {
            return Err(not_there(what.0.case, "the gateway of an instance"));
        }
    })
}

fn ciphertexts(kms: &AlibabaKmsInstance, what: What<'_>) -> Result<Calls, Failure> {
    let (key, algorithm, plaintext) = (what.key()?, what.0.algorithm.clone(), what.plaintext());
    // Only symmetric keys take it.
    let aad = algorithm.as_ref().is_none_or(|name| name.starts_with("AES")).then_some(AAD);
    let encrypt = move || {
        let call = Encrypt::new(&key, secret(&plaintext));
        with!(with!(call, algorithm), aad)
    };
    if what.0.case == KmsCase::Encrypt {
        return Ok(repeat(kms, encrypt));
    }
    let made = blocking::wait(kms.call(encrypt()))?;
    let iv = Some(made.iv).filter(|iv| !iv.is_empty());
    let algorithm = made.algorithm.filter(|name| !name.is_empty());
    Ok(repeat(kms, move || {
        let call = Decrypt::new(&made.key_id, &*made.ciphertext_blob);
        with!(with!(with!(call, iv), algorithm), aad)
    }))
}

fn advance_ciphertexts(kms: &AlibabaKmsInstance, what: What<'_>) -> Result<Calls, Failure> {
    let (key, plaintext) = (what.key()?, what.plaintext());
    let encrypt = move || AdvanceEncrypt::new(&key, secret(&plaintext)).aad(AAD);
    if what.0.case == KmsCase::AdvanceEncrypt {
        return Ok(repeat(kms, encrypt));
    }
    let made = blocking::wait(kms.call(encrypt()))?;
    Ok(repeat(kms, move || AdvanceDecrypt::new(&*made.ciphertext_blob).aad(AAD)))
}

fn signatures(kms: &AlibabaKmsInstance, what: What<'_>) -> Result<Calls, Failure> {
    let (key, algorithm, digest) = (what.key()?, what.signature_algorithm(), what.digest());
    let on_key_version = what.0.key_version.clone();
    let (of, kind) = ((key.clone(), algorithm.clone(), digest.clone()), MessageType::Digest);
    let version = on_key_version.clone();
    let sign = move || {
        let on_key_version = &version;
        with!(Sign::new(&of.0, &of.1, kind, &*of.2), on_key_version)
    };
    if what.0.case == KmsCase::Sign {
        return Ok(repeat(kms, sign));
    }
    let signature = blocking::wait(kms.call(sign()))?.signature;
    let verify = move || {
        let call = Verify::new(&key, &algorithm, kind, &*digest, &*signature);
        with!(call, on_key_version)
    };
    Ok(repeat_and(kms, verify, |answer| valid(answer.is_valid)))
}

fn pairs(kms: &AlibabaKmsInstance, what: What<'_>) -> Result<Calls, Failure> {
    let (key, spec, format) = (what.key()?, what.0.key_pair_spec.clone(), what.key_format());
    let algorithm = what.0.algorithm.clone();
    Ok(match what.0.case {
        KmsCase::GenerateDataKeyPair => repeat(kms, move || {
            let call = GenerateDataKeyPair::new(&key, &spec, format).aad(AAD);
            with!(call, algorithm)
        }),
        KmsCase::GenerateDataKeyPairWithoutPlaintext => repeat(kms, move || {
            let call = GenerateDataKeyPairWithoutPlaintext::new(&key, &spec, format).aad(AAD);
            with!(call, algorithm)
        }),
        KmsCase::AdvanceGenerateDataKeyPair => {
            repeat(kms, move || AdvanceGenerateDataKeyPair::new(&key, &spec, format).aad(AAD))
        }
        _ => repeat(kms, move || {
            AdvanceGenerateDataKeyPairWithoutPlaintext::new(&key, &spec, format).aad(AAD)
        }),
    })
}

fn repeat<C: Call + 'static>(
    kms: &AlibabaKmsInstance,
    make: impl Fn() -> C + Send + Sync + 'static,
) -> Calls {
    repeat_and(kms, make, |_| Ok(()))
}

/// The same call again and again, and what its answer says.
fn repeat_and<C: Call + 'static>(
    kms: &AlibabaKmsInstance,
    make: impl Fn() -> C + Send + Sync + 'static,
    check: fn(&C::Answer) -> crypto_envelope::Result<()>,
) -> Calls {
    let kms = Arc::new(kms.clone());
    Arc::new(move || {
        let (kms, call) = (kms.clone(), make());
        Box::pin(async move { check(&kms.call(call).await?) })
    })
}
