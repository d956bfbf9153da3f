//! Every check of the conformance suite can fail: providers that break one rule each.

use async_trait::async_trait;
use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes, blocking,
    provider::{
        DetachedTarget, GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties,
        ProviderError, ProviderErrorKind, RawAesProvider, RewrapRequest, Target, Targets,
        UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use crypto_envelope_testkit::conformance;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    ShortKeys,
    SameKeyTwice,
    LosesLongSecrets,
    ClaimsForeignKeys,
    CallsDamageForeign,
    IgnoresDamage,
    DeniesBinding,
    ForgetsContext,
    DescribesNothing,
    ServesEverything,
    RewrapsEverything,
    OpensOtherNames,
    IgnoresNames,
    RewrapsUnderOldContext,
}

/// The raw AES provider, with a flaw.
#[derive(Debug)]
struct Flawed {
    inner: RawAesProvider,
    flaw: Flaw,
}

/// The key with the right name, if a bit of its name was changed.
fn renamed(key: &EncryptedDataKey) -> Result<Option<EncryptedDataKey>> {
    match key.provider_info().get(3..) {
        Some(info) if key.provider_id() == "flawed" && info.len() == 20 => {
            let info = [b"key", info].concat();
            EncryptedDataKey::new("flawed", info, key.ciphertext()).map(Some)
        }
        _ => Ok(None),
    }
}

#[async_trait]
impl KeyProvider for Flawed {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        let key = match self.flaw {
            Flaw::ShortKeys => SecretBytes::random(15)?,
            Flaw::SameKeyTwice => SecretBytes::from(vec![1; request.length]),
            _ => SecretBytes::random(request.length)?,
        };
        let wrapped = self.wrap(WrapRequest::new(&key, request.target, request.context)).await?;
        Ok(GeneratedKey::new(key, wrapped))
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        let secret = match self.flaw {
            Flaw::LosesLongSecrets => &request.secret.expose()[..request.secret.len().min(32)],
            _ => request.secret.expose(),
        };
        let secret = SecretBytes::from(secret);
        let nothing = EncryptionContext::new();
        let context = if self.flaw == Flaw::ForgetsContext { &nothing } else { request.context };
        let target = if self.flaw == Flaw::ServesEverything { KEY_RING } else { request.target };
        self.inner.wrap(WrapRequest::new(&secret, target, context)).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        let nothing = EncryptionContext::new();
        let mut request = request;
        if self.flaw == Flaw::ForgetsContext {
            request.context = &nothing;
        }
        if self.flaw == Flaw::OpensOtherNames && request.key.provider_info() == b"another key" {
            return Err(Error::unauthentic_key());
        }
        let renamed = if self.flaw == Flaw::IgnoresNames { renamed(request.key)? } else { None };
        if let Some(renamed) = &renamed {
            request.key = renamed;
        }
        let answer = self.inner.unwrap(request).await;
        match (self.flaw, answer) {
            (Flaw::ClaimsForeignKeys, Ok(Unwrapped::NotMine)) => Err(ProviderError::new(
                ProviderErrorKind::Other,
                "this is a key that I cannot open",
            )
            .into()),
            (Flaw::CallsDamageForeign, Err(Error::Authentication { .. })) => Ok(Unwrapped::NotMine),
            (Flaw::IgnoresDamage, Err(Error::Authentication { .. })) => {
                Ok(Unwrapped::Key(SecretBytes::from(vec![0; 32])))
            }
            (_, answer) => answer,
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        if self.flaw == Flaw::DescribesNothing { None } else { self.inner.describe(key) }
    }

    fn properties(&self) -> Properties {
        match self.flaw {
            Flaw::DeniesBinding => {
                Properties::new(self.inner.properties().targets).authenticating_wrapper()
            }
            _ => self.inner.properties(),
        }
    }

    async fn rewrap(&self, mut request: RewrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        if self.flaw == Flaw::RewrapsEverything {
            return Ok(vec![request.key.clone()]);
        }
        if self.flaw == Flaw::RewrapsUnderOldContext {
            request.target_context = request.source_context;
        }
        self.inner.rewrap(request).await
    }
}

/// Wraps by not wrapping: what its errors show of the wrapped key is the key.
#[derive(Debug)]
struct Chatty;

