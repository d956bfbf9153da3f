//! Encryption at the server: who may read an object, and what is said of it. Nothing is encrypted here.

use std::borrow::Cow;

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use super::{
    error::CosError,
    terms::{CustomerKeys, Terms},
};
use crate::fake::{crypto, http::Request};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Encryption {
    #[default]
    None,
    /// By a key of COS.
    Cos,
    /// By a key of KMS, with its id if one was named.
    Kms(Option<String>),
    Customer(CustomerKey),
}

/// What is kept of a customer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CustomerKey {
    hash: [u8; 32],
    md5: String,
}

impl Encryption {
    /// As a request wants it for what it writes.
    pub(super) fn of(request: &Request, terms: &Terms) -> Result<Self, CosError> {
        let customer = CustomerKey::of(request, Side::Target, terms)?;
        let kind = request.header(SERVER_SIDE);
        match (customer, kind) {
            (Some(_), Some(_)) => {
                Err(CosError::invalid_argument("Either COS has the key or the customer."))
            }
            (Some(key), None) => Ok(Self::Customer(key)),
            (None, None) => Ok(Self::None),
            (None, Some("AES256")) => Ok(Self::Cos),
            (None, Some("cos/kms")) => Ok(Self::Kms(request.header(KMS_KEY_ID).map(str::to_owned))),
            (None, Some(other)) => Err(CosError::invalid_argument(format!(
                "{SERVER_SIDE} is AES256 or cos/kms, not: {other}"
            ))),
        }
    }

    /// Refuses who has not the key, or has one for what needs none.
    pub(super) fn check(
        &self,
        request: &Request,
        side: Side,
        terms: &Terms,
    ) -> Result<(), CosError> {
        match (self, CustomerKey::of(request, side, terms)?) {
            (Self::Customer(key), Some(given)) => {
                constant_time::verify_slices_are_equal(&key.hash, &given.hash)
                    .map_err(|_| CosError::denied("The key is not that of the object."))
            }
            (Self::Customer(_), None) => Err(CosError::invalid_request(
                "The object is encrypted by a key of a customer, and the request has none.",
            )),
            (_, Some(_)) => Err(CosError::invalid_request(
                "The object is not encrypted by a key of a customer, and the request has one.",
            )),
            (_, None) => Ok(()),
        }
    }

    /// What answers say of it.
    pub(super) fn headers(&self) -> Vec<(Cow<'static, str>, String)> {
        let headers = match self {
            Self::None => vec![],
            Self::Cos => vec![(SERVER_SIDE, "AES256".to_owned())],
            Self::Kms(id) => {
                let id = id.clone().map(|id| (KMS_KEY_ID, id));
                [(SERVER_SIDE, "cos/kms".to_owned())].into_iter().chain(id).collect()
            }
            Self::Customer(key) => vec![
                ("x-cos-server-side-encryption-customer-algorithm", "AES256".to_owned()),
                ("x-cos-server-side-encryption-customer-key-MD5", key.md5.clone()),
            ],
        };
        headers.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
    }
}

/// Which object a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Target,
    /// That of a copy.
    Source,
}

impl CustomerKey {
    fn of(request: &Request, side: Side, terms: &Terms) -> Result<Option<Self>, CosError> {
        let prefix = match side {
            Side::Target => "x-cos-server-side-encryption-customer-",
            Side::Source => "x-cos-copy-source-server-side-encryption-customer-",
        };
        let header = |name: &str| request.header(&format!("{prefix}{name}"));
        let all = [header("algorithm"), header("key"), header("key-MD5")];
        if all == [None; 3] {
            return Ok(None);
        }
        if terms.customer_keys == CustomerKeys::OverTls {
            return Err(CosError::invalid_request("Keys of customers are sent by HTTPS alone."));
        }
        let [Some(algorithm), Some(key), Some(md5)] = all else {
            let message = "Algorithm, key and MD5 of the key of a customer come together.";
            return Err(CosError::invalid_argument(message));
        };
        if algorithm != "AES256" {
            let message = "The algorithm for a key of a customer is AES256.";
            return Err(CosError::invalid_argument(message));
        }
        let key = STANDARD.decode(key).ok().filter(|key| key.len() == 32).ok_or_else(|| {
            CosError::invalid_argument("The key of a customer has 32 bytes, in base64.")
        })?;
        if md5 != STANDARD.encode(Md5::digest(&key)) {
            let message = "The MD5 of the key of a customer is not that of the key.";
            return Err(CosError::invalid_argument(message));
        }
        Ok(Some(Self { hash: crypto::sha256(&key), md5: md5.to_owned() }))
    }
}

const SERVER_SIDE: &str = "x-cos-server-side-encryption";
const KMS_KEY_ID: &str = "x-cos-server-side-encryption-cos-kms-key-id";
