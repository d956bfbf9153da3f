//! Encrypting and decrypting.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{SecretBytes, blocking};
use crypto_envelope_alibaba_kms::{
    AadStyle,
    instance::{AdvanceDecrypt, AdvanceEncrypt},
    openapi,
};
use serde_json::json;

use super::{
    Service, call, context,
    ends::{self, End},
    only_openapi,
};
use crate::{
    alibaba_kms::Gateway,
    args::{KmsDecrypt, KmsEncrypt},
    failure::{Code, Failure},
};

pub(super) fn encrypt(service: &Service, arguments: &KmsEncrypt) -> Result<(), Failure> {
    let context = context(&arguments.context)?;
    let end = End::of_results(&arguments.results)?;
    let gateway = service.gateway()?;
    let plaintext = ends::read(arguments.file.as_deref())?;
    let (blob, facts) = match gateway {
        Gateway::Instance(_) if arguments.text => return Err(only_openapi(AS_TEXT)),
        Gateway::Instance(kms) => {
            let aad = AadStyle::default().aad(&context);
            let encrypt = AdvanceEncrypt::new(&arguments.key, plaintext).aad(aad);
            let answer = blocking::wait(kms.call(encrypt))?;
            let facts = facts!(answer);
            (BASE64.encode(answer.ciphertext_blob), facts)
        }
        Gateway::OpenApi(kms) => {
            let encrypt = if arguments.text {
                openapi::Encrypt::new(&arguments.key, plaintext)
            } else {
                openapi::Encrypt::base64(&arguments.key, &plaintext)?
            };
            let answer = call(&kms, encrypt.encryption_context(context))?;
            let facts = facts!(answer);
            (answer.ciphertext_blob, facts)
        }
    };
    end.write_line("ciphertext", &blob, service.format, facts)
}

pub(super) fn decrypt(service: &Service, arguments: &KmsDecrypt) -> Result<(), Failure> {
    let context = context(&arguments.context)?;
    let end = End::of_secret(&arguments.secret)?;
    let gateway = service.gateway()?;
    let blob = ends::read_base64(arguments.file.as_deref())?;
    let (plaintext, key_id, facts) = match gateway {
        Gateway::Instance(_) if arguments.text => return Err(only_openapi(AS_TEXT)),
        Gateway::Instance(kms) => {
            let aad = AadStyle::default().aad(&context);
            let answer = blocking::wait(kms.call(AdvanceDecrypt::new(blob).aad(aad)))?;
            let facts = facts!(answer);
            (answer.plaintext, answer.key_id, facts)
        }
        Gateway::OpenApi(kms) => {
            let decrypt = openapi::Decrypt::new(BASE64.encode(blob)).encryption_context(context);
            let answer = call(&kms, decrypt)?;
            let plaintext = if arguments.text { None } else { Some(decoded(&answer)?) };
            let facts = facts!(answer);
            (plaintext.unwrap_or(answer.plaintext), answer.key_id, facts)
        }
    };
    check_key(arguments.key.as_deref(), &key_id)?;
    end.write_secret(&plaintext, service.format, &facts)
}

/// What others have encrypted as it was.
fn decoded(answer: &openapi::Plaintext) -> Result<SecretBytes, Failure> {
    answer.decoded().map_err(|_| {
        Failure::new(Code::Integrity, "what was encrypted is not base64")
            .hint("if it is meant to be text: --text")
    })
}

fn check_key(expected: Option<&str>, found: &str) -> Result<(), Failure> {
    match expected {
        Some(key) if key != found => Err(Failure::new(
            Code::Policy,
            format!("it was encrypted with the key {found}, not with {key}"),
        )),
        _ => Ok(()),
    }
}

const AS_TEXT: &str = "be given text: it takes bytes as they are";