#[async_trait]
impl KeyProvider for Chatty {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let mut ciphertext = SecretBytes::random(8)?.expose().to_vec();
        ciphertext.extend_from_slice(request.secret.expose());
        ciphertext.push(ciphertext.iter().fold(0, |sum, byte| sum ^ byte));
        Ok(vec![EncryptedDataKey::new("chatty", "", ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        if request.key.provider_id() != "chatty" {
            return Ok(Unwrapped::NotMine);
        }
        let bytes = request.key.ciphertext();
        match bytes.get(8..bytes.len().saturating_sub(1)) {
            Some(secret) if bytes.iter().fold(0, |sum, byte| sum ^ byte) == 0 => {
                Ok(Unwrapped::Key(SecretBytes::from(secret)))
            }
            _ => Err(ProviderError::new(ProviderErrorKind::Other, format!("{bytes:?}")).into()),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        (key.provider_id() == "chatty").then(KeyDescription::new)
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}

/// Wraps secrets of these lengths, for COS objects alone, by the raw AES provider.
#[derive(Debug)]
struct OfLengths(RawAesProvider, &'static [usize]);

#[async_trait]
impl KeyProvider for OfLengths {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        if !self.1.contains(&request.secret.len()) {
            return Err(Error::invalid_input("a secret of another length"));
        }
        self.0.wrap(WrapRequest::new(request.secret, KEY_RING, request.context)).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        self.0.unwrap(UnwrapRequest::new(request.key, KEY_RING, request.context)).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.0.describe(key)
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::COS_OBJECTS).binding_context().authenticating_wrapper()
    }
}

fn broken_rule(provider: &dyn KeyProvider) -> Result<Option<&'static str>> {
    let outcome = blocking::wait(async { Ok(conformance::check(provider).await) })?;
    Ok(outcome.err().map(|violation| violation.rule()))
}

#[test]
fn each_flaw_is_caught_by_its_rule() -> Result<()> {
    for (flaw, rule) in [
        (Flaw::None, None),
        (Flaw::ShortKeys, Some("generate")),
        (Flaw::SameKeyTwice, Some("fresh")),
        (Flaw::LosesLongSecrets, Some("wrap")),
        (Flaw::ClaimsForeignKeys, Some("foreign")),
        (Flaw::CallsDamageForeign, Some("damage")),
        (Flaw::IgnoresDamage, Some("damage")),
        (Flaw::DeniesBinding, Some("context")),
        (Flaw::ForgetsContext, Some("context")),
        (Flaw::DescribesNothing, Some("describe")),
        (Flaw::ServesEverything, Some("targets")),
        (Flaw::RewrapsEverything, Some("targets")),
        (Flaw::OpensOtherNames, Some("foreign")),
        (Flaw::IgnoresNames, Some("info")),
        (Flaw::RewrapsUnderOldContext, Some("rewrap")),
    ] {
        let inner = RawAesProvider::new("flawed", "key", &SecretBytes::random(32)?)?;
        assert_eq!(broken_rule(&Flawed { inner, flaw })?, rule, "{flaw:?}");
    }
    Ok(())
}

#[test]
fn flaws_of_either_of_a_pair_are_caught() -> Result<()> {
    let key = SecretBytes::random(32)?;
    let with =
        |flaw| Ok::<_, Error>(Flawed { inner: RawAesProvider::new("flawed", "key", &key)?, flaw });
    for (wrapping, unwrapping, rule) in [
        (Flaw::None, Flaw::None, None),
        (Flaw::SameKeyTwice, Flaw::None, Some("fresh")),
        (Flaw::ForgetsContext, Flaw::None, Some("generate")),
        (Flaw::None, Flaw::CallsDamageForeign, Some("damage")),
        (Flaw::None, Flaw::DescribesNothing, Some("describe")),
        (Flaw::ServesEverything, Flaw::None, Some("targets")),
        (Flaw::None, Flaw::RewrapsUnderOldContext, Some("rewrap")),
    ] {
        let (one, other) = (with(wrapping)?, with(unwrapping)?);
        let outcome = blocking::wait(async { Ok(conformance::check_pair(&one, &other).await) })?;
        assert_eq!(outcome.err().map(|violation| violation.rule()), rule, "{wrapping:?}");
    }
    Ok(())
}

/// A data key and its IV, together or one by one.
#[test]
fn who_serves_cos_objects_wraps_what_they_have() -> Result<()> {
    for (lengths, rule) in [
        (&[16, 32, 48][..], None),
        (&[48], None),
        (&[16, 32], None),
        (&[], Some("wrap")),
        (&[32], Some("wrap")),
        (&[16], Some("wrap")),
        (&[1, 24], Some("wrap")),
    ] {
        let inner = RawAesProvider::new("lengths", "key", &SecretBytes::random(32)?)?;
        assert_eq!(broken_rule(&OfLengths(inner, lengths))?, rule, "{lengths:?}");
    }
    Ok(())
}

#[test]
fn a_key_in_an_error_is_caught() -> Result<()> {
    assert_eq!(broken_rule(&Chatty)?, Some("redaction"));
    Ok(())
}

const KEY_RING: Target = Target::Detached(DetachedTarget::KeyRing);
