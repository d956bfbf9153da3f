//! Calls of KMS 1.0 that an instance serves: an instance that was written down gets the requests of the
//! vendor's SDK for Python, and its answers become those of that SDK.

mod canned;

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, SecretBytes, blocking};
use crypto_envelope_alibaba_kms::{
    AadStyle, AlibabaKmsInstance, AlibabaKmsSettings, AlibabaKmsTransfer, ClientKey, openapi,
    transfer::Mode,
};
use serde_json::{Map, Value, json};

use self::canned::{Canned, Heard};
use crate::{
    runner::Outcome,
    vector_files::case::{Case, same, same_bytes},
    vectors::Result,
};

/// An answer as JSON of the OpenAPI.
macro_rules! told {
    ($answer:ident, $($name:literal: $value:expr),+) => {
        json!({$($name: $value,)+ "KeyId": $answer.key_id,
            "KeyVersionId": $answer.key_version_id, "RequestId": $answer.request_id})
    };
}

/// The call gives these requests, and their answers this one.
pub(super) fn check(directory: &Path, case: &Case) -> Result<Outcome> {
    let canned = Canned::start(case)?;
    let key = fs::read(directory.join("clientkeys").join("rsa_private_key.pem"))?;
    let key = ClientKey::from_private_key("KAAP.vectors", &key)?;
    let settings = AlibabaKmsSettings::new().max_attempts(1);
    let instance = AlibabaKmsInstance::new(&canned.endpoint(), &key, &settings)?;
    let answered = ask(&as_theirs(AlibabaKmsTransfer::new(&instance), case)?, case);
    let heard = canned.stop();
    if !case.has("error") {
        same_requests(case, &heard)?;
        return same_answer(case.object("response")?, &answered?);
    }
    match (case.text("error.type")?, case.value("error.code")?) {
        // The SDK would send the text "True", and cannot. Ours asks.
        ("TypeError", _) if case.text("api")? == "GetSecretValue" => {
            answered?;
            same("what is asked", "GetSecretValue", &apis(&heard))?;
        }
        // It raises these before it asks, and others by mistake where it means the same.
        ("TypeError", _) | (_, Value::String(_)) => {
            same("what is asked", "", &apis(&heard))?;
            refused(answered, |error| matches!(error, Error::InvalidInput { .. }))?;
        }
        // Of answers.
        _ => {
            same_requests(case, &heard)?;
            refused(answered, |error| matches!(error, Error::Provider(_)))?;
        }
    }
    Ok(Outcome::Passed)
}

/// What the vendor's SDK does otherwise: how it binds contexts, which depends on the mode.
fn as_theirs(kms: AlibabaKmsTransfer, case: &Case) -> Result<AlibabaKmsTransfer> {
    Ok(match case.text("mode")? {
        "advance" => kms.with_aad_style(AadStyle::PythonHex),
        "low" => kms
            .with_mode(Mode::InitialVersion)
            .with_aad_style(AadStyle::Json)
            .with_json_order(json_order(case)?),
        other => return Err(format!("no mode {other}").into()),
    })
}

/// Reading the case has sorted the pairs: in the request they stand as they were given.
fn json_order(case: &Case) -> Result<Vec<String>> {
    if !case.has("request.EncryptionContext") {
        return Ok(Vec::new());
    }
    let mut keys: Vec<_> = case.object("request.EncryptionContext")?.keys().cloned().collect();
    if let Some(request) = case.cases("instance_requests")?.first() {
        let body = String::from_utf8_lossy(&request.bytes("body_hex")?).into_owned();
        keys.sort_by_key(|key| body.find(&format!("\"{key}\":")));
    }
    Ok(keys)
}

/// The answer to the call, as JSON of the OpenAPI.
fn ask(kms: &AlibabaKmsTransfer, case: &Case) -> Result<Value> {
    match case.text("api")? {
        "Encrypt" | "Decrypt" => ask_for_text(kms, case),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => ask_for_data_key(kms, case),
        "GetSecretValue" => {
            let call = openapi::GetSecretValue::new(case.text("request.SecretName")?);
            let call = call.version_stage(case.text("request.VersionStage")?);
            let answer = blocking::wait(kms.call(call.fetch_extended_config()))?;
            Ok(json!({"SecretData": utf8(&answer.secret_data)?}))
        }
        _ => ask_for_pair(kms, case),
    }
}

fn ask_for_text(kms: &AlibabaKmsTransfer, case: &Case) -> Result<Value> {
    if case.text("api")? == "Encrypt" {
        let plaintext = case.text("request.Plaintext")?.as_bytes();
        let call = openapi::Encrypt::new(case.text("request.KeyId")?, plaintext);
        let answer = blocking::wait(kms.call(call.encryption_context(context(case)?)))?;
        return Ok(told!(answer, "CiphertextBlob": answer.ciphertext_blob));
    }
    let call = openapi::Decrypt::new(case.text("request.CiphertextBlob")?);
    let answer = blocking::wait(kms.call(call.encryption_context(context(case)?)))?;
    Ok(told!(answer, "Plaintext": utf8(&answer.plaintext)?))
}

