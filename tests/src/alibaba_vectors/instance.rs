//! What the gateway of an instance is sent, and what it answers.

use std::path::Path;

use crypto_envelope_alibaba_kms::wire;

use super::client_key;
use crate::{
    runner::Outcome,
    vector_files::case::{Case, same, same_bytes},
    vectors::Result,
};

/// A message becomes these bytes, and they become the message.
pub(super) fn check_message(_: &Path, case: &Case) -> Result<Outcome> {
    let (name, values, bytes) = (case.text("message")?, case.value("values")?, case.bytes("hex")?);
    let encoded = wire::encode_message(name, values)?;
    same_bytes("the message", &bytes, encoded.expose())?;
    let decoded = wire::decode_message(name, &bytes)?;
    if decoded != *values {
        return Err(format!("the bytes mean something else: {decoded}").into());
    }
    let fields = case.value("fields")?.as_array().map_or(0, Vec::len);
    if fields != case.object("values")?.len() {
        return Err(format!("it has {fields} fields, and values for others").into());
    }
    Ok(Outcome::Passed)
}

/// A request is signed like this, and has these headers.
pub(super) fn check_request(directory: &Path, case: &Case) -> Result<Outcome> {
    let key = client_key::open(directory, case, "clientkey")?;
    let sent = case.texts("request_headers")?;
    let to_sign = wire::instance_string_to_sign(case.text("method")?, &sent)?;
    same("the string to sign", case.text("string_to_sign")?, &to_sign)?;
    client_key::check_signature(case, &key)?;

    let value = |name: &str| sent.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let needed = |name: &str| value(name).ok_or_else(|| format!("it has no header {name}"));
    let (api, date) = (needed("x-kms-apiname")?, needed("date")?);
    let own: Vec<_> = sent.iter().copied().filter(|(name, _)| name.starts_with("x-")).collect();
    let body = case.bytes("body_hex")?;
    let made = wire::instance_headers(&key, api, date, &body, &own)?;
    for (name, expected) in &sent {
        // That is up to HTTP.
        if ["host", "content-length", "user-agent"].contains(name) {
            continue;
        }
        let found = made.iter().find(|(known, _)| known == name);
        let found = found.ok_or_else(|| format!("the header {name} is not sent"))?;
        // White space around them is not a part of them.
        same(&format!("the header {name}"), expected.trim(), &found.1)?;
    }
    match made.iter().find(|(name, _)| value(name).is_none()) {
        Some((name, _)) => Err(format!("the header {name} is sent as well").into()),
        None => Ok(Outcome::Passed),
    }
}

/// An answer means this.
pub(super) fn check_error(_: &Path, case: &Case) -> Result<Outcome> {
    let status = case.number("http_status")?;
    let error = wire::instance_error(status, &case.bytes("body_hex")?);
    same("the code", case.text("sdk.code")?, error.code().unwrap_or_default())?;
    same("what it says", case.text("sdk.message")?, error.message())?;
    let id = error.request_id().unwrap_or_default();
    same("the id of the request", case.text("sdk.data.requestId")?, id)?;
    if error.status() != Some(case.number("sdk.data.httpCode")?) {
        return Err(format!("another HTTP status: {:?}", error.status()).into());
    }
    // The vendor's transfer client has words of its own for some, and stumbles over one that it does not
    // know: ours says what the instance said.
    let transferred = wire::transfer_error(status, &case.bytes("body_hex")?);
    let expected = if case.has("transfer_client") { "transfer_client.code" } else { "sdk.code" };
    let found = transferred.code().unwrap_or_default();
    same("the code of the transfer client", case.text(expected)?, found)?;
    // What one of the vendor's SDKs tries again, we do too. Here are only those of the one for Python.
    let is_retried = case.number::<u32>("requests_sent_by_python_sdk")? > 1
        || ["ServiceUnavailableTemporary", "InternalFailure"].contains(&case.text("sdk.code")?)
        || case.text("sdk.message")? == "The Param Content-SHA256 is invalid.";
    if error.is_retryable() != is_retried {
        return Err(format!("to try again would be {}", error.is_retryable()).into());
    }
    Ok(Outcome::Passed)
}
