//! Requests that are signed with `ACS4-HMAC-SHA256`.

use zeroize::Zeroizing;

use super::{
    canonical::{Canonical, hmac_sha256},
    signature::{SignedRequest, ToSign},
};

pub(crate) fn sign(call: &ToSign<'_>, region: &str) -> SignedRequest {
    let mut request = call.unsigned();
    let canonical = canonical(call, &request);
    let day: String = call.date.chars().take(10).filter(char::is_ascii_digit).collect();
    let scope = [day.as_str(), region, PRODUCT, TERMINATOR];
    let first = Zeroizing::new([KEY_PREFIX, call.access_key.secret()].concat());
    let key = scope.iter().fold(first, |key, part| hmac_sha256(&key, part.as_bytes()));
    let credential = format!("{}/{}", call.access_key.id(), scope.join("/"));
    let authorization = canonical.authorization(SCHEME, &credential, &key);
    request.push("authorization", &authorization);
    request
}

/// Of a request without its signature.
pub(crate) fn canonical(call: &ToSign<'_>, request: &SignedRequest) -> Canonical {
    Canonical::new(call, request, |name| {
        name.starts_with("x-acs-") || name == "host" || name == "content-type"
    })
}

const SCHEME: &str = "ACS4-HMAC-SHA256";
const KEY_PREFIX: &[u8] = b"aliyun_v4";
const PRODUCT: &str = "Kms";
const TERMINATOR: &str = "aliyun_v4_request";
