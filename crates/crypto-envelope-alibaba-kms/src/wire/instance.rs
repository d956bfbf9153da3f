//! What the gateway of instances understands.

use crypto_envelope::{Error, Result, SecretBytes};
use serde_json::Value;

use crate::{
    AadStyle, AlibabaKmsError, ClientKey,
    error::{Call, Refusal},
    instance::{
        messages,
        sign::{self, Headers},
    },
    transfer::refusal,
};

/// What is signed of a request with these headers.
///
/// # Errors
///
/// [`Error::InvalidInput`] if one of the headers cannot be sent.
pub fn instance_string_to_sign(method: &str, headers: &[(&str, &str)]) -> Result<String> {
    let mut all = Headers::default();
    headers.iter().try_for_each(|(name, value)| all.insert(name, value))?;
    Ok(sign::string_to_sign(method, &all))
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
///
/// # Errors
///
/// [`Error::InvalidInput`] if the key cannot sign.
pub fn instance_signature(key: &ClientKey, message: &[u8]) -> Result<Vec<u8>> {
    key.sign(message)
}

/// The headers of a request, by their names in lower case: those of the caller, what the gateway wants, and the
/// signature.
///
/// # Errors
///
/// [`Error::InvalidInput`] if one of the headers cannot be sent, or the key cannot sign.
pub fn instance_headers(
    key: &ClientKey,
    api: &str,
    date: &str,
    body: &[u8],
    own: &[(&str, &str)],
) -> Result<Vec<(String, String)>> {
    let mut all = Headers::default();
    own.iter().try_for_each(|(name, value)| all.insert(name, value))?;
    let signed = sign::signed(key, api, date, body, &all)?;
    Ok(signed.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The names of all messages.
pub const MESSAGES: &[&str] = messages::NAMES;

/// The message with this name, of fields by their names; bytes are `{"hex": "..."}`.
///
/// # Errors
///
/// [`Error::InvalidInput`] if there is no such message, or it has other fields.
pub fn encode_message(name: &str, fields: &Value) -> Result<SecretBytes> {
    let refused = || Error::invalid_input(format!("{name} is no message, or has other fields"));
    messages::encode_json(name, fields).ok_or_else(refused)
}

/// The fields of a message, as [`encode_message`] takes them: secret ones too.
///
/// # Errors
///
/// [`Error::InvalidInput`] if there is no such message, or the bytes are none.
pub fn decode_message(name: &str, bytes: &[u8]) -> Result<Value> {
    let unknown = || Error::invalid_input(format!("{name} is no message"));
    let decoded = messages::decode_json(name, bytes).ok_or_else(unknown)?;
    decoded.map_err(|malformed| Error::invalid_input(format!("{name}: {malformed}")))
}

/// What an answer means that says that `Encrypt` failed.
#[must_use]
pub fn instance_error(status: u16, body: &[u8]) -> AlibabaKmsError {
    let call = Call { operation: "Encrypt", key_id: None };
    call.refused(Refusal::of_instance(status, body))
}

/// The same as the transfer client says it.
#[must_use]
pub fn transfer_error(status: u16, body: &[u8]) -> AlibabaKmsError {
    let error = instance_error(status, body);
    refusal::translated(&error).unwrap_or(error)
}

/// The `Aad` of pairs in the order in which they were given.
#[must_use]
pub fn aad(style: AadStyle, pairs: &[(&str, &str)]) -> Vec<u8> {
    style.aad_of_pairs(pairs)
}
