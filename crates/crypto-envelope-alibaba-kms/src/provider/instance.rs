//! A symmetric key of a KMS instance.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, Targets,
        UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use super::wrapped_key::{self, ADVANCE, IV_LENGTH, Kind, VERSION_ID_LENGTH, WrappedKey};
use crate::{
    AlibabaKmsInstance,
    error::Call as About,
    instance::{
        AdvanceDecrypt, AdvanceEncrypt, AdvanceGenerateDataKey, Call, Ciphertext, DataKey, Decrypt,
        Encrypt, GenerateDataKey, Plaintext,
    },
    openapi::json,
};

/// Wraps data keys with one symmetric key of a KMS instance, and unwraps those of this key only.
///
/// The encryption context is bound by its digest: KMS sees none of it, so no policy can ask for it.
#[derive(Clone, Debug)]
pub struct AlibabaKmsInstanceProvider {
    instance: AlibabaKmsInstance,
    key_id: String,
    calls: InstanceCalls,
}

/// With which version of the key an instance wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceCalls {
    /// With the newest one (`AdvanceEncrypt`, `AdvanceGenerateDataKey`), so that rotating the key has an
    /// effect.
    #[default]
    Advance,
    /// Always with the first one (`Encrypt`, `GenerateDataKey`): hardware instances have no others.
    InitialVersion,
    /// With the newest one, in the form of KMS 1.0: `AdvanceEncrypt` of the base64 text of a key that was drawn
    /// here, as the vendor's transfer SDKs do it. An OpenAPI gateway to the same key opens that too; what the
    /// others wrap it cannot, since its answers are text.
    Kms1Compatible,
}

impl AlibabaKmsInstanceProvider {
    /// Binds the context; authenticates who wraps.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS))
        .binding_context()
        .authenticating_wrapper();

    /// With the key of this id, `key-…`. Not with an alias: messages name the key itself.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is an alias, or cannot be an id.
    pub fn new(instance: &AlibabaKmsInstance, key_id: &str) -> Result<Self> {
        wrapped_key::check_key_id(key_id)?;
        let (instance, key_id) = (instance.clone(), key_id.to_owned());
        Ok(Self { instance, key_id, calls: InstanceCalls::default() })
    }

    /// With these calls. What the others wrapped is opened all the same.
    #[must_use]
    pub fn with_calls(mut self, calls: InstanceCalls) -> Self {
        self.calls = calls;
        self
    }

