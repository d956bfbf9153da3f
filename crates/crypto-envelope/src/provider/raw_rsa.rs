//! Wrapping keys with an RSA key of one's own.

use std::fmt;

use super::{
    KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RsaKey, Target,
    Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
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
    /// The longest secret in bytes.
    longest: usize,
    keys: Keys,
}

impl RawRsaProvider {
    /// What every raw RSA key can be relied on for: it binds and authenticates nothing.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES);

    /// Encrypts with a public key; a private one decrypts too.
    ///
    /// `namespace` and `name` are stored in clear with every wrapped key, and have to be the same
    /// when it is unwrapped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key cannot be used, is shorter or longer than can be, or the
    /// names cannot be used, as with [`RawAesProvider::new`](super::RawAesProvider::new);
    /// [`Error::Unsupported`] if it needs a feature of this crate that is not enabled, which the
    /// error names.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        padding: RsaPadding,
        key: &RsaKey,
    ) -> Result<Self> {
        let (namespace, name) = (namespace.into(), name.into());
        super::check_raw_names(&namespace, &name)?;
        let keys = if let Some(pkcs8) = key.private_key() {
            let (private, public) = RsaPrivateKey::from_pkcs8(pkcs8, padding.into())?;
            Keys { public, private: Some(private) }
        } else {
            Keys {
                public: RsaPublicKey::from_spki(key.public_key(), padding.into())?,
                private: None,
            }
        };
        let longest = key.modulus_length().saturating_sub(padding.overhead());
        Ok(Self { namespace, name, padding, longest, keys })
    }

    fn is_mine(&self, key: &EncryptedDataKey) -> bool {
        key.provider_id() == self.namespace && key.provider_info() == self.name.as_bytes()
    }
}

#[async_trait]
impl KeyProvider for RawRsaProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        if request.secret.len() > self.longest {
            let message = "the secret is too long for the RSA key and its padding";
            return Err(Error::invalid_input(message));
        }
        let ciphertext = self.keys.public.encrypt(request.secret.expose());
        let ciphertext =
            ciphertext.map_err(|_| Error::Internal { what: "encrypting with RSA failed" })?;
        let info = self.name.as_bytes();
        Ok(vec![EncryptedDataKey::new(self.namespace.clone(), info, ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        if !self.is_mine(request.key) {
            return Ok(Unwrapped::NotMine);
        }
        let key = self.keys.private.as_ref().ok_or_else(|| {
            let message = format!(
                "of the RSA key {:?} only the public half is here: decrypt with the private key",
                self.name
            );
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
