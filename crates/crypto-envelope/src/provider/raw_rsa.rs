//! Wrapping keys with an RSA key of one's own.

use std::fmt;

use super::{
    KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, Target, Targets,
    UnwrapRequest, Unwrapped, WrapRequest, async_trait, rsa_key,
};
use crate::{
    EncryptedDataKey, Error, Result, SecretBytes,
    crypto::{RsaPadding, RsaPrivateKey, RsaPublicKey},
};

/// Wraps data keys with a raw RSA key, as the official SDKs' raw RSA keyrings and master keys do
/// (AWS Encryption SDK specification, "Raw RSA keyring").
///
/// With a public key alone it can only encrypt. Keys have 2048 to 8192 bits; the feature
/// `rustcrypto-rsa` adds those of 1024 and more. Without the feature `aws-lc` it is needed for all.
///
/// # Security
///
/// Anybody who has the public key can wrap: a message that opens was **not** necessarily written
/// by somebody you trust, and the encryption context is bound by the message, not by the wrapping.
/// Serves messages only.
#[derive(Debug)]
pub struct RawRsaProvider {
    namespace: String,
    name: String,
    padding: RsaPadding,
    keys: Keys,
}

impl RawRsaProvider {
    /// What every raw RSA key can be relied on for: it binds and authenticates nothing.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES);

    /// Encrypts and decrypts with a private key, in PEM or DER, PKCS#8 or PKCS#1.
    ///
    /// `namespace` and `name` are stored in clear with every wrapped key, and have to be the same
    /// when it is unwrapped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not a private RSA key of a length that can be used or the
    /// names cannot be used, as with [`RawAesProvider::new`](super::RawAesProvider::new);
    /// [`Error::Unsupported`] if the key is encrypted with a password, or needs a feature of this
    /// crate that is not enabled, which the error names.
    pub fn with_private_key(
        namespace: impl Into<String>,
        name: impl Into<String>,
        padding: RsaPadding,
        key: &[u8],
    ) -> Result<Self> {
        let pkcs8 = rsa_key::to_pkcs8(key)?;
        let (private, public) = RsaPrivateKey::from_pkcs8(&pkcs8, padding)?;
        Self::new(namespace.into(), name.into(), padding, Keys { public, private: Some(private) })
    }

    /// Encrypts with a public key, in PEM or DER, `SubjectPublicKeyInfo` or PKCS#1.
    ///
    /// # Errors
    ///
    /// As [`with_private_key`](Self::with_private_key).
    pub fn with_public_key(
        namespace: impl Into<String>,
        name: impl Into<String>,
        padding: RsaPadding,
        key: &[u8],
    ) -> Result<Self> {
        let public = RsaPublicKey::from_spki(&rsa_key::to_spki(key)?, padding)?;
        Self::new(namespace.into(), name.into(), padding, Keys { public, private: None })
    }

    /// The public key of a key in any form that this provider takes, as `SubjectPublicKeyInfo` in
    /// DER: the same for a private key and its public half, so it tells whether two files hold the
    /// same key.
    ///
    /// # Errors
    ///
    /// As [`with_private_key`](Self::with_private_key).
    pub fn public_key_of(key: &[u8]) -> Result<Vec<u8>> {
        // Any padding will do: only the key is looked at.
        let padding = RsaPadding::OaepSha256;
        if let Ok(spki) = rsa_key::to_spki(key)
            && RsaPublicKey::from_spki(&spki, padding).is_ok()
        {
            return Ok(spki);
        }
        let pkcs8 = rsa_key::to_pkcs8(key)?;
        RsaPrivateKey::from_pkcs8(&pkcs8, padding)?;
        rsa_key::spki_of_pkcs8(&pkcs8)
            .ok_or(Error::Internal { what: "a private key without its public numbers" })
    }

    fn new(namespace: String, name: String, padding: RsaPadding, keys: Keys) -> Result<Self> {
        super::check_raw_names(&namespace, &name)?;
        Ok(Self { namespace, name, padding, keys })
    }

    fn is_mine(&self, key: &EncryptedDataKey) -> bool {
        key.provider_id() == self.namespace && key.provider_info() == self.name.as_bytes()
    }
}

#[async_trait]
impl KeyProvider for RawRsaProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let ciphertext = self.keys.public.encrypt(request.secret.expose()).map_err(|_| {
            Error::invalid_input("the secret is too long for the RSA key and its padding")
        })?;
        let info = self.name.as_bytes();
        Ok(vec![EncryptedDataKey::new(self.namespace.clone(), info, ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        if !self.is_mine(request.key) {
            return Ok(Unwrapped::NotMine);
        }
        let key = self.keys.private.as_ref().ok_or_else(|| {
            let message = format!("of the RSA key {:?} only the public half is here", self.name);
            ProviderError::new(ProviderErrorKind::Unsupported, message)
        })?;
        Ok(Unwrapped::Key(open(key, request)?))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.is_mine(key).then(|| {
            KeyDescription::new().with_key_id(&self.name).with_algorithm(self.padding.name())
        })
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

/// One and the same error for everything that can be wrong with the ciphertext: which of it, with
/// PKCS#1 v1.5, would give the key away bit by bit.
fn open(key: &RsaPrivateKey, request: UnwrapRequest<'_>) -> Result<SecretBytes> {
    let fits = |secret: &SecretBytes| match request.target {
        Target::Message(suite) => secret.len() == suite.data_key_length(),
        Target::Detached(_) => true,
    };
    key.decrypt(request.key.ciphertext()).ok().filter(fits).ok_or_else(Error::unauthentic_key)
}

struct Keys {
    public: RsaPublicKey,
    private: Option<RsaPrivateKey>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.private.is_some() { "private" } else { "public" })
    }
}
