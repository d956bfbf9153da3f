//! Encryption at the server: by whose key, who may read, and what is said of it.

use std::borrow::Cow;

use super::{
    customer_key::{CustomerKey, KeyDigest},
    error::S3Error,
};
use crate::fake::http::Request;

/// Of an object, or of an upload.
#[derive(Clone, Debug)]
pub(super) enum Protection {
    /// By a key of the service. The fake does not encrypt these.
    Service(ServiceKey),
    Customer(KeyDigest),
}

/// As requests name it, and the setting of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceKey {
    /// `AES256` or `aws:kms`.
    pub(super) algorithm: String,
    /// That of KMS, if one was named.
    pub(super) id: Option<String>,
}

impl Protection {
    /// As a request wants it for what it writes, or else as its bucket does.
    pub(super) fn of(
        request: &Request,
        key: Option<&CustomerKey>,
        default: &ServiceKey,
    ) -> Result<Self, S3Error> {
        let named = ServiceKey::of(request)?;
        match (key, named) {
            (Some(_), Some(_)) => Err(S3Error::invalid_argument(
                "Server Side Encryption with Customer provided key is incompatible with the \
                 encryption method specified",
            )),
            (Some(key), None) => Ok(Self::Customer(KeyDigest::of(key))),
            (None, named) => Ok(Self::Service(named.unwrap_or_else(|| default.clone()))),
        }
    }

    /// Refuses who has not the key, or has one for what needs none.
    pub(super) fn check(&self, key: Option<&CustomerKey>) -> Result<(), S3Error> {
        match (self, key) {
            (Self::Customer(digest), Some(key)) if digest.is_of(key) => Ok(()),
            (Self::Customer(_), Some(_)) => Err(S3Error::denied("Access Denied")),
            (Self::Customer(_), None) => Err(S3Error::key_is_missing()),
            (Self::Service(_), Some(_)) => Err(S3Error::invalid_request(
                "The encryption parameters are not applicable to this object.",
            )),
            (Self::Service(_), None) => Ok(()),
        }
    }

    /// The same for a part of an upload.
    pub(super) fn check_part(&self, key: Option<&CustomerKey>) -> Result<(), S3Error> {
        let message = match (self, key) {
            (Self::Customer(digest), Some(key)) if digest.is_of(key) => return Ok(()),
            (Self::Service(_), None) => return Ok(()),
            (Self::Customer(_), Some(_)) => {
                "The provided encryption parameters did not match the ones used originally."
            }
            (Self::Customer(_), None) => {
                "The multipart upload initiate requested encryption. Subsequent part requests must \
                 include the appropriate encryption parameters."
            }
            (Self::Service(_), Some(_)) => {
                "The multipart upload initiate did not request encryption. The encryption \
                 parameters are not applicable to this upload."
            }
        };
        Err(S3Error::invalid_request(message))
    }

    /// What answers say of a key of the service. Of that of a customer they have what the request had.
    pub(super) fn headers(&self) -> Vec<(Cow<'static, str>, String)> {
        match self {
            Self::Service(ServiceKey { algorithm, id }) => {
                let id = id.clone().map(|id| (Cow::Borrowed(KMS_KEY_ID), id));
                [(Cow::Borrowed(SERVICE), algorithm.clone())].into_iter().chain(id).collect()
            }
            Self::Customer(_) => Vec::new(),
        }
    }

    /// Whether two objects are protected alike, as far as it takes no key to know.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Service(one), Self::Service(other)) => one == other,
            _ => false,
        }
    }
}

impl ServiceKey {
    /// What everything is encrypted with unless told otherwise.
    pub(super) fn usual() -> Self {
        Self { algorithm: "AES256".to_owned(), id: None }
    }

    pub(super) fn of(request: &Request) -> Result<Option<Self>, S3Error> {
        let Some(algorithm) = request.header(SERVICE) else { return Ok(None) };
        if !ALGORITHMS.contains(&algorithm) {
            let message = "The encryption method specified is not supported";
            return Err(S3Error::invalid_argument(message)
                .with("ArgumentName", SERVICE)
                .with("ArgumentValue", algorithm));
        }
        let id = request.header(KMS_KEY_ID).map(str::to_owned);
        Ok(Some(Self { algorithm: algorithm.to_owned(), id }))
    }
}

pub(super) const ALGORITHMS: [&str; 3] = ["AES256", "aws:kms", "aws:kms:dsse"];
const SERVICE: &str = "x-amz-server-side-encryption";
const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