    /// What a wrapped key is, if a symmetric key of Alibaba Cloud KMS wrapped it: of whoever, without a
    /// call.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        WrappedKey::of(key).map(|wrapped| wrapped.describe())
    }

    fn own(&self, key: &EncryptedDataKey) -> Option<WrappedKey> {
        WrappedKey::of(key).filter(|wrapped| wrapped.key_id == self.key_id)
    }

    /// A new data key, as it is and as it stands in a message.
    async fn generate_by<C>(&self, kind: Kind, call: C) -> Result<(SecretBytes, EncryptedDataKey)>
    where
        C: Call<Answer = DataKey>,
    {
        let made = self.instance.call(call).await?;
        let request_id = made.request_id.as_deref();
        self.about::<C>().check_key(&made.key_id, request_id)?;
        let wrapped = self.wrapped_key(kind, made.iv, made.key_version_id);
        let stored = self.store::<C>(&wrapped, made.ciphertext_blob, request_id)?;
        Ok((made.plaintext, stored))
    }

    /// A given data key, as it stands in a message.
    async fn wrap_by<C>(&self, kind: Kind, call: C) -> Result<EncryptedDataKey>
    where
        C: Call<Answer = Ciphertext>,
    {
        let sealed = self.instance.call(call).await?;
        let request_id = sealed.request_id.as_deref();
        self.about::<C>().check_key(&sealed.key_id, request_id)?;
        let wrapped = self.wrapped_key(kind, sealed.iv, sealed.key_version_id);
        self.store::<C>(&wrapped, sealed.ciphertext_blob, request_id)
    }

    async fn unwrap_by<C: Call<Answer = Plaintext>>(&self, call: C) -> Result<SecretBytes> {
        let opened = self.instance.call_about(Some(self.key_id.clone()), call).await?;
        self.about::<C>().check_key(&opened.key_id, opened.request_id.as_deref())?;
        Ok(opened.plaintext)
    }

    /// As an OpenAPI gateway does it.
    async fn wrap_text(&self, secret: &SecretBytes, aad: Vec<u8>) -> Result<EncryptedDataKey> {
        let text = SecretBytes::from(BASE64.encode(secret.expose()).into_bytes());
        self.wrap_by(Kind::Text, AdvanceEncrypt::new(&self.key_id, text).aad(aad)).await
    }

    /// A wrapped key of an OpenAPI gateway, as the instance knows it.
    async fn unwrap_text(&self, blob: &[u8], aad: Vec<u8>) -> Result<SecretBytes> {
        let iv = blob.get(VERSION_ID_LENGTH..HEAD).ok_or_else(Error::unauthentic_key)?;
        let call = AdvanceDecrypt::new([&ADVANCE, blob].concat()).iv(iv).aad(aad);
        let text = self.unwrap_by(call).await?;
        json::decoded(text.expose()).ok_or_else(Error::unauthentic_key)
    }

    /// What is said beside a ciphertext. Those of Advance calls say themselves what they were made with.
    fn wrapped_key(&self, kind: Kind, iv: Vec<u8>, version_id: Option<String>) -> WrappedKey {
        let key_id = self.key_id.clone();
        match kind {
            Kind::InitialVersion => WrappedKey { kind, key_id, version_id: String::new(), iv },
            Kind::Advance | Kind::Text => {
                let version_id = version_id.unwrap_or_default();
                WrappedKey { kind, key_id, version_id, iv: Vec::new() }
            }
        }
    }

    /// A ciphertext, if it is one of this kind.
    fn store<C: Call>(
        &self,
        wrapped: &WrappedKey,
        mut blob: Vec<u8>,
        request_id: Option<&str>,
    ) -> Result<EncryptedDataKey> {
        let is_whole = match wrapped.kind {
            Kind::InitialVersion => wrapped.iv.len() == IV_LENGTH,
            Kind::Advance | Kind::Text => {
                blob.starts_with(&ADVANCE) && blob.len() > ADVANCE.len() + HEAD
            }
        };
        if !is_whole {
            return Err(self.wrongly::<C>(request_id, "KMS answered with no wrapped key"));
        }
        if wrapped.kind == Kind::Text {
            blob.drain(..ADVANCE.len());
        }
        if !wrapped.fits(&blob) {
            return Err(self.wrongly::<C>(request_id, "KMS names two versions of the key"));
        }
        wrapped.store(blob)
    }

    fn about<C: Call>(&self) -> About {
        About::of_key(C::API, &self.key_id)
    }

    fn wrongly<C: Call>(&self, request_id: Option<&str>, what: &str) -> Error {
        self.about::<C>().answered_wrongly(request_id, what).into()
    }
}

