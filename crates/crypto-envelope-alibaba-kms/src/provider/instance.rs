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
    error::Call,
    instance::{
        messages::{
            AdvanceDecryptRequest, AdvanceEncryptRequest, AdvanceGenerateDataKeyRequest,
            DecryptRequest, EncryptRequest, GenerateDataKeyRequest, Request,
        },
        protobuf::Message as _,
        sign::Headers,
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

    async fn call<R: Request>(&self, request: R) -> Result<R::Response>
    where
        R::Response: Send + 'static,
    {
        let answered = self.instance.send(&request, Some(&self.key_id), Headers::default()).await?;
        Ok(answered.message)
    }

    /// An answer has to be by the key that was asked.
    fn check_key<R: Request>(&self, found: &str, request_id: &str) -> Result<()> {
        if found == self.key_id {
            return Ok(());
        }
        Err(self.wrongly::<R>(request_id, "KMS used another key than it was asked to"))
    }

    fn wrongly<R: Request>(&self, request_id: &str, what: &str) -> Error {
        let call = Call { operation: R::API, key_id: Some(self.key_id.clone()) };
        call.answered_wrongly(request_id, what).into()
    }

    /// The ciphertext of an Advance call, which says itself what it is, as it is or as one of KMS 1.0.
    fn store_advance<R: Request>(
        &self,
        kind: Kind,
        mut blob: Vec<u8>,
        version_id: String,
        request_id: &str,
    ) -> Result<EncryptedDataKey> {
        if !blob.starts_with(&ADVANCE) || blob.len() <= ADVANCE.len() + HEAD {
            return Err(self.wrongly::<R>(request_id, "KMS answered with no wrapped key"));
        }
        if kind == Kind::Text {
            blob.drain(..ADVANCE.len());
        }
        let wrapped = WrappedKey { kind, key_id: self.key_id.clone(), version_id, iv: Vec::new() };
        if !wrapped.fits(&blob) {
            return Err(self.wrongly::<R>(request_id, "KMS names two versions of the key"));
        }
        wrapped.store(blob)
    }

    fn store_initial<R: Request>(
        &self,
        blob: Vec<u8>,
        iv: Vec<u8>,
        request_id: &str,
    ) -> Result<EncryptedDataKey> {
        if blob.is_empty() || iv.len() != IV_LENGTH {
            return Err(self.wrongly::<R>(request_id, "KMS answered with no wrapped key"));
        }
        let (kind, key_id) = (Kind::InitialVersion, self.key_id.clone());
        WrappedKey { kind, key_id, version_id: String::new(), iv }.store(blob)
    }

    async fn generate_advance(
        &self,
        length: i32,
        aad: Vec<u8>,
    ) -> Result<(SecretBytes, EncryptedDataKey)> {
        type Asked = AdvanceGenerateDataKeyRequest;
        let mut request = Asked::empty();
        (request.key_id, request.number_of_bytes, request.aad) = (self.key_id.clone(), length, aad);
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        let key = self.store_advance::<Asked>(
            Kind::Advance,
            answer.ciphertext_blob,
            answer.key_version_id,
            &answer.request_id,
        )?;
        Ok((answer.plaintext, key))
    }

    async fn generate_initial(
        &self,
        length: i32,
        aad: Vec<u8>,
    ) -> Result<(SecretBytes, EncryptedDataKey)> {
        type Asked = GenerateDataKeyRequest;
        let mut request = Asked::empty();
        (request.key_id, request.number_of_bytes, request.aad) = (self.key_id.clone(), length, aad);
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        let key =
            self.store_initial::<Asked>(answer.ciphertext_blob, answer.iv, &answer.request_id)?;
        Ok((answer.plaintext, key))
    }

    async fn wrap_advance(
        &self,
        kind: Kind,
        secret: &SecretBytes,
        aad: Vec<u8>,
    ) -> Result<EncryptedDataKey> {
        type Asked = AdvanceEncryptRequest;
        let mut request = Asked::empty();
        (request.key_id, request.aad) = (self.key_id.clone(), aad);
        request.plaintext = SecretBytes::from(secret.expose());
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        let (blob, version) = (answer.ciphertext_blob, answer.key_version_id);
        self.store_advance::<Asked>(kind, blob, version, &answer.request_id)
    }

    /// As an OpenAPI gateway does it.
    async fn wrap_text(&self, secret: &SecretBytes, aad: Vec<u8>) -> Result<EncryptedDataKey> {
        let text = SecretBytes::from(BASE64.encode(secret.expose()).into_bytes());
        self.wrap_advance(Kind::Text, &text, aad).await
    }

    async fn generate_text(
        &self,
        length: usize,
        aad: Vec<u8>,
    ) -> Result<(SecretBytes, EncryptedDataKey)> {
        let data_key = SecretBytes::random(length)?;
        let key = self.wrap_text(&data_key, aad).await?;
        Ok((data_key, key))
    }

    async fn wrap_initial(&self, secret: &SecretBytes, aad: Vec<u8>) -> Result<EncryptedDataKey> {
        type Asked = EncryptRequest;
        let mut request = Asked::empty();
        (request.key_id, request.aad) = (self.key_id.clone(), aad);
        request.plaintext = SecretBytes::from(secret.expose());
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        self.store_initial::<Asked>(answer.ciphertext_blob, answer.iv, &answer.request_id)
    }

    async fn unwrap_advance(
        &self,
        blob: Vec<u8>,
        iv: Vec<u8>,
        aad: Vec<u8>,
    ) -> Result<SecretBytes> {
        type Asked = AdvanceDecryptRequest;
        let mut request = Asked::empty();
        (request.ciphertext_blob, request.iv, request.aad) = (blob, iv, aad);
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        Ok(answer.plaintext)
    }

    async fn unwrap_initial(
        &self,
        blob: Vec<u8>,
        iv: Vec<u8>,
        aad: Vec<u8>,
    ) -> Result<SecretBytes> {
        type Asked = DecryptRequest;
        let mut request = Asked::empty();
        (request.ciphertext_blob, request.iv, request.aad) = (blob, iv, aad);
        (request.key_id, request.algorithm) = (self.key_id.clone(), "AES_GCM".to_owned());
        let answer = self.call(request).await?;
        self.check_key::<Asked>(&answer.key_id, &answer.request_id)?;
        Ok(answer.plaintext)
    }

    /// A wrapped key of an OpenAPI gateway, as the instance knows it.
    async fn unwrap_text(&self, blob: &[u8], aad: Vec<u8>) -> Result<SecretBytes> {
        let iv = blob.get(VERSION_ID_LENGTH..HEAD).ok_or_else(Error::unauthentic_key)?.to_vec();
        let text = self.unwrap_advance([&ADVANCE, blob].concat(), iv, aad).await?;
        json::decoded(text.expose()).ok_or_else(Error::unauthentic_key)
    }
}

