//! Wrapping keys with what two keys of one's own agree on.

use super::{
    EcKey, EcdhParties, KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind,
    Targets, UnwrapRequest, Unwrapped, WrapRequest, agreement::RAW_PROVIDER_ID, async_trait,
};
use crate::{EncryptedDataKey, Error, Result, SecretBytes, crypto::EcdhKey};

/// Wraps data keys with what two keys on an elliptic curve agree on, as the official SDKs' raw ECDH keyring does
/// (AWS Encryption SDK specification, "Raw ECDH keyring"), on P-256, P-384 or P-521.
///
/// | made by | encrypts | decrypts |
/// |---|---|---|
/// | [`between`](Self::between) two keys, of which one is private | yes | what either of both wrapped for the other |
/// | [`to`](Self::to) a public key, with an ephemeral one for each data key | yes | no |
/// | [`discovery`](Self::discovery) with a private key | no | whatever was wrapped for it |
///
/// # Security
///
/// Binds the encryption context. Between two keys it authenticates that one of both wrapped, not which. What was wrapped
/// *to* a public key anybody may have wrapped. Who learns a private key opens everything that was ever wrapped with it:
/// an ephemeral key protects nobody from that. Serves messages and key rings.
///
/// ```
/// use crypto_envelope::provider::{EcCurve, EcKey, RawEcdhProvider};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let (alice, bob) = (EcKey::generate(EcCurve::P384)?, EcKey::generate(EcCurve::P384)?);
/// let of_alice = RawEcdhProvider::between(&alice, &bob.to_public())?;
/// let of_bob = RawEcdhProvider::between(&bob, &alice.to_public())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RawEcdhProvider(Schema);

#[derive(Debug)]
enum Schema {
    Static { parties: EcdhParties, reversed: EcdhParties, shared: SecretBytes },
    Ephemeral { recipient: EcKey },
    Discovery { recipient: EcKey },
}

impl RawEcdhProvider {
    /// Encrypts for the owner of `peer` as the owner of `own`, and decrypts what either wrapped for the other. Of `peer`
    /// the public half is enough.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if `own` is not private, or the keys are not on one curve.
    pub fn between(own: &EcKey, peer: &EcKey) -> Result<Self> {
        let parties = EcdhParties::new(own, peer)?;
        let reversed = EcdhParties::new(peer, own)?;
        let shared = agree(private(own)?, parties.recipient())?;
        Ok(Self(Schema::Static { parties, reversed, shared }))
    }

    /// Encrypts for the owner of a public key, each data key with a new key of ours. Does not decrypt.
    ///
    /// # Errors
    ///
    /// None, as far as one can see.
    pub fn to(recipient: &EcKey) -> Result<Self> {
        Ok(Self(Schema::Ephemeral { recipient: recipient.to_public() }))
    }

    /// Decrypts whatever was wrapped for a private key, whoever it was. Does not encrypt.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key is not private.
    pub fn discovery(recipient: &EcKey) -> Result<Self> {
        private(recipient)?;
        Ok(Self(Schema::Discovery { recipient: recipient.clone() }))
    }

    /// Describes a wrapped key that looks as if such a provider had wrapped it, whosever it is. Unlike
    /// [`describe`](KeyProvider::describe) it needs no provider. Read from unauthenticated bytes.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        EcdhParties::of(key).map(|parties| describe(&parties))
    }

    /// The parties of a wrapped key that this provider may open.
    fn matches(&self, key: &EncryptedDataKey) -> Option<EcdhParties> {
        EcdhParties::of(key).filter(|parties| match &self.0 {
            Schema::Static { parties: own, reversed, .. } => [own, reversed].contains(&parties),
            Schema::Ephemeral { recipient } | Schema::Discovery { recipient } => {
                parties.is_for(recipient)
            }
        })
    }
}

#[async_trait]
impl KeyProvider for RawEcdhProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let ephemeral;
        let (parties, shared) = match &self.0 {
            Schema::Static { parties, shared, .. } => (parties, shared),
            Schema::Ephemeral { recipient } => {
                ephemeral = with_ephemeral(recipient)?;
                (&ephemeral.0, &ephemeral.1)
            }
            Schema::Discovery { .. } => {
                return Err(Error::invalid_input(
                    "a provider that discovers senders does not encrypt: use `between` or `to`",
                ));
            }
        };
        let ciphertext = parties.wrap(shared, request.secret, request.context)?;
        Ok(vec![EncryptedDataKey::new(RAW_PROVIDER_ID, parties.info(), ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some(parties) = self.matches(request.key) else { return Ok(Unwrapped::NotMine) };
        let discovered;
        let shared = match &self.0 {
            Schema::Static { shared, .. } => shared,
            Schema::Discovery { recipient, .. } => {
                let sender = parties.sender_key().map_err(|_| Error::unauthentic_key())?;
                discovered = agree(private(recipient)?, &sender.compressed()?)?;
                &discovered
            }
            Schema::Ephemeral { .. } => {
                let message = "of the key on an elliptic curve only the public half is here: decrypt with the \
                               private key, by `discovery`";
                return Err(ProviderError::new(ProviderErrorKind::Unsupported, message).into());
            }
        };
        let key = parties.unwrap(shared, request.key.ciphertext(), request.context)?;
        Ok(Unwrapped::Key(key))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.matches(key).map(|parties| describe(&parties))
    }

    fn properties(&self) -> Properties {
        let properties =
            Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS)).binding_context();
        match self.0 {
            Schema::Static { .. } => properties.authenticating_wrapper(),
            Schema::Ephemeral { .. } | Schema::Discovery { .. } => properties,
        }
    }
}

fn describe(parties: &EcdhParties) -> KeyDescription {
    let recipient = parties.recipient().iter().map(|byte| format!("{byte:02x}"));
    KeyDescription::new()
        .with_key_id(recipient.collect::<String>())
        .with_algorithm(parties.algorithm())
}

fn private(key: &EcKey) -> Result<&EcdhKey> {
    key.private().ok_or_else(|| {
        Error::invalid_input("the key of one's own has to be a private one, and this one is public")
    })
}

fn with_ephemeral(recipient: &EcKey) -> Result<(EcdhParties, SecretBytes)> {
    let sender = EcKey::generate(recipient.curve())?;
    let parties = EcdhParties::new(&sender, recipient)?;
    let shared = agree(private(&sender)?, parties.recipient())?;
    Ok((parties, shared))
}

/// With a point that was checked.
fn agree(key: &EcdhKey, point: &[u8]) -> Result<SecretBytes> {
    let mut shared =
        key.agree(point).map_err(|_| Error::Internal { what: "keys did not agree" })?;
    Ok(SecretBytes::from(std::mem::take(&mut *shared)))
}
