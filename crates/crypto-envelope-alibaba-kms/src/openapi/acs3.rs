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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::{Signature, test_vectors::Case};

    #[test]
    fn requests_are_those_of_the_vendor() {
        for case in Case::all("public_acs3.json", 8) {
            case.with_call(|call| {
                let canonical = canonical(call, &call.unsigned());
                assert_eq!(*canonical.text, case.text("canonical_request"));
                case.check(&Signature::Acs3.sign(call));
            });
        }
    }
}