#[async_trait]
impl KeyProvider for AlibabaKmsInstanceProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Self::PROPERTIES.check(request.target)?;
        let length = wrapped_key::data_key_length(request.length)?;
        let aad = wrapped_key::aad(request.context)?;
        let (data_key, wrapped) = match self.calls {
            InstanceCalls::Advance => self.generate_advance(length, aad).await?,
            InstanceCalls::InitialVersion => self.generate_initial(length, aad).await?,
            InstanceCalls::Kms1Compatible => self.generate_text(request.length, aad).await?,
        };
        if data_key.len() != request.length {
            let found = data_key.len();
            let message = format!("KMS made a data key of {found} bytes, not {length}");
            return Err(self.wrongly::<GenerateDataKeyRequest>("", &message));
        }
        Ok(GeneratedKey::new(data_key, vec![wrapped]))
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        wrapped_key::check_secret(request.secret)?;
        let aad = wrapped_key::aad(request.context)?;
        Ok(vec![match self.calls {
            InstanceCalls::Advance => self.wrap_advance(Kind::Advance, request.secret, aad).await?,
            InstanceCalls::InitialVersion => self.wrap_initial(request.secret, aad).await?,
            InstanceCalls::Kms1Compatible => self.wrap_text(request.secret, aad).await?,
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
            Kind::Advance => self.unwrap_advance(blob.to_vec(), Vec::new(), aad).await?,
            Kind::InitialVersion => self.unwrap_initial(blob.to_vec(), wrapped.iv, aad).await?,
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
