//! A symmetric key behind an OpenAPI gateway.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, Error, Result,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, Targets,
        UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use super::wrapped_key::{self, IV_LENGTH, Kind, VERSION_ID_LENGTH, WrappedKey};
use crate::{
    AlibabaKmsOpenApi,
    error::Call,
    openapi::{Ciphertext, DataKey, Decrypt, Encrypt, GenerateDataKey},
};

/// Wraps data keys with one symmetric key, by an OpenAPI gateway: the shared one of a region, or the
/// dedicated one of an instance. Unwraps those of this key only.
///
/// The encryption context is bound by its digest: KMS sees none of it, so no policy can ask for it.
///
/// # Security
///
/// The OpenAPI carries what is to be encrypted in the URL of the request, which whatever ends TLS on the way
/// to KMS may write to its logs. A key that is the first of a message is made by KMS, so nothing secret is
/// sent. One that wraps what others made, such as a further key of a message or a key ring, sends it.
#[derive(Clone, Debug)]
pub struct AlibabaKmsOpenApiProvider {
    kms: AlibabaKmsOpenApi,
    key_id: String,
}

impl AlibabaKmsOpenApiProvider {
    /// Binds the context; authenticates who wraps.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS))
        .binding_context()
        .authenticating_wrapper();

    /// With the key of this id, `key-…`. Not with an alias: messages name the key itself.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is an alias, or cannot be an id.
    pub fn new(kms: &AlibabaKmsOpenApi, key_id: &str) -> Result<Self> {
        wrapped_key::check_key_id(key_id)?;
        Ok(Self { kms: kms.clone(), key_id: key_id.to_owned() })
    }

    /// What a wrapped key is, if a symmetric key of Alibaba Cloud KMS wrapped it: of whoever, without a
    /// call.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        WrappedKey::of(key).map(|wrapped| wrapped.describe())
    }

    /// A gateway opens what gateways made alone: its answers are text.
    fn own(&self, key: &EncryptedDataKey) -> Option<WrappedKey> {
        WrappedKey::of(key)
            .filter(|wrapped| wrapped.key_id == self.key_id && wrapped.kind == Kind::Text)
    }

    fn about(&self, operation: &'static str) -> Call {
        Call::of_key(operation, &self.key_id)
    }

    /// What KMS has encrypted, as it stands in a message.
    fn store(&self, operation: &'static str, sealed: &Ciphertext) -> Result<EncryptedDataKey> {
        let request_id = sealed.request_id.as_deref();
        self.about(operation).check_key(&sealed.key_id, request_id)?;
        let wrongly = |what| self.about(operation).answered_wrongly(request_id, what);
        let blob = BASE64.decode(&sealed.ciphertext_blob).ok();
        let blob = blob.filter(|blob| blob.len() > VERSION_ID_LENGTH + IV_LENGTH);
        let blob = blob.ok_or_else(|| wrongly("KMS answered with no wrapped key"))?;
        let (kind, key_id) = (Kind::Text, self.key_id.clone());
        let version_id = sealed.key_version_id.clone().unwrap_or_default();
        let wrapped = WrappedKey { kind, key_id, version_id, iv: Vec::new() };
        if !wrapped.fits(&blob) {
            return Err(wrongly("KMS names two versions of the key, or none").into());
        }
        wrapped.store(blob)
    }
}

#[async_trait]
impl KeyProvider for AlibabaKmsOpenApiProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Self::PROPERTIES.check(request.target)?;
        let call = GenerateDataKey::new(&self.key_id)
            .number_of_bytes(wrapped_key::data_key_length(request.length)?)
            .encryption_context(wrapped_key::service_context(request.context)?);
        let DataKey { plaintext, ciphertext_blob, key_id, key_version_id, request_id } =
            self.kms.call(call).await?;
        let sealed = Ciphertext { ciphertext_blob, key_id, key_version_id, request_id };
        Ok(GeneratedKey::new(plaintext, vec![self.store("GenerateDataKey", &sealed)?]))
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        wrapped_key::check_secret(request.secret)?;
        let call = Encrypt::base64(&self.key_id, request.secret)?
            .encryption_context(wrapped_key::service_context(request.context)?);
        let sealed = self.kms.call(call).await?;
        Ok(vec![self.store("Encrypt", &sealed)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(wrapped) = self.own(request.key) else { return Ok(Unwrapped::NotMine) };
        if !wrapped.fits(request.key.ciphertext()) {
            return Err(Error::unauthentic_key());
        }
        let call = Decrypt::new(BASE64.encode(request.key.ciphertext()))
            .encryption_context(wrapped_key::service_context(request.context)?);
        let answer = self.kms.call(call).await?;
        self.about("Decrypt").check_key(&answer.key_id, answer.request_id.as_deref())?;
        let secret = answer.decoded().map_err(|_| Error::unauthentic_key())?;
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

#[cfg(test)]
mod tests {
    use crypto_envelope::{
        Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
        provider::{DetachedTarget, Target},
    };
    use crypto_envelope_testkit::conformance;

    use super::*;
    use crate::{
        AlibabaKmsInstanceProvider, test_gateway::TestGateway, test_instance::TestInstance,
    };

    fn start() -> Result<(TestInstance, TestGateway, AlibabaKmsOpenApiProvider)> {
        let kms = TestInstance::start()?;
        let gateway = TestGateway::beside(&kms)?;
        let provider = AlibabaKmsOpenApiProvider::new(&gateway.kms, &kms.key_id)?;
        Ok((kms, gateway, provider))
    }

    #[test]
    fn the_rules_of_providers_are_kept() -> Result<()> {
        let (_kms, _gateway, provider) = start()?;
        let outcome = blocking::wait(async { Ok(conformance::check(&provider).await) })?;
        assert!(outcome.is_ok(), "{outcome:?}");
        Ok(())
    }

    #[test]
    fn the_first_key_of_a_message_sends_no_secret() -> Result<()> {
        let (_kms, gateway, provider) = start()?;
        let context = EncryptionContext::from([("tenant", "blue")]);
        let message = blocking::wait(Encryptor::new(provider.clone()).encrypt(b"text", &context))?;
        let calls = gateway.fake.take_calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].operation, "GenerateDataKey");
        assert!(calls[0].request.get("Plaintext").is_none());
        let bound = calls[0].request["EncryptionContext"].as_str().expect("a text");
        assert!(bound.starts_with(r#"{"crypto-envelope":""#) && !bound.contains("blue"), "{bound}");
        let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &context))?;
        assert_eq!(opened.plaintext(), b"text");
        assert_eq!(gateway.operations(), ["Decrypt"]);
        Ok(())
    }

    /// Its answers are text.
    #[test]
    fn what_an_instance_wrapped_is_not_asked_for() -> Result<()> {
        let (kms, gateway, ours) = start()?;
        let ring = Target::Detached(DetachedTarget::KeyRing);
        let (secret, context) = (SecretBytes::random(32)?, EncryptionContext::new());
        let theirs = AlibabaKmsInstanceProvider::new(&kms.instance, &kms.key_id)?;
        let keys = blocking::wait(theirs.wrap(WrapRequest::new(&secret, ring, &context)))?;
        let request = UnwrapRequest::new(&keys[0], ring, &context);
        assert!(matches!(blocking::wait(ours.unwrap(request))?, Unwrapped::NotMine));
        assert!(gateway.operations().is_empty());
        Ok(())
    }
}
