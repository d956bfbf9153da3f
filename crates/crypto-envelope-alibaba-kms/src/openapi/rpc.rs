//! Requests that are signed with `HMAC-SHA1`, as the vendor's old SDKs do.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::service::percent;
use zeroize::Zeroizing;

use super::{
    query::{self, Parameters},
    signature::{Placement, SignedRequest, ToSign, VERSION},
};

pub(crate) fn sign(call: &ToSign<'_>) -> SignedRequest {
    let mut query = Parameters::default();
    for (name, value) in [
        ("Action", call.action),
        ("Format", "json"),
        ("Version", VERSION),
        ("Timestamp", call.date),
        ("SignatureNonce", call.nonce),
    ] {
        query.push(name, value);
    }
    let mut form = Parameters::default();
    let own = if call.placement == Placement::Form { &mut form } else { &mut query };
    for (name, value) in call.parameters.iter() {
        own.push(name.to_owned(), value);
    }
    if let Some(token) = call.access_key.security_token() {
        query.push("SecurityToken", token);
    }
    query.push("SignatureMethod", "HMAC-SHA1");
    query.push("SignatureVersion", "1.0");
    query.push("AccessKeyId", call.access_key.id());
    let signature = signature(call.access_key.secret(), query.iter().chain(form.iter()));
    query.push("Signature", signature);

    let mut request = SignedRequest::new(&query.encoded(), form.encoded());
    let (host, action) = (("host", call.host), ("x-acs-action", call.action));
    request.push_all(&[host, action, ("x-acs-version", VERSION)]);
    request.push_all(call.headers);
    request
}

fn signature<'a>(secret: &[u8], parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let canonical = percent::encoded(&query::canonical(parameters));
    let to_sign = Zeroizing::new(["POST&%2F&", &canonical].concat());
    let key = Zeroizing::new([secret, b"&"].concat());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    BASE64.encode(hmac::sign(&key, to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::AccessKey;

    /// That the signature is the right one, the vectors of the vendor show.
    #[test]
    fn another_secret_signs_otherwise() -> crypto_envelope::Result<()> {
        let target = |secret: &[u8]| {
            let call = ToSign {
                action: "ListKeys",
                parameters: &Parameters::default(),
                placement: Placement::Url,
                host: "kms.cn-hangzhou.aliyuncs.com",
                access_key: &AccessKey::new("id", secret.to_vec())?,
                date: "2024-01-10T00:11:22Z",
                nonce: "n",
                headers: &[],
            };
            Ok::<_, crypto_envelope::Error>(sign(&call).target.to_string())
        };
        let (one, other) = (target(b"secret")?, target(b"another")?);
        let unsigned = |target: &str| target.split("&Signature=").next().map(ToOwned::to_owned);
        assert_ne!(one, other);
        assert_eq!(unsigned(&one), unsigned(&other));
        Ok(())
    }
}
