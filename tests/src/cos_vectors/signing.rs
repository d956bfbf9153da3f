//! What the SDK for Python signs.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use crypto_envelope_tencent_cos::{
    CosBucket, CosCredentials, CosEndpoint, CosMethod, ObjectKey, Presign,
    wire::{self, SignRequest},
};

use crate::{
    runner::Outcome,
    vector_files::case::{Case, same},
    vectors::Result,
};

pub(super) fn check_signature(_: &Path, case: &Case) -> Result<Outcome> {
    let key = if case.has("key") { Some(ObjectKey::new(case.text("key")?)?) } else { None };
    let parameters = if is(case, "sign_params")? { case.texts("params")? } else { Vec::new() };
    let mut headers = case.texts("request_headers")?;
    let host = host(case)?;
    if is(case, "sign_host")? {
        headers.push(("Host", &host));
    }
    let request = SignRequest {
        method: method(case.text("method")?)?,
        key: key.as_ref(),
        parameters: &parameters,
        headers: &headers,
        time: at(case.number("time")?),
        good_for: Duration::from_secs(case.number("expire")?),
    };
    let signed = wire::sign(&request, &credentials(&case.beside())?)?;
    let format = str::from_utf8(signed.format_string.expose())?;
    same("the format string", case.text("format_string")?, format)?;
    same("the string to sign", case.text("string_to_sign")?, &signed.string_to_sign)?;
    let sign_key = str::from_utf8(signed.sign_key.expose())?;
    same("the key that signs", case.text("sign_key")?, sign_key)?;
    same("the authorization", case.text("authorization")?, &signed.authorization)?;
    let signature = signed.authorization.rsplit('=').next().unwrap_or_default();
    same("the signature", case.text("signature")?, signature)?;
    Ok(Outcome::Passed)
}

pub(super) fn check_presigned(_: &Path, case: &Case) -> Result<Outcome> {
    let bucket = CosBucket::new(case.text("bucket")?)?;
    let endpoint = CosEndpoint::new(bucket, case.text("region")?)?;
    let key = ObjectKey::new(case.text("key")?)?;
    let mut presign = Presign::new(method(case.text("method")?)?, key)
        .expires_in(Duration::from_secs(case.number("expired")?));
    for (name, value) in case.texts("params")? {
        presign = presign.parameter(name, value);
    }
    for (name, value) in case.texts("headers")? {
        presign = presign.header(name, value);
    }
    let (credentials, time) = (credentials(&case.beside())?, at(case.number("time")?));
    let url = wire::presign(&presign, &endpoint, &credentials, time)?;
    same("the URL", case.text("url")?, url.expose())?;
    Ok(Outcome::Passed)
}

/// Those of a file.
pub(super) fn credentials(file: &Case) -> Result<CosCredentials> {
    Ok(CosCredentials::new(file.text("secret_id")?, file.text("secret_key")?.as_bytes())?)
}

pub(super) fn method(name: &str) -> Result<CosMethod> {
    use CosMethod::{Delete, Get, Head, Post, Put};
    let found = [Get, Head, Put, Post, Delete].into_iter().find(|method| method.name() == name);
    found.ok_or_else(|| format!("the method {name:?}").into())
}

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// As it is signed, which is without the port.
fn host(case: &Case) -> Result<String> {
    let (_, rest) = case.text("url")?.split_once("://").ok_or("its url is none")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let bucket = CosBucket::new(case.text("bucket")?)?;
    Ok(CosEndpoint::custom(bucket, authority)?.host().to_owned())
}

fn is(case: &Case, name: &str) -> Result<bool> {
    case.value(name)?.as_bool().ok_or_else(|| format!("its {name} is neither").into())
}
