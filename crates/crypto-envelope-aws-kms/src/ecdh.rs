//! A key on an elliptic curve in KMS, which agrees with that of somebody else.

use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    hazmat::EcdhParties,
    provider::{
        EcKey, KeyDescription, KeyProvider, Properties, RawEcdhProvider, Targets, UnwrapRequest,
        Unwrapped, WrapRequest, async_trait,
    },
};

use crate::{AwsKmsArn, AwsKmsClients, calls::Calls, wrapped_key};

/// Wraps data keys with what a key of KMS on an elliptic curve agrees on with that of somebody else (AWS Encryption SDK
/// specification, "AWS KMS ECDH Keyring"), on P-256, P-384 or P-521. The other one may be in KMS too, or anywhere.
///
/// With a [peer](Self::with_peer) it encrypts, and decrypts what either wrapped for the other. Without one it decrypts
/// whatever was wrapped for this key, whoever it was, and does not encrypt. To encrypt *to* a key of KMS without a call, give
/// its [public half](Self::public_key) to [`RawEcdhProvider::to`].
///
/// # Security
///
/// Binds the encryption context. With a peer it authenticates that one of both wrapped. KMS does not see the context, so no
/// policy can ask for it. Serves messages and key rings. Each wrapping and each unwrapping is one call of `DeriveSharedSecret`.
#[derive(Clone, Debug)]
pub struct AwsKmsEcdhProvider {
    arn: AwsKmsArn,
    public: EcKey,
    peer: Option<Peer>,
    calls: Calls,
}

#[derive(Clone, Debug)]
struct Peer {
    key: EcKey,
    parties: EcdhParties,
    reversed: EcdhParties,
}

impl AwsKmsEcdhProvider {
    /// With the public half of the key, which was got before. No call is made.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not the ARN of a key.
    pub fn new(clients: &AwsKmsClients, key_arn: &str, public_key: &EcKey) -> Result<Self> {
        let (arn, public) = (wrapped_key::key_arn(key_arn)?, public_key.to_public());
        Ok(Self { arn, public, peer: None, calls: Calls::new(clients) })
    }

    /// With the public half that KMS gives now.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`](crypto_envelope::provider::ProviderError) if KMS refuses, or the key is not for agreement; as
    /// [`new`](Self::new).
    pub async fn load(clients: &AwsKmsClients, key_arn: &str) -> Result<Self> {
        let arn = wrapped_key::key_arn(key_arn)?;
        let der = Calls::new(clients).agreement_key(&arn).await?;
        Self::new(clients, key_arn, &EcKey::parse(&der)?)
    }

    /// Encrypts for the owner of another key, and decrypts what either wrapped for the other.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the keys are not on one curve.
    pub fn with_peer(mut self, peer: &EcKey) -> Result<Self> {
        let parties = EcdhParties::new(&self.public, peer)?;
        let reversed = EcdhParties::new(peer, &self.public)?;
        self.peer = Some(Peer { key: peer.to_public(), parties, reversed });
        Ok(self)
    }

    /// Sends these grant tokens with every call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more than ten.
    pub fn with_grant_tokens<T: Into<String>>(
        mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        self.calls.set_grant_tokens(tokens)?;
        Ok(self)
    }

    /// The key.
    #[must_use]
    pub fn key_arn(&self) -> &AwsKmsArn {
        &self.arn
    }

    /// Its public half.
    #[must_use]
    pub fn public_key(&self) -> &EcKey {
        &self.public
    }

    /// What a wrapped key is, if two keys agreed to wrap it: of whoever, in KMS or not, without a call. Messages name the
    /// recipient by its public point alone.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        RawEcdhProvider::recognize(key)
    }

    /// The parties of a wrapped key that this provider may open.
    fn matches(&self, key: &EncryptedDataKey) -> Option<EcdhParties> {
        let parties = EcdhParties::of(key)?;
        let is_mine = match &self.peer {
            Some(peer) => parties == peer.parties || parties == peer.reversed,
            None => parties.is_for(&self.public),
        };
        is_mine.then_some(parties)
    }

    async fn agree_with(&self, peer: &EcKey) -> Result<SecretBytes> {
        let length = self.public.curve().coordinate_length();
        self.calls.agree(&self.arn, peer.public_key(), length).await
    }
}

#[async_trait]
impl KeyProvider for AwsKmsEcdhProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let peer = self.peer.as_ref().ok_or_else(|| {
            Error::invalid_input("a provider without a peer does not encrypt: use `with_peer`")
        })?;
        let shared = self.agree_with(&peer.key).await?;
        let ciphertext = peer.parties.wrap(&shared, request.secret, request.context)?;
        Ok(vec![EncryptedDataKey::new(wrapped_key::ECDH, peer.parties.info(), ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some(parties) = self.matches(request.key) else { return Ok(Unwrapped::NotMine) };
        EcdhParties::check_form(request.key.ciphertext())?;
        let shared = if let Some(peer) = &self.peer {
            self.agree_with(&peer.key).await?
        } else {
            let sender = parties.sender_key().map_err(|_| Error::unauthentic_key())?;
            self.agree_with(&sender).await?
        };
        let secret = parties.unwrap(&shared, request.key.ciphertext(), request.context)?;
        wrapped_key::check_length(&secret, request.target, &self.arn)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        let parties = self.matches(key)?;
        Some(wrapped_key::describe(&self.arn).with_algorithm(parties.algorithm()))
    }

    fn properties(&self) -> Properties {
        let properties =
            Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS)).binding_context();
        if self.peer.is_some() { properties.authenticating_wrapper() } else { properties }
    }
}
