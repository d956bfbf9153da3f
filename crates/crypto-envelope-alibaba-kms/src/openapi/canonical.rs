//! What ACS3 and ACS4 have in common.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::{
    query,
    signature::{Placement, SignedRequest, ToSign},
};

/// The request in the one form that both sides agree on.
pub(crate) struct Canonical {
    pub(crate) text: Zeroizing<String>,
    signed_headers: String,
}

impl Canonical {
    /// Signs the headers that `is_signed` takes.
    pub(crate) fn new(
        call: &ToSign<'_>,
        request: &SignedRequest,
        is_signed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut headers: Vec<_> =
            request.headers.iter().filter(|(name, _)| is_signed(name)).collect();
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let signed_headers = names.join(";");
        let query = match call.placement {
            Placement::Url => query::canonical(call.parameters.iter()),
            Placement::Form => Zeroizing::default(),
        };
        let mut parts = vec!["POST\n/\n", &query, "\n"];
        for (name, value) in &headers {
            parts.extend([name, ":", value.trim(), "\n"]);
        }
        let content = request.header(CONTENT_HASH).unwrap_or_default();
        parts.extend(["\n", &signed_headers, "\n", content]);
        Self { text: Zeroizing::new(parts.concat()), signed_headers }
    }

    /// The header `Authorization`. `credential` says whose key it is.
    pub(crate) fn authorization(&self, scheme: &str, credential: &str, key: &[u8]) -> String {
        let to_sign = format!("{scheme}\n{}", sha256_hex(self.text.as_bytes()));
        let signature = hex(&hmac_sha256(key, to_sign.as_bytes()));
        let names = &self.signed_headers;
        format!("{scheme} Credential={credential},SignedHeaders={names},Signature={signature}")
    }
}

pub(crate) fn hmac_sha256(key: &[u8], text: &[u8]) -> Zeroizing<Vec<u8>> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    Zeroizing::new(tag.as_ref().to_vec())
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// In lower case.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

const CONTENT_HASH: &str = "x-acs-content-sha256";
