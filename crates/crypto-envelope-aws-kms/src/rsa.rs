//! An RSA key in KMS: anybody encrypts, KMS decrypts.

use std::sync::Arc;

use aws_sdk_kms::types::EncryptionAlgorithmSpec;
use crypto_envelope::{
    EncryptedDataKey, Error, Result,
    hazmat::{self, RsaEncryptor},
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RsaKey,
        RsaPadding, Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use crate::{
    AwsKmsArn, AwsKmsClients,
    calls::{Calls, Unwrap},
    wrapped_key,
};

/// Wraps data keys with the public half of an RSA key of KMS, without a call; KMS unwraps them (AWS
/// Encryption SDK specification, "AWS KMS RSA Keyring").
///
/// What is encrypted is the SHA-384 of the encryption context and then the data key, so that a key
/// opens under its own context only.
///
/// # Security
///
/// Anybody who has the public key can wrap: a message that opens was **not** necessarily written by
/// somebody you trust. For that reason the format does not allow suites that sign, whose verification
/// key only the wrapping would vouch for. KMS does not see the context, so no policy can ask for it.
#[derive(Clone, Debug)]
pub struct AwsKmsRsaProvider {
    arn: AwsKmsArn,
    padding: RsaPadding,
    public: Option<Arc<RsaEncryptor>>,
    calls: Option<Calls>,
}

impl AwsKmsRsaProvider {
    /// Binds the context; authenticates nobody; no suites that sign.
    pub const PROPERTIES: Properties =
        Properties::new(Targets::UNSIGNED_MESSAGES.union(Targets::KEY_RINGS)).binding_context();

    /// Decrypts by KMS. [`with_public_key`](Self::with_public_key) lets it encrypt too.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not the ARN of a key; [`Error::Unsupported`] if KMS does
    /// not know the padding: it does RSAES-OAEP with SHA-1 and SHA-256.
    pub fn new(clients: &AwsKmsClients, key_arn: &str, padding: RsaPadding) -> Result<Self> {
        Ok(Self { calls: Some(Calls::new(clients)), ..Self::without_kms(key_arn, padding)? })
    }

    /// Only encrypts, with a public key that was got before: no credentials, no network.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`with_public_key`](Self::with_public_key).
    pub fn offline(key_arn: &str, padding: RsaPadding, public_key: &RsaKey) -> Result<Self> {
        Self::without_kms(key_arn, padding)?.with_public_key(public_key)
    }

    /// Lets it encrypt, with the public half of the key: `aws kms get-public-key` shows it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it cannot be used, or has less than 2048 bits.
    pub fn with_public_key(mut self, public_key: &RsaKey) -> Result<Self> {
        let encryptor = RsaEncryptor::new(public_key, self.padding)?;
        if encryptor.modulus_length() < SHORTEST_MODULUS {
            return Err(Error::invalid_input("a KMS RSA key has 2048 bits or more"));
        }
        self.public = Some(Arc::new(encryptor));
        Ok(self)
    }

    /// Lets it encrypt, with the public key that KMS gives now.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`] if KMS refuses; as [`with_public_key`](Self::with_public_key).
    pub async fn with_public_key_of_kms(self) -> Result<Self> {
        let algorithm = algorithm(self.padding)?;
        let der = self.calls()?.decryption_key(&self.arn, algorithm).await?;
        self.with_public_key(&RsaKey::parse(&der)?)
    }

    /// Sends these grant tokens with every call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more than ten, or it makes no calls.
    pub fn with_grant_tokens<T: Into<String>>(
        mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        let calls = self.calls.as_mut();
        calls.ok_or_else(|| Error::invalid_input(OFFLINE))?.set_grant_tokens(tokens)?;
        Ok(self)
    }

    /// The key.
    #[must_use]
    pub fn key_arn(&self) -> &AwsKmsArn {
        &self.arn
    }

    /// What a wrapped key is, if an RSA key of KMS wrapped it: of whoever, without a call. Messages do
    /// not say with which hash.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        wrapped_key::arn(key, wrapped_key::RSA)
            .map(|arn| wrapped_key::describe(&arn).with_algorithm("RSAES_OAEP"))
    }

    fn without_kms(key_arn: &str, padding: RsaPadding) -> Result<Self> {
        let arn = wrapped_key::key_arn(key_arn)?;
        algorithm(padding)?;
        Ok(Self { arn, padding, public: None, calls: None })
    }

    fn calls(&self) -> Result<&Calls> {
        self.calls.as_ref().ok_or_else(|| unsupported(OFFLINE))
    }

    fn is_mine(&self, key: &EncryptedDataKey) -> bool {
        wrapped_key::arn(key, wrapped_key::RSA).is_some_and(|arn| arn == self.arn)
    }
}

#[async_trait]
impl KeyProvider for AwsKmsRsaProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let public = self.public.as_ref();
        let public = public.ok_or_else(|| unsupported("needs the public key to encrypt"))?;
        let bound = hazmat::bind(request.secret, request.context)?;
        let ciphertext = public.encrypt(&bound)?;
        Ok(vec![EncryptedDataKey::new(wrapped_key::RSA, self.arn.to_string(), ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        if !self.is_mine(request.key) {
            return Ok(Unwrapped::NotMine);
        }
        let (arn, region) = (&self.arn, self.arn.region());
        let unwrap = Unwrap { arn, region, ciphertext: request.key.ciphertext(), context: None };
        let bound = self.calls()?.decrypt(unwrap, Some(algorithm(self.padding)?)).await?;
        let secret = hazmat::release(&bound, request.context)?;
        wrapped_key::check_length(&secret, request.target, arn)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.is_mine(key).then(|| {
            wrapped_key::describe(&self.arn).with_algorithm(match self.padding {
                RsaPadding::OaepSha1 => "RSAES_OAEP_SHA_1",
                _ => "RSAES_OAEP_SHA_256",
            })
        })
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

fn algorithm(padding: RsaPadding) -> Result<EncryptionAlgorithmSpec> {
    match padding {
        RsaPadding::OaepSha1 => Ok(EncryptionAlgorithmSpec::RsaesOaepSha1),
        RsaPadding::OaepSha256 => Ok(EncryptionAlgorithmSpec::RsaesOaepSha256),
        _ => {
            Err(Error::unsupported("a padding that KMS does not know: OAEP with SHA-1 or SHA-256"))
        }
    }
}

fn unsupported(what: &str) -> Error {
    let message = format!("this provider of a KMS RSA key {what}");
    ProviderError::new(ProviderErrorKind::Unsupported, message).into()
}

const OFFLINE: &str = "was made without access to KMS";
/// In bytes.
const SHORTEST_MODULUS: usize = 2048 / 8;
