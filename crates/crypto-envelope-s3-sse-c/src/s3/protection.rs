//! How an object is protected on a server.

use aws_sdk_s3::types::ServerSideEncryption;
use crypto_envelope::Result;

use crate::{
    Declaration, ObjectKeys, ObjectPlace, SseCError, SseCErrorKind, StoredObject,
    headers::Echo,
    s3::{builders::WithCustomerKey, error::About, guard::Seen, object_keys::ObjectKey},
};

/// How an object is protected on a server, or is to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Protection {
    /// As the bucket is set: nothing is asked for. What is read may be under a key of the server, or in plain.
    OfBucket,
    /// With a key of the server.
    ServerKey(ServerKey),
    /// With a customer key.
    CustomerKey(ObjectKeys),
}

/// A key that the server has (SSE-S3, SSE-KMS).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerKey {
    /// One that the server chooses and keeps: `AES256`.
    S3,
    /// One of a key service: `aws:kms`.
    #[non_exhaustive]
    Kms {
        /// Which; the one of the account, if it is not said.
        key_id: Option<String>,
    },
}

impl ServerKey {
    /// A key of a key service.
    #[must_use]
    pub fn kms(key_id: Option<String>) -> Self {
        Self::Kms { key_id }
    }

    fn algorithm(&self) -> ServerSideEncryption {
        match self {
            Self::S3 => ServerSideEncryption::Aes256,
            Self::Kms { .. } => ServerSideEncryption::AwsKms,
        }
    }

    /// What an answer says about it.
    fn echo(&self, seen: &Seen) -> Echo {
        match seen.server_side() {
            Some(said) if said == self.algorithm().as_str() => Echo::Right,
            Some(_) => Echo::Wrong,
            None => Echo::Missing,
        }
    }
}

impl<K: Into<ObjectKeys>> From<K> for Protection {
    fn from(keys: K) -> Self {
        Self::CustomerKey(keys.into())
    }
}

/// How one object is written.
#[derive(Clone, Debug)]
pub(crate) enum Seal {
    OfBucket,
    ServerKey(ServerKey),
    CustomerKey(ObjectKey),
}

impl Protection {
    pub(crate) async fn seal(&self, place: &ObjectPlace) -> Result<Seal> {
        Ok(match self {
            Self::OfBucket => Seal::OfBucket,
            Self::ServerKey(key) => Seal::ServerKey(key.clone()),
            Self::CustomerKey(keys) => Seal::CustomerKey(keys.for_writing(place).await?),
        })
    }

    /// Demands that what is read is under the key of the server that it was said to be under. Of customer keys that is
    /// demanded where they are tried.
    pub(crate) fn check_read(&self, seen: &Seen, about: &About) -> Result<(), SseCError> {
        let Self::ServerKey(key) = self else { return Ok(()) };
        if key.echo(seen) == Echo::Right {
            return Ok(());
        }
        let how = seen.server_side().unwrap_or("nothing");
        let finding = format!(
            "the object is not under a key of the server as was said ({}), but under {how}",
            key.algorithm().as_str()
        );
        Err(SseCError::found(about.clone(), SseCErrorKind::NotEncrypted, finding))
    }
}

impl Seal {
    pub(crate) fn customer_key(&self) -> Option<&ObjectKey> {
        match self {
            Self::CustomerKey(key) => Some(key),
            Self::OfBucket | Self::ServerKey(_) => None,
        }
    }

    /// In words, which tell it from every other one.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::OfBucket => "what the bucket is set to".to_owned(),
            Self::ServerKey(ServerKey::S3) => "a key of the server".to_owned(),
            Self::ServerKey(ServerKey::Kms { key_id: None }) => {
                "a key of its key service".to_owned()
            }
            Self::ServerKey(ServerKey::Kms { key_id: Some(id) }) => {
                format!("the key {id} of its key service")
            }
            Self::CustomerKey(key) => {
                format!("the customer key with the MD5 {}", key.key.digest().as_str())
            }
        }
    }

    /// The customer key, if there is one, on any request.
    pub(crate) fn on<B: WithCustomerKey>(&self, request: B) -> B {
        match self.customer_key() {
            Some(key) => request.with_customer_key(&key.key),
            None => request,
        }
    }

    /// What requests say that begin to write.
    pub(crate) fn server_side(&self, declaration: Declaration) -> Option<ServerSideEncryption> {
        match self {
            Self::OfBucket => None,
            Self::ServerKey(key) => Some(key.algorithm()),
            Self::CustomerKey(_) => declaration.header(),
        }
    }

    /// What requests say that begin to write.
    pub(crate) fn kms_key_id(&self) -> Option<String> {
        match self {
            Self::ServerKey(ServerKey::Kms { key_id }) => key_id.clone(),
            _ => None,
        }
    }

    /// What an answer says about it.
    pub(crate) fn echo(&self, seen: &Seen) -> Echo {
        match self {
            Self::OfBucket => Echo::Right,
            Self::CustomerKey(key) => seen.echo(key.key.digest()),
            Self::ServerKey(key) => key.echo(seen),
        }
    }

    /// Demands that an answer says that it was done.
    pub(crate) fn demand(
        &self,
        seen: &Seen,
        about: &About,
        stored: impl FnOnce() -> Option<StoredObject>,
    ) -> Result<(), SseCError> {
        if self.echo(seen) == Echo::Right {
            return Ok(());
        }
        let asked = match self {
            Self::CustomerKey(_) => "the customer key",
            _ => "the encryption that was asked for",
        };
        let finding = format!("the server does not say that it used {asked}");
        let error = SseCError::found(about.clone(), SseCErrorKind::NotProtected, finding);
        Err(match stored() {
            Some(stored) => error.with_stored(stored),
            None => error,
        })
    }
}
