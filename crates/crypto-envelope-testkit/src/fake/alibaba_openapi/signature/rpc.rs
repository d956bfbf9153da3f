//! `HMAC-SHA1`, among the parameters.

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Claim, Parameters, Refusal, Request, Signed};
use crate::fake::http::percent;

pub(super) fn claim<'a>(
    request: &Request,
    parameters: &'a Parameters,
) -> Result<Claim<'a>, Refusal> {
    let (method, version) = ("HMAC-SHA1", "1.0");
    if parameters.required("SignatureMethod")? != method
        || parameters.required("SignatureVersion")? != version
    {
        let message = format!("SignatureMethod is to be {method}, and its version {version}.");
        return Err(Refusal::incomplete(message));
    }
    if parameters.text("Format").is_some_and(|format| !format.eq_ignore_ascii_case("json")) {
        return Err(Refusal::parameter("This fake has no Format but JSON."));
    }
    let canonical = parameters.canonical_without("Signature");
    let text = format!("{}&%2F&{}", request.method, percent::encode(canonical.as_bytes()));
    Ok(Claim {
        action: parameters.required("Action")?,
        version: parameters.required("Version")?,
        access_key: parameters.required("AccessKeyId")?,
        security_token: parameters.text("SecurityToken"),
        date: parameters.required("Timestamp")?,
        nonce: parameters.required("SignatureNonce")?,
        signature: parameters.required("Signature")?,
        signed: Signed::Rpc { text },
    })
}

pub(super) fn signature(secret: &str, text: &str) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{secret}&").as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}
