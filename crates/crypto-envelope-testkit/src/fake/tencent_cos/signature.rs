//! `q-sign-algorithm=sha1`: whether a request was signed with the secret of its access key, for now.

mod authorization;
mod format;

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    constant_time,
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key},
};

pub(super) use self::authorization::Authorization;
use self::authorization::Period;
use super::{access_key::AccessKey, asked::Asked, error::CosError, place, terms::Signatures};
use crate::fake::{crypto, date::Date};

/// Refuses a request that was not signed by this key, or not for now.
pub(super) fn verify(
    asked: &Asked<'_>,
    authorization: &Authorization,
    key: &AccessKey,
    now: SystemTime,
    signatures: Signatures,
) -> Result<(), CosError> {
    check_token(asked, key, now)?;
    for period in [&authorization.sign_time, &authorization.key_time] {
        check_period(period, now)?;
    }
    if signatures == Signatures::Strict {
        check_lists(asked, authorization)?;
    }
    let host = asked.header("host").unwrap_or_default();
    let formats =
        [host, place::without_port(host)].map(|host| format::string(asked, authorization, host));
    let given = authorization.signature.as_bytes();
    let is_right = formats.iter().any(|format| {
        let expected = signature(authorization, key.secret(), format);
        constant_time::verify_slices_are_equal(expected.as_bytes(), given).is_ok()
    });
    if is_right {
        return Ok(());
    }
    let [_, format] = formats;
    let message = "The Signature you specified is invalid.";
    Err(CosError::new(403, "SignatureDoesNotMatch", message)
        .with("StringToSign", string_to_sign(authorization, &format))
        .with("FormatString", format))
}

fn signature(authorization: &Authorization, secret: &str, format: &str) -> String {
    let sign_key = hmac_hex(secret.as_bytes(), &authorization.key_time.text);
    hmac_hex(sign_key.as_bytes(), &string_to_sign(authorization, format))
}

fn string_to_sign(authorization: &Authorization, format: &str) -> String {
    let hash = crypto::hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, format.as_bytes()).as_ref());
    format!("sha1\n{}\n{hash}\n", authorization.sign_time.text)
}

fn hmac_hex(key: &[u8], text: &str) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    crypto::hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// The token of temporary credentials comes as a header, or as a parameter of a presigned URL.
fn check_token(asked: &Asked<'_>, key: &AccessKey, now: SystemTime) -> Result<(), CosError> {
    let given = asked.header(TOKEN).or_else(|| asked.parameters.get(TOKEN));
    let wrong = || CosError::new(403, "InvalidAccessKeyId", "The security token is not valid.");
    match (&key.temporary, given) {
        (None, None) => Ok(()),
        (None, Some(_)) | (Some(_), None) => Err(wrong()),
        (Some(temporary), Some(given)) => {
            constant_time::verify_slices_are_equal(temporary.token.as_bytes(), given.as_bytes())
                .map_err(|_| wrong())?;
            if now > temporary.expires {
                let message = "The security token has expired.";
                return Err(CosError::new(403, "ExpiredToken", message));
            }
            Ok(())
        }
    }
}

fn check_period(period: &Period, now: SystemTime) -> Result<(), CosError> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let with_time = |error: CosError| error.with("ServerTime", Date::of(now).extended());
    if period.end < seconds {
        return Err(with_time(CosError::denied("Request has expired")));
    }
    if period.start > seconds {
        let message = "The request is signed for a later time than that of the server.";
        return Err(with_time(CosError::new(403, "RequestTimeTooSkewed", message)));
    }
    Ok(())
}

/// All parameters have to be signed, and all headers that say what is to be done.
fn check_lists(asked: &Asked<'_>, authorization: &Authorization) -> Result<(), CosError> {
    let headers = asked.request.headers.iter().map(|(name, _)| format::name(name));
    let headers =
        headers.filter(|name| name.starts_with("x-cos-") || STRICT.contains(&name.as_str()));
    let parameters = asked.parameters.pairs().map(|(name, _)| format::name(name));
    let parameters =
        parameters.filter(|name| !authorization::FIELDS.contains(&name.as_str()) && name != TOKEN);
    let is_in = |list: &[String], name: &String| list.contains(name);
    let unsigned = headers
        .filter(|name| !is_in(&authorization.headers, name))
        .chain(parameters.filter(|name| !is_in(&authorization.parameters, name)))
        .next();
    unsigned.map_or(Ok(()), |name| {
        Err(CosError::denied(format!("The bucket wants this to be signed: {name}")))
    })
}

const TOKEN: &str = "x-cos-security-token";
/// What counts beside `x-cos-*`.
const STRICT: &[&str] = &["content-length", "content-md5", "content-type", "host", "range"];