fn ask_for_data_key(kms: &AlibabaKmsTransfer, case: &Case) -> Result<Value> {
    /// Both calls are made in the same way.
    macro_rules! call {
        ($call:ident) => {{
            let mut call = openapi::$call::new(case.text("request.KeyId")?);
            if case.has("request.NumberOfBytes") {
                call = call.number_of_bytes(case.number("request.NumberOfBytes")?);
            }
            if case.has("request.KeySpec") {
                call = call.key_spec(case.text("request.KeySpec")?);
            }
            blocking::wait(kms.call(call.encryption_context(context(case)?)))?
        }};
    }
    if case.text("api")? == "GenerateDataKey" {
        let answer = call!(GenerateDataKey);
        let plaintext = BASE64.encode(answer.plaintext.expose());
        let blob = &answer.ciphertext_blob;
        return Ok(told!(answer, "CiphertextBlob": blob, "Plaintext": plaintext));
    }
    let answer = call!(GenerateDataKeyWithoutPlaintext);
    Ok(told!(answer, "CiphertextBlob": answer.ciphertext_blob))
}

/// The SDK for Python drops the version of a key pair. Those for Java and Go send it, and so does ours.
fn ask_for_pair(kms: &AlibabaKmsTransfer, case: &Case) -> Result<Value> {
    let (version, key) = ("", case.text("request.KeyId")?);
    let bytes = |name: &str| decoded(case, name);
    let algorithm = case.text("request.Algorithm").unwrap_or_default();
    Ok(match case.text("api")? {
        "AsymmetricEncrypt" => {
            let plaintext = bytes("request.Plaintext")?;
            let call = openapi::AsymmetricEncrypt::new(key, version, algorithm, plaintext);
            let answer = blocking::wait(kms.call(call))?;
            told!(answer, "CiphertextBlob": BASE64.encode(&answer.ciphertext_blob))
        }
        "AsymmetricDecrypt" => {
            let blob = bytes("request.CiphertextBlob")?;
            let call = openapi::AsymmetricDecrypt::new(key, version, algorithm, blob);
            let answer = blocking::wait(kms.call(call))?;
            told!(answer, "Plaintext": BASE64.encode(answer.plaintext.expose()))
        }
        "AsymmetricSign" => {
            let digest = bytes("request.Digest")?;
            let call = openapi::AsymmetricSign::new(key, version, algorithm, digest);
            let answer = blocking::wait(kms.call(call))?;
            told!(answer, "Value": BASE64.encode(&answer.signature))
        }
        "AsymmetricVerify" => {
            let (digest, value) = (bytes("request.Digest")?, bytes("request.Value")?);
            let call = openapi::AsymmetricVerify::new(key, version, algorithm, digest, value);
            let answer = blocking::wait(kms.call(call))?;
            told!(answer, "Value": answer.is_valid)
        }
        "GetPublicKey" => {
            let answer = blocking::wait(kms.call(openapi::GetPublicKey::new(key)))?;
            told!(answer, "PublicKey": answer.public_key)
        }
        other => return Err(format!("no call {other}").into()),
    })
}

fn decoded(case: &Case, name: &str) -> Result<Vec<u8>> {
    Ok(BASE64.decode(case.text(name)?)?)
}

fn context(case: &Case) -> Result<EncryptionContext> {
    if !case.has("request.EncryptionContext") {
        return Ok(EncryptionContext::new());
    }
    Ok(case.texts("request.EncryptionContext")?.into_iter().collect())
}

fn utf8(secret: &SecretBytes) -> Result<String> {
    Ok(String::from_utf8(secret.expose().to_vec())?)
}

/// What was asked, byte for byte, and which version of the key a header named.
fn same_requests(case: &Case, heard: &[Heard]) -> Result<()> {
    let expected = case.cases("instance_requests")?;
    if expected.len() != heard.len() {
        return Err(format!("{} requests: {}", heard.len(), apis(heard)).into());
    }
    for (expected, heard) in expected.iter().zip(heard) {
        same("what is asked", expected.text("api")?, &heard.api)?;
        same_bytes("the request", &expected.bytes("body_hex")?, &heard.body)?;
        let version = expected.text(&format!("extra_headers.{}", canned::KEY_VERSION));
        let found = heard.key_version.as_deref().unwrap_or_default();
        same("the version of the key", version.unwrap_or_default(), found)?;
    }
    Ok(())
}

fn same_answer(expected: &Map<String, Value>, found: &Value) -> Result<Outcome> {
    let (mut expected, mut found) = (Value::Object(expected.clone()), found.clone());
    // Of an answer that does not name the version: ours is that of the ciphertext.
    if expected["KeyVersionId"] == "" {
        (expected["KeyVersionId"], found["KeyVersionId"]) = (Value::Null, Value::Null);
    }
    same("the answer", &expected.to_string(), &found.to_string())?;
    Ok(Outcome::Passed)
}

fn apis(heard: &[Heard]) -> String {
    heard.iter().map(|heard| heard.api.as_str()).collect::<Vec<_>>().join(" ")
}

fn refused(answered: Result<Value>, is_meant: impl Fn(&Error) -> bool) -> Result<()> {
    match answered {
        Ok(answer) => Err(format!("it was not refused: {answer}").into()),
        Err(error) if error.downcast_ref().is_some_and(is_meant) => Ok(()),
        Err(error) => Err(error),
    }
}
