//! Who may call an instance.

use std::{fmt, io};

use aws_lc_rs::rsa::KeySize;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{Refusal, pkcs12};
use crate::fake::{
    crypto::{self, SigningKey},
    pem, tls,
};

/// A `ClientKey`, which signs requests. It is **no secret**: it opens nothing but a fake.
#[derive(Clone)]
pub struct ClientKey {
    pub(super) id: String,
    pub(super) private_key: Vec<u8>,
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

    /// The file that the console of the vendor gives: JSON with the id, and with the private key and a
    /// certificate in PKCS #12 under a password.
    ///
    /// # Errors
    ///
    /// If AWS-LC cannot sign the certificate.
    pub fn to_json(&self, password: &str) -> io::Result<String> {
        let certificate = tls::rsa_certificate(&self.id, &self.private_key)?;
        let file = pkcs12::write(&certificate, &self.private_key, password);
        Ok(json!({"KeyId": self.id, "PrivateKeyData": STANDARD.encode(file)}).to_string())
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
