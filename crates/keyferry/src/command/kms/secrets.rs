//! Data keys, and secrets that KMS keeps.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{SecretBytes, blocking};
use crypto_envelope_alibaba_kms::{
    AadStyle,
    instance::{self, AdvanceGenerateDataKey},
    openapi::{self, GenerateDataKeyWithoutPlaintext},
};
use serde_json::{Value, json};

use super::{Service, call, context, ends::End};
use crate::{
    alibaba_kms::Gateway,
    args::{GenerateDataKey, GetSecretValue},
    failure::Failure,
    output::Audience,
};

pub(super) fn generate_data_key(
    service: &Service,
    arguments: &GenerateDataKey,
) -> Result<(), Failure> {
    let end = End::of_results(&arguments.results)?;
    let force = arguments.results.force;
    let plaintext_end = arguments.plaintext_output.as_deref();
    let plaintext_end = plaintext_end.map(|path| End::new(path, force, Audience::Owner));
    let plaintext_end = plaintext_end.transpose()?;
    if plaintext_end.as_ref().is_some_and(|plaintext| plaintext.is(&end)) {
        return Err(Failure::usage(
            "the data key and what it is encrypted to would go to one place",
        )
        .hint("name different files with --plaintext-output and --output"));
    }
    let (plaintext, blob, facts) = generate(service, arguments, plaintext_end.is_some())?;
    let Some((plaintext_end, plaintext)) = plaintext_end.zip(plaintext) else {
        return end.write_line("ciphertext", &blob, service.format, facts);
    };
    // First what opens the data key again.
    end.write_line("ciphertext", &blob, service.format.beside(&plaintext_end), facts)?;
    plaintext_end.write(plaintext.expose())
}

/// The data key if it is wanted, what it is encrypted to, and what else is known.
fn generate(
    service: &Service,
    arguments: &GenerateDataKey,
    with_plaintext: bool,
) -> Result<(Option<SecretBytes>, String, Value), Failure> {
    let GenerateDataKey { key, bytes, .. } = arguments;
    let context = context(&arguments.context)?;
    Ok(match service.gateway()? {
        Gateway::Instance(kms) => {
            let aad = AadStyle::default().aad(&context);
            let made = blocking::wait(kms.call(AdvanceGenerateDataKey::new(key, *bytes).aad(aad)))?;
            let facts = facts!(made);
            (Some(made.plaintext), BASE64.encode(made.ciphertext_blob), facts)
        }
        Gateway::OpenApi(kms) if with_plaintext => {
            let generate = openapi::GenerateDataKey::new(key).number_of_bytes(*bytes);
            let made = call(&kms, generate.encryption_context(context))?;
            let facts = facts!(made);
            (Some(made.plaintext), made.ciphertext_blob, facts)
        }
        Gateway::OpenApi(kms) => {
            let generate = GenerateDataKeyWithoutPlaintext::new(key).number_of_bytes(*bytes);
            let made = call(&kms, generate.encryption_context(context))?;
            let facts = facts!(made);
            (None, made.ciphertext_blob, facts)
        }
    })
}

pub(super) fn get_secret_value(
    service: &Service,
    arguments: &GetSecretValue,
) -> Result<(), Failure> {
    /// The calls of both gateways, and their answers, have the same names.
    macro_rules! value {
        ($gateway:ident, $kms:expr) => {{
            let mut get = $gateway::GetSecretValue::new(&arguments.name);
            if let Some(version) = &arguments.version {
                get = get.version_id(version);
            }
            if let Some(stage) = &arguments.version_stage {
                get = get.version_stage(stage);
            }
            let answer = blocking::wait($kms.call(get))?;
            let facts = json!({
                "secret_name": answer.secret_name,
                "secret_type": answer.secret_type,
                "secret_data_type": answer.secret_data_type,
                "version_id": answer.version_id,
                "version_stages": answer.version_stages,
                "create_time": answer.create_time,
                "request_id": answer.request_id,
            });
            (answer.secret_data, facts)
        }};
    }
    let end = End::of_secret(&arguments.secret)?;
    let (secret, facts) = match service.gateway()? {
        Gateway::Instance(kms) => value!(instance, kms),
        Gateway::OpenApi(kms) => value!(openapi, kms),
    };
    end.write_secret(&secret, service.format, &facts)
}
