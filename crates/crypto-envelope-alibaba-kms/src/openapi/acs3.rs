//! Requests that are signed with `ACS3-HMAC-SHA256`.

use super::{
    canonical::Canonical,
    signature::{SignedRequest, ToSign},
};

pub(crate) fn sign(call: &ToSign<'_>) -> SignedRequest {
    let mut request = call.unsigned();
    let (id, secret) = (call.access_key.id(), call.access_key.secret());
    let authorization = canonical(call, &request).authorization(SCHEME, id, secret);
    request.push("authorization", &authorization);
    request
}

/// Of a request without its signature.
pub(crate) fn canonical(call: &ToSign<'_>, request: &SignedRequest) -> Canonical {
    Canonical::new(call, request, |_| true)
}

const SCHEME: &str = "ACS3-HMAC-SHA256";
