//! What the OpenAPI gateways are sent, and what they answer.

use std::path::Path;

use crypto_envelope_alibaba_kms::{
    openapi::{AccessKey, Placement, Signature},
    wire::{self, OpenApiCall, OpenApiRequest},
};
use serde_json::Value;

use crate::{
    runner::Outcome,
    vector_files::case::{Case, same},
    vectors::Result,
};

pub(super) fn check_acs3(_: &Path, case: &Case) -> Result<Outcome> {
    check_canonical(case, &Signature::Acs3)
}

pub(super) fn check_acs4(_: &Path, case: &Case) -> Result<Outcome> {
    check_canonical(case, &Signature::acs4(case.text("region_id")?)?)
}

fn check_canonical(case: &Case, signature: &Signature) -> Result<Outcome> {
    let request = request(case, signature)?;
    let canonical = request.canonical_request.as_deref().unwrap_or_default();
    same("the canonical request", case.text("canonical_request")?, canonical)?;
    let found = header(&request, "authorization").unwrap_or_default();
    same("the authorization", case.text("authorization")?, found)?;
    check_request(case, &request)
}

/// The signature stands in the URL.
pub(super) fn check_rpc(_: &Path, case: &Case) -> Result<Outcome> {
    let request = request(case, &Signature::RpcHmacSha1)?;
    let encoded: String = case.text("signature")?.bytes().map(percent_encoded).collect();
    let parameter = request.target.split(['?', '&']).find(|text| text.starts_with("Signature="));
    let found = parameter.unwrap_or_default();
    same("the signature", &format!("Signature={encoded}"), found)?;
    check_request(case, &request)
}

/// All that is sent.
fn check_request(case: &Case, request: &OpenApiRequest) -> Result<Outcome> {
    let url = format!("https://{}{}", case.text("endpoint")?, request.target);
    same("the URL", case.text("url")?, &url)?;
    same("the body", "", &request.body)?;
    let headers = case.texts("headers")?;
    for (name, expected) in &headers {
        let found = header(request, &name.to_lowercase());
        let found = found.ok_or_else(|| format!("the header {name} is not sent"))?;
        same(&format!("the header {name}"), expected, found)?;
    }
    if request.headers.len() != headers.len() {
        return Err(format!("{} headers are sent", request.headers.len()).into());
    }
    Ok(Outcome::Passed)
}

/// With what the vendor's SDK signs beside what has to be signed.
fn request(case: &Case, signature: &Signature) -> Result<OpenApiRequest> {
    let (id, secret) = (case.text("access_key_id")?, case.text("access_key_secret")?.as_bytes());
    let (access_key, credentials) = if case.has("security_token") {
        let token = case.text("security_token")?.as_bytes();
        (AccessKey::temporary(id, secret, token)?, "static_sts")
    } else {
        (AccessKey::new(id, secret)?, "static_ak")
    };
    let parameters = case.object("parameters")?.iter();
    let parameters: Vec<_> = parameters.map(|(name, value)| (name, text(value))).collect();
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut headers = vec![
        ("user-agent", case.text("headers.user-agent")?),
        ("x-acs-credentials-provider", credentials),
    ];
    if case.has("headers.accept") {
        headers.push(("accept", "application/json"));
    }
    let call = OpenApiCall {
        action: case.text("action")?,
        parameters: &parameters,
        placement: Placement::Url,
        host: case.text("endpoint")?,
        access_key: &access_key,
        date: case.text("timestamp")?,
        nonce: case.text("nonce")?,
        headers: &headers,
    };
    Ok(wire::openapi_request(signature, &call))
}

/// An answer means this.
pub(super) fn check_error(_: &Path, case: &Case) -> Result<Outcome> {
    let status = case.number("http_status")?;
    let body = case.value("body")?.to_string();
    let error = wire::openapi_error("Encrypt", status, body.as_bytes());
    let id = error.request_id().unwrap_or_default();
    same("the code", case.text("sdk.code")?, error.code().unwrap_or_default())?;
    same("the id of the request", case.text("sdk.request_id")?, id)?;
    let told = format!("code: {status}, {} request id: {id}", error.message());
    same("what it says", case.text("sdk.message")?, &told)?;
    if error.status() != Some(case.number("sdk.status_code")?) {
        return Err(format!("another HTTP status: {:?}", error.status()).into());
    }
    if error.is_retryable() != (status == 429 || status >= 500) {
        return Err(format!("to try again would be {}", error.is_retryable()).into());
    }
    Ok(Outcome::Passed)
}

fn header<'a>(request: &'a OpenApiRequest, name: &str) -> Option<&'a str> {
    let found = request.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// As a parameter: what is no text is JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// One byte of base64.
fn percent_encoded(byte: u8) -> String {
    match byte {
        b'+' | b'/' | b'=' => format!("%{byte:02X}"),
        _ => char::from(byte).to_string(),
    }
}
