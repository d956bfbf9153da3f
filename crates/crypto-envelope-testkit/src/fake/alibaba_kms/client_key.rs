//! Who may call.

use std::fmt;

use aws_lc_rs::rsa::KeySize;

use super::Refusal;
use crate::fake::{
    crypto::{self, SigningKey},
    pem,
};

/// A `ClientKey`, which signs requests. It is **no secret**: it opens nothing but a fake.
#[derive(Clone)]
pub struct ClientKey {
    id: String,
    private_key: Vec<u8>,
}

impl ClientKey {
    /// As `KAAP.` and a UUID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The private key, RSA of 2048 bits, as DER of PKCS #8.
    #[must_use]
    pub fn private_key(&self) -> &[u8] {
        &self.private_key
    }

    /// As [`private_key`](Self::private_key), in PEM.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        pem::encode("PRIVATE KEY", &self.private_key)
    }

    /// A new one, and its public key.
    pub(crate) fn generate() -> Result<(Self, Vec<u8>), Refusal> {
        let key = SigningKey::generate(KeySize::Rsa2048)?;
        let id = format!("KAAP.{}", crypto::uuid());
        Ok((Self { id, private_key: key.private_key()? }, key.public_key()?))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("id", &self.id).finish_non_exhaustive()
    }
}