#[async_trait]
impl KeyProvider for AlibabaKmsInstanceProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Self::PROPERTIES.check(request.target)?;
        let length = wrapped_key::data_key_length(request.length)?;
        let aad = wrapped_key::aad(request.context)?;
        let (data_key, wrapped) = match self.calls {
            InstanceCalls::Advance => {
                let call = AdvanceGenerateDataKey::new(&self.key_id, length).aad(aad);
                self.generate_by(Kind::Advance, call).await?
            }
            InstanceCalls::InitialVersion => {
                let call = GenerateDataKey::new(&self.key_id, length).aad(aad);
                self.generate_by(Kind::InitialVersion, call).await?
            }
            InstanceCalls::Kms1Compatible => {
                let data_key = SecretBytes::random(request.length)?;
                let wrapped = self.wrap_text(&data_key, aad).await?;
                (data_key, wrapped)
            }
        };
        Ok(GeneratedKey::new(data_key, vec![wrapped]))
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        wrapped_key::check_secret(request.secret)?;
        let aad = wrapped_key::aad(request.context)?;
        let secret = SecretBytes::from(request.secret.expose());
        Ok(vec![match self.calls {
            InstanceCalls::Advance => {
                let call = AdvanceEncrypt::new(&self.key_id, secret).aad(aad);
                self.wrap_by(Kind::Advance, call).await?
            }
            InstanceCalls::InitialVersion => {
                let call = Encrypt::new(&self.key_id, secret).aad(aad);
                self.wrap_by(Kind::InitialVersion, call).await?
            }
            InstanceCalls::Kms1Compatible => self.wrap_text(&secret, aad).await?,
        }])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(wrapped) = self.own(request.key) else { return Ok(Unwrapped::NotMine) };
        let aad = wrapped_key::aad(request.context)?;
        let blob = request.key.ciphertext();
        if !wrapped.fits(blob) {
            return Err(Error::unauthentic_key());
        }
        let secret = match wrapped.kind {
            Kind::Advance => self.unwrap_by(AdvanceDecrypt::new(blob).aad(aad)).await?,
            Kind::InitialVersion => {
                let call = Decrypt::new(&self.key_id, blob).iv(wrapped.iv).aad(aad);
                self.unwrap_by(call.algorithm("AES_GCM")).await?
            }
            Kind::Text => self.unwrap_text(blob, aad).await?,
        };
        wrapped_key::check_length(&secret, request.target, &self.key_id)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.own(key).map(|wrapped| wrapped.describe())
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

/// The version id and the IV.
const HEAD: usize = VERSION_ID_LENGTH + IV_LENGTH;

#[cfg(test)]
mod tests {
    use crypto_envelope::{
        Decryptor, EncryptionContext, Encryptor, blocking,
        provider::{DetachedTarget, ProviderErrorKind, Target},
    };
    use crypto_envelope_testkit::{
        conformance,
        fake::alibaba_instance::{KeyKind, lie},
    };

    use super::*;
    use crate::{
        AlibabaKmsError, AlibabaKmsOpenApiProvider, AlibabaKmsSettings, test_gateway::TestGateway,
        test_instance::TestInstance,
    };

    fn blue() -> EncryptionContext {
        EncryptionContext::from([("tenant", "blue")])
    }

    #[test]
    fn the_rules_of_providers_are_kept() -> Result<()> {
        let kms = TestInstance::start()?;
        for calls in
            [InstanceCalls::Advance, InstanceCalls::InitialVersion, InstanceCalls::Kms1Compatible]
        {
            let provider = kms.provider()?.with_calls(calls);
            let outcome = blocking::wait(async { Ok(conformance::check(&provider).await) })?;
            assert!(outcome.is_ok(), "{calls:?}: {outcome:?}");
        }
        Ok(())
    }

    #[test]
    fn a_message_takes_one_call_each_way() -> Result<()> {
        let kms = TestInstance::start()?;
        for (calls, expected) in [
            (InstanceCalls::Advance, ["AdvanceGenerateDataKey", "AdvanceDecrypt"]),
            (InstanceCalls::InitialVersion, ["GenerateDataKey", "Decrypt"]),
            (InstanceCalls::Kms1Compatible, ["AdvanceEncrypt", "AdvanceDecrypt"]),
        ] {
            let writer = kms.provider()?.with_calls(calls);
            let message = blocking::wait(Encryptor::new(writer).encrypt(b"text", &blue()))?;
            // Whatever calls it was made with.
            let opened =
                blocking::wait(Decryptor::new(kms.provider()?).decrypt(&message, &blue()))?;
            assert_eq!(opened.plaintext(), b"text");
            assert_eq!(kms.operations(), expected);
        }
        Ok(())
    }

    #[test]
    fn rotating_the_key_counts_for_advance_calls() -> Result<()> {
        let kms = TestInstance::start()?;
        let ring = Target::Detached(DetachedTarget::KeyRing);
        let (secret, context) = (SecretBytes::random(32)?, blue());
        let wrap = |calls| {
            let provider = kms.provider()?.with_calls(calls);
            let key = blocking::wait(provider.wrap(WrapRequest::new(&secret, ring, &context)))?;
            Ok::<_, Error>(key.into_iter().next().and_then(|key| WrappedKey::of(&key)))
        };
        let version = |key: Option<WrappedKey>| key.map(|key| key.version_id).unwrap_or_default();
        let before = version(wrap(InstanceCalls::Advance)?);
        let rotated = kms.fake.rotate_key(&kms.key_id).expect("rotated");
        assert_ne!(before, rotated);
        assert_eq!(version(wrap(InstanceCalls::Advance)?), rotated);
        Ok(())
    }

