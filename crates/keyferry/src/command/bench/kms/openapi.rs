//! Calls of the OpenAPI.

use std::sync::Arc;

use crypto_envelope::SecretBytes;
use crypto_envelope_alibaba_kms::{
    AlibabaKmsOpenApi,
    openapi::{
        AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricSign, AsymmetricVerify, Call, Decrypt,
        Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GetPublicKey, GetSecretValue,
        ReEncrypt,
    },
};

use super::{
    not_there, valid,
    what::{What, context, secret},
};
use crate::{
    args::KmsCase,
    bench::Calls,
    command::kms::{call, key_version},
    failure::Failure,
};

/// The calls of a case. What they need is made first.
pub(super) fn calls(kms: &AlibabaKmsOpenApi, what: What<'_>) -> Result<Calls, Failure> {
    let length = what.0.data_size;
    Ok(match what.0.case {
        KmsCase::Encrypt | KmsCase::Decrypt | KmsCase::ReEncrypt => ciphertexts(kms, what)?,
        KmsCase::AsymmetricEncrypt | KmsCase::AsymmetricDecrypt => asymmetric(kms, what)?,
        KmsCase::Sign | KmsCase::Verify => signatures(kms, what)?,
        KmsCase::GenerateDataKey => {
            let key = what.key()?;
            repeat(kms, move || {
                GenerateDataKey::new(&key).number_of_bytes(length).encryption_context(context())
            })
        }
        KmsCase::GenerateDataKeyWithoutPlaintext => {
            let key = what.key()?;
            repeat(kms, move || {
                GenerateDataKeyWithoutPlaintext::new(&key)
                    .number_of_bytes(length)
                    .encryption_context(context())
            })
        }
        KmsCase::GetPublicKey => {
            let (key, version) = versioned(kms, what)?;
            repeat(kms, move || GetPublicKey::new(&key).key_version_id(&version))
        }
        KmsCase::GetSecretValue => {
            let name = what.secret_name()?;
            repeat(kms, move || GetSecretValue::new(&name))
        }
        KmsCase::AdvanceEncrypt
        | KmsCase::AdvanceDecrypt
        | KmsCase::AdvanceGenerateDataKey
        | KmsCase::GenerateDataKeyPair
        | KmsCase::GenerateDataKeyPairWithoutPlaintext
        | KmsCase::AdvanceGenerateDataKeyPair
        | KmsCase::AdvanceGenerateDataKeyPairWithoutPlaintext
        | KmsCase::GenerateRandom => return Err(not_there(what.0.case, "the OpenAPI")),
    })
}

fn ciphertexts(kms: &AlibabaKmsOpenApi, what: What<'_>) -> Result<Calls, Failure> {
    let (key, plaintext) = (what.key()?, what.plaintext());
    let of = key.clone();
    let encrypt = move || Encrypt::new(&of, secret(&plaintext)).encryption_context(context());
    if what.0.case == KmsCase::Encrypt {
        return Ok(repeat(kms, encrypt));
    }
    let blob = call(kms, encrypt())?.ciphertext_blob;
    Ok(if what.0.case == KmsCase::Decrypt {
        repeat(kms, move || Decrypt::new(&blob).encryption_context(context()))
    } else {
        repeat(kms, move || {
            ReEncrypt::new(&blob, &key)
                .source_encryption_context(context())
                .destination_encryption_context(context())
        })
    })
}

fn asymmetric(kms: &AlibabaKmsOpenApi, what: What<'_>) -> Result<Calls, Failure> {
    let (key, version) = versioned(kms, what)?;
    let (algorithm, plaintext) = (what.asymmetric_algorithm(), what.plaintext());
    let of = (key.clone(), version.clone(), algorithm.clone());
    let encrypt = move || {
        let plaintext: SecretBytes = secret(&plaintext);
        AsymmetricEncrypt::new(&of.0, &of.1, &of.2, plaintext)
    };
    if what.0.case == KmsCase::AsymmetricEncrypt {
        return Ok(repeat(kms, encrypt));
    }
    let blob = call(kms, encrypt())?.ciphertext_blob;
    Ok(repeat(kms, move || AsymmetricDecrypt::new(&key, &version, &algorithm, &*blob)))
}

fn signatures(kms: &AlibabaKmsOpenApi, what: What<'_>) -> Result<Calls, Failure> {
    let (key, version) = versioned(kms, what)?;
    let (algorithm, digest) = (what.signature_algorithm(), what.digest());
    let of = (key.clone(), version.clone(), algorithm.clone(), digest.clone());
    let sign = move || AsymmetricSign::new(&of.0, &of.1, &of.2, &*of.3);
    if what.0.case == KmsCase::Sign {
        return Ok(repeat(kms, sign));
    }
    let signature = call(kms, sign())?.signature;
    let verify = move || AsymmetricVerify::new(&key, &version, &algorithm, &*digest, &*signature);
    Ok(repeat_and(kms, verify, |answer| valid(answer.is_valid)))
}

fn versioned(kms: &AlibabaKmsOpenApi, what: What<'_>) -> Result<(String, String), Failure> {
    let key = what.key()?;
    let version = key_version(kms, &key, what.0.key_version.as_deref())?;
    Ok((key, version))
}

fn repeat<C: Call + 'static>(
    kms: &AlibabaKmsOpenApi,
    make: impl Fn() -> C + Send + Sync + 'static,
) -> Calls
where
    C::Answer: 'static,
{
    repeat_and(kms, make, |_| Ok(()))
}

/// The same call again and again, and what its answer says.
fn repeat_and<C: Call + 'static>(
    kms: &AlibabaKmsOpenApi,
    make: impl Fn() -> C + Send + Sync + 'static,
    check: fn(&C::Answer) -> crypto_envelope::Result<()>,
) -> Calls
where
    C::Answer: 'static,
{
    let kms = Arc::new(kms.clone());
    Arc::new(move || {
        let (kms, call) = (kms.clone(), make());
        Box::pin(async move { check(&kms.call(call).await?) })
    })
}
