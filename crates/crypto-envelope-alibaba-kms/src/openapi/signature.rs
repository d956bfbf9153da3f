//! From a call to the request that is sent.

use std::fmt;

use crypto_envelope::{Error, Result};
use zeroize::Zeroizing;

use super::{access_key::AccessKey, acs3, acs4, canonical::sha256_hex, query::Parameters, rpc};

/// How requests are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signature {
    /// `ACS3-HMAC-SHA256`, as the vendor's present SDKs do.
    #[default]
    Acs3,
    /// `ACS4-HMAC-SHA256`, where the key that signs is good for one day and one region only: made by
    /// [`acs4`](Self::acs4).
    #[non_exhaustive]
    Acs4 {
        /// The region of the gateway, such as `cn-hangzhou`.
        region: String,
    },
    /// `HMAC-SHA1`, as the vendor's old SDKs do: for gateways that know nothing else. The token of a
    /// temporary access key stands in the URL then.
    RpcHmacSha1,
}

impl Signature {
    /// [`Signature::Acs4`] for a region, such as `cn-hangzhou`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if that is no name of a region.
    pub fn acs4(region: impl Into<String>) -> Result<Self> {
        let region = region.into();
        let plausible = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if region.is_empty() || region.len() > 64 || !region.chars().all(plausible) {
            let message = format!("{region:?} is no region of Alibaba Cloud, such as cn-hangzhou");
            return Err(Error::invalid_input(message));
        }
        Ok(Self::Acs4 { region })
    }

    /// What is signed, but by RPC.
    #[cfg(feature = "wire")]
    pub(crate) fn canonical(&self, call: &ToSign<'_>) -> Option<super::canonical::Canonical> {
        match self {
            Self::Acs3 => Some(acs3::canonical(call, &call.unsigned())),
            Self::Acs4 { .. } => Some(acs4::canonical(call, &call.unsigned())),
            Self::RpcHmacSha1 => None,
        }
    }

    pub(crate) fn sign(&self, call: &ToSign<'_>) -> SignedRequest {
        match self {
            Self::Acs3 => acs3::sign(call),
            Self::Acs4 { region } => acs4::sign(call, region),
            Self::RpcHmacSha1 => rpc::sign(call),
        }
    }
}

/// Where the parameters of a call stand, which may hold plaintext.
///
/// Either way this crate wipes its own copies of them: of the parameters, of the URL or the form, and of what is
/// signed. The HTTP library has further ones that nobody can wipe: of a URL the parsed URL and the head of
/// the request, and of both the buffers that they are written from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placement {
    /// In the URL, as the vendor's SDKs do. What ends TLS on the way to KMS may write URLs to its
    /// logs.
    #[default]
    Url,
    /// In the body, as a form. The signatures cover it, but no gateway has been seen that takes it.
    Form,
}

/// What is signed.
pub(crate) struct ToSign<'a> {
    pub(crate) action: &'a str,
    pub(crate) parameters: &'a Parameters,
    pub(crate) placement: Placement,
    /// With the port, if it is not that of the scheme.
    pub(crate) host: &'a str,
    pub(crate) access_key: &'a AccessKey,
    /// As `2024-01-10T00:11:22Z`.
    pub(crate) date: &'a str,
    /// Any text that was not used before.
    pub(crate) nonce: &'a str,
    /// Further headers. ACS3 signs them all, ACS4 those that begin with `x-acs-`.
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

impl ToSign<'_> {
    /// The request of ACS3 and ACS4, without its signature.
    pub(crate) fn unsigned(&self) -> SignedRequest {
        let parameters = self.parameters.encoded();
        let mut request = match self.placement {
            Placement::Url => SignedRequest::new(&parameters, Zeroizing::default()),
            Placement::Form => SignedRequest::new("", parameters),
        };
        request.push_all(self.headers);
        let content = sha256_hex(request.body.as_bytes());
        request.push_all(&[
            ("host", self.host),
            ("x-acs-version", VERSION),
            ("x-acs-action", self.action),
            ("x-acs-date", self.date),
            ("x-acs-signature-nonce", self.nonce),
            ("x-acs-content-sha256", &content),
        ]);
        if let Some(token) = self.access_key.security_token() {
            let id = self.access_key.id();
            request.push_all(&[("x-acs-accesskey-id", id), ("x-acs-security-token", token)]);
        }
        request
    }
}

/// What is sent, with `POST`.
pub(crate) struct SignedRequest {
    /// Path and query.
    pub(crate) target: Zeroizing<String>,
    pub(crate) headers: Vec<(String, Zeroizing<String>)>,
    pub(crate) body: Zeroizing<String>,
}

impl SignedRequest {
    pub(crate) fn new(query: &str, body: Zeroizing<String>) -> Self {
        let target = if query.is_empty() { vec!["/"] } else { vec!["/?", query] };
        let target = Zeroizing::new(target.concat());
        let mut request = Self { target, headers: Vec::new(), body };
        if !request.body.is_empty() {
            request.push("content-type", "application/x-www-form-urlencoded");
        }
        request
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    pub(crate) fn push_all(&mut self, headers: &[(&str, &str)]) {
        for (name, value) in headers {
            self.push(name, value);
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedRequest")
    }
}

/// Of the API.
pub(crate) const VERSION: &str = "2016-01-20";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_checked() {
        assert!(Signature::acs4("cn-hangzhou").is_ok());
        for wrong in ["", "cn/hangzhou", "cn-hangzhou\n", "CN"] {
            assert!(Signature::acs4(wrong).is_err(), "{wrong:?}");
        }
        assert!(Signature::acs4("a".repeat(65)).is_err());
    }
}