    #[test]
    fn another_context_does_not_open_it() -> Result<()> {
        let kms = TestInstance::start()?;
        let provider = kms.provider()?;
        let ring = Target::Detached(DetachedTarget::KeyRing);
        let (secret, context) = (SecretBytes::random(32)?, blue());
        let keys = blocking::wait(provider.wrap(WrapRequest::new(&secret, ring, &context)))?;
        let other = EncryptionContext::from([("tenant", "red")]);
        let refused = blocking::wait(provider.unwrap(UnwrapRequest::new(&keys[0], ring, &other)));
        let refused = refused.expect_err("it was opened");
        let said = AlibabaKmsError::all_in(&refused);
        assert_eq!(said[0].code(), Some("InvalidParameter"), "{refused}");
        assert_eq!(said[0].key_id(), Some(&*kms.key_id), "{refused}");
        Ok(())
    }

    #[test]
    fn keys_of_others_are_not_asked_for() -> Result<()> {
        let kms = TestInstance::start()?;
        let other = kms.fake.create_key(KeyKind::Symmetric).expect("a key");
        let other = AlibabaKmsInstanceProvider::new(&kms.instance, &other)?;
        let message = blocking::wait(Encryptor::new(other).encrypt(b"text", &blue()))?;
        let _ = kms.operations();
        let refused = blocking::wait(Decryptor::new(kms.provider()?).decrypt(&message, &blue()));
        assert!(matches!(refused, Err(Error::NoUsableKey { .. })));
        assert!(kms.operations().is_empty());
        for id in ["alias/name", "", "with space"] {
            assert!(AlibabaKmsInstanceProvider::new(&kms.instance, id).is_err(), "{id}");
        }
        Ok(())
    }

    #[test]
    fn roads_open_what_others_wrapped() -> Result<()> {
        let kms = TestInstance::start()?;
        let gateway = TestGateway::beside(&kms)?;
        let by_openapi = AlibabaKmsOpenApiProvider::new(&gateway.kms, &kms.key_id)?;
        let by_instance = |calls| Ok::<_, Error>(kms.provider()?.with_calls(calls));
        let ring = Target::Detached(DetachedTarget::KeyRing);
        let (secret, context) = (SecretBytes::random(32)?, blue());
        let opens = |provider: &dyn KeyProvider, key: &EncryptedDataKey| match blocking::wait(
            provider.unwrap(UnwrapRequest::new(key, ring, &context)),
        )? {
            Unwrapped::Key(key) => Ok(key.equals(secret.expose())),
            Unwrapped::NotMine => Ok::<_, Error>(false),
        };
        let compatible = by_instance(InstanceCalls::Kms1Compatible)?;
        let wrapping: [(&dyn KeyProvider, bool); 4] = [
            (&by_openapi, true),
            (&compatible, true),
            (&by_instance(InstanceCalls::Advance)?, false),
            (&by_instance(InstanceCalls::InitialVersion)?, false),
        ];
        for (provider, for_openapi) in wrapping {
            let keys = blocking::wait(provider.wrap(WrapRequest::new(&secret, ring, &context)))?;
            assert!(opens(&compatible, &keys[0])?, "{provider:?}");
            assert_eq!(opens(&by_openapi, &keys[0])?, for_openapi, "{provider:?}");
            let kind = WrappedKey::of(&keys[0]).map(|wrapped| wrapped.kind);
            assert_eq!(kind == Some(Kind::Text), for_openapi, "{provider:?}");
        }
        Ok(())
    }

    fn kind_of(error: &Error) -> Option<ProviderErrorKind> {
        match error {
            Error::Provider(error) => Some(error.kind()),
            _ => None,
        }
    }

