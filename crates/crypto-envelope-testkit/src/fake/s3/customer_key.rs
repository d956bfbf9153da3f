//! Keys of customers (SSE-C): those that requests bring, and what is kept of them.

use std::{borrow::Cow, fmt};

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope::SecretBytes;
use md5::{Digest as _, Md5};

use super::error::S3Error;
use crate::fake::{crypto, http::Request};

/// That of a request.
pub(super) struct CustomerKey {
    key: SecretBytes,
    md5: String,
}

/// Which object a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// That which is written.
    Target,
    /// That which is read.
    Read,
    /// That of a copy.
    Source,
}

impl CustomerKey {
    pub(super) fn of(request: &Request, side: Side) -> Result<Option<Self>, S3Error> {
        let prefix = match side {
            Side::Target | Side::Read => "x-amz-server-side-encryption-customer-",
            Side::Source => "x-amz-copy-source-server-side-encryption-customer-",
        };
        let header = |name: &str| request.header(&format!("{prefix}{name}"));
        let (algorithm, key, md5) = (header("algorithm"), header("key"), header("key-MD5"));
        if [algorithm, key, md5] == [None; 3] {
            return Ok(None);
        }
        let algorithm = algorithm.ok_or_else(|| invalid("a valid encryption algorithm."))?;
        if algorithm != ALGORITHM {
            let message = "The Encryption request you specified is not valid. Supported value: \
                           AES256.";
            return Err(S3Error::new(400, "InvalidEncryptionAlgorithmError", message));
        }
        let key = key.ok_or_else(|| invalid("an appropriate secret key."))?;
        let md5 = md5.ok_or_else(|| match side {
            Side::Read => S3Error::denied("Access Denied"),
            Side::Target | Side::Source => invalid("the client calculated MD5 of the secret key."),
        })?;
        let key = STANDARD.decode(key).ok().filter(|key| key.len() == 32).ok_or_else(|| {
            let message = "The secret key was invalid for the specified algorithm.";
            S3Error::invalid_argument(message)
        })?;
        let key = Self::of_bytes(&key);
        if md5 != key.md5 {
            let message = "The calculated MD5 hash of the key did not match the hash that was \
                           provided.";
            return Err(S3Error::invalid_argument(message));
        }
        Ok(Some(key))
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let md5 = STANDARD.encode(Md5::digest(bytes));
        Self { key: SecretBytes::from(bytes.to_vec()), md5 }
    }

    /// For AES-256.
    pub(super) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Both sides have 32 bytes, by `of`.
        bytes.iter_mut().zip(self.key.expose()).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// What answers say of it.
    pub(super) fn echo(&self, echo: Echo) -> Vec<(Cow<'static, str>, String)> {
        let md5 = match echo {
            Echo::True => self.md5.clone(),
            Echo::OfAnother => STANDARD.encode(crypto::random::<16>()),
        };
        let headers = [
            ("x-amz-server-side-encryption-customer-algorithm", ALGORITHM.to_owned()),
            ("x-amz-server-side-encryption-customer-key-MD5", md5),
        ];
        headers.map(|(name, value)| (Cow::Borrowed(name), value)).into()
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerKey").finish_non_exhaustive()
    }
}

/// Whose digest an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    True,
    OfAnother,
}

/// What is kept of a key: it tells whether another one is the same, and nothing else.
#[derive(Clone, Debug)]
pub(super) struct KeyDigest {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl KeyDigest {
    pub(super) fn of(key: &CustomerKey) -> Self {
        let salt = crypto::random();
        Self { salt, hash: Self::hash(&salt, key) }
    }

    pub(super) fn is_of(&self, key: &CustomerKey) -> bool {
        let hash = Self::hash(&self.salt, key);
        constant_time::verify_slices_are_equal(&self.hash, &hash).is_ok()
    }

    fn hash(salt: &[u8; 16], key: &CustomerKey) -> [u8; 32] {
        crypto::sha256(&[&salt[..], key.key.expose()].concat())
    }
}

fn invalid(what: &str) -> S3Error {
    S3Error::invalid_argument(format!(
        "Requests specifying Server Side Encryption with Customer provided keys must provide {what}"
    ))
}

impl S3Error {
    pub(super) fn key_is_missing() -> Self {
        Self::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters \
             must be provided to retrieve the object.",
        )
    }
}

const ALGORITHM: &str = "AES256";
