//! Requests and their signatures, at any time.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crypto_envelope::{Error, Result, SecretBytes};

use crate::{
    CosCredentials, CosEndpoint, CosMethod, ObjectKey, Presign, PresignedUrl,
    calls::Exchange,
    request::{Query, Request},
    sign::{self, KeyTime, SignKey, ToSign},
};

/// A request to be signed.
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct SignRequest<'a> {
    /// The method of HTTP.
    pub method: CosMethod,
    /// The object. None if it is about the bucket.
    pub key: Option<&'a ObjectKey>,
    /// Those of the URL, with their values.
    pub parameters: &'a [(&'a str, &'a str)],
    /// All that are sent, in whatever case. Those that are not signed are left out.
    pub headers: &'a [(&'a str, &'a str)],
    /// When it is signed.
    pub time: SystemTime,
    /// For how long the signature is good.
    pub good_for: Duration,
}

/// Not what is in headers and parameters.
impl fmt::Debug for SignRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SignRequest");
        shown.field("method", &self.method).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A signature, with what it is made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The request in the one form that both sides agree on. Keys and tokens may be in it.
    pub format_string: SecretBytes,
    /// What the signature is of.
    pub string_to_sign: String,
    /// The key that signs until its time is over.
    pub sign_key: SecretBytes,
    /// The header `Authorization`.
    pub authorization: String,
}

/// Signs a request.
///
/// # Errors
///
/// [`Error::InvalidInput`] if the credentials are anonymous.
pub fn sign(request: &SignRequest<'_>, credentials: &CosCredentials) -> Result<SignedRequest> {
    let key = credentials.key().ok_or_else(|| Error::invalid_input("nobody signs"))?;
    let path = request.key.map_or_else(|| "/".to_owned(), ObjectKey::signed_path);
    let parameters = request.parameters.iter();
    let query = parameters.fold(Query::default(), |query, (name, value)| query.with(name, *value));
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), *value))
        .filter(|(name, _)| sign::is_signed(name))
        .collect();
    let to_sign = || ToSign {
        method: request.method,
        path: &path,
        query: query.pairs(),
        headers: headers.iter().map(|(name, value)| (&**name, *value)).collect(),
    };
    let time = KeyTime::new(request.time, request.good_for);
    let format = to_sign().format();
    Ok(SignedRequest {
        format_string: SecretBytes::from(format.text.as_bytes()),
        string_to_sign: sign::string_to_sign(&format.text, time),
        sign_key: SecretBytes::from(SignKey::new(key, time).expose().as_bytes()),
        authorization: to_sign().sign(key, time).authorization(),
    })
}

/// Signs a URL in advance.
///
/// # Errors
///
/// As [`Presign::url`].
pub fn presign(
    presign: &Presign,
    endpoint: &CosEndpoint,
    credentials: &CosCredentials,
    time: SystemTime,
) -> Result<PresignedUrl> {
    presign.url_at(endpoint, credentials, time)
}

/// A request, as it is sent.
#[derive(Debug)]
pub struct Sent(Request);

impl Sent {
    /// The method of HTTP.
    #[must_use]
    pub fn method(&self) -> CosMethod {
        self.0.method
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// Names in lower case, and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.headers.iter()
    }

    /// All of it.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.0.body.concat()
    }
}

/// What is sent for a call.
///
/// # Errors
///
/// As [`CosClient::call`](crate::CosClient::call), without sending anything.
pub fn request(
    call: &impl Exchange,
    endpoint: &CosEndpoint,
    credentials: &CosCredentials,
    time: SystemTime,
) -> Result<Sent> {
    Request::new(call, endpoint, credentials, time).map(Sent)
}