    #[test]
    fn failures_are_sorted_and_some_are_tried_again() -> Result<()> {
        let kms = TestInstance::with(&AlibabaKmsSettings::new().max_attempts(3))?;
        let encryptor = Encryptor::new(kms.provider()?);
        let encrypt = || blocking::wait(encryptor.encrypt(b"text", &blue()));
        kms.fake.throttle_next(2);
        encrypt()?;
        assert_eq!(kms.operations().len(), 3);
        kms.fake.throttle_next(3);
        let throttled = encrypt().expect_err("it was throttled");
        assert_eq!(kind_of(&throttled), Some(ProviderErrorKind::Throttled), "{throttled}");
        assert_eq!(kms.operations().len(), 3);
        kms.fake.disable_key(&kms.key_id).expect("disabled");
        let disabled = encrypt().expect_err("the key is disabled");
        assert_eq!(kind_of(&disabled), Some(ProviderErrorKind::Disabled), "{disabled}");
        assert_eq!(kms.operations().len(), 1);
        Ok(())
    }

    #[test]
    fn wrong_answers_are_refused() -> Result<()> {
        let kms = TestInstance::start()?;
        let encryptor = Encryptor::new(kms.provider()?);
        for field in ["KeyId", "CiphertextBlob", "Plaintext"] {
            kms.fake.clear_faults();
            kms.fake.inject(lie::without("AdvanceGenerateDataKey", field));
            let refused = blocking::wait(encryptor.encrypt(b"text", &blue())).expect_err(field);
            assert_eq!(kind_of(&refused), Some(ProviderErrorKind::Other), "{field}: {refused}");
        }
        Ok(())
    }

    #[test]
    fn answers_by_other_keys_are_refused() -> Result<()> {
        let kms = TestInstance::start()?;
        let another = |operation, field: &'static str| {
            lie::answer(operation, move |answer| answer[field] = "another".into())
        };
        for (calls, [generate, wrap, unwrap]) in [
            (
                InstanceCalls::Advance,
                ["AdvanceGenerateDataKey", "AdvanceEncrypt", "AdvanceDecrypt"],
            ),
            (InstanceCalls::InitialVersion, ["GenerateDataKey", "Encrypt", "Decrypt"]),
            (InstanceCalls::Kms1Compatible, ["AdvanceEncrypt", "AdvanceEncrypt", "AdvanceDecrypt"]),
        ] {
            let provider = kms.provider()?.with_calls(calls);
            let ring = Target::Detached(DetachedTarget::KeyRing);
            let (secret, context) = (SecretBytes::random(32)?, blue());
            let wrapping = || WrapRequest::new(&secret, ring, &context);
            let keys = blocking::wait(provider.wrap(wrapping()))?;
            let refused = |outcome: Result<()>, what| {
                let refused = outcome.expect_err("it was taken").to_string();
                assert!(refused.contains(what), "{calls:?}: {refused}");
            };
            for operation in [generate, wrap, unwrap] {
                kms.fake.inject(another(operation, "KeyId"));
            }
            let generated =
                blocking::wait(provider.generate(GenerateRequest::new(ring, 32, &context)));
            refused(generated.map(drop), "another key");
            refused(blocking::wait(provider.wrap(wrapping())).map(drop), "another key");
            let unwrapping = UnwrapRequest::new(&keys[0], ring, &context);
            refused(blocking::wait(provider.unwrap(unwrapping)).map(drop), "another key");
            kms.fake.clear_faults();
            if calls != InstanceCalls::InitialVersion {
                kms.fake.inject(another(wrap, "KeyVersionId"));
                refused(blocking::wait(provider.wrap(wrapping())).map(drop), "two versions");
                kms.fake.clear_faults();
            }
        }
        Ok(())
    }

    #[test]
    fn a_wrong_clock_is_told() -> Result<()> {
        let kms = TestInstance::start()?;
        let later = std::time::SystemTime::now() + std::time::Duration::from_hours(1);
        kms.fake.set_clock(Some(later));
        let encryptor = Encryptor::new(kms.provider()?);
        let refused = blocking::wait(encryptor.encrypt(b"text", &blue())).expect_err("too old");
        assert_eq!(kind_of(&refused), Some(ProviderErrorKind::Denied), "{refused}");
        assert!(refused.to_string().contains("clock"), "{refused}");
        Ok(())
    }
}
