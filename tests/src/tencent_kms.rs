//! A Tencent Cloud KMS of one key, and who wraps with it as the SDKs for Java and Go do.
//!
//! The stand-in with which the vectors of Java were made is another one, in `cos_vectors`: its blobs tell all,
//! and nothing keeps them from being changed.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes,
    provider::{
        DetachedTarget, KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind,
        RawAesProvider, Target, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};
use crypto_envelope_tencent_cos::{CosKmsProvider, TencentKms};

/// The service. Its blobs are text, authenticated, and bound to the text of an encryption context.
#[derive(Debug)]
pub struct OneKeyKms(RawAesProvider);

impl OneKeyKms {
    /// With a key of its own.
    ///
    /// # Errors
    ///
    /// If there is no randomness.
    pub fn new() -> Result<Self> {
        RawAesProvider::new("tencent-kms", "key", &SecretBytes::random(32)?).map(Self)
    }

    /// The call `Encrypt`, of a text in base64.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub async fn encrypt(&self, text: &SecretBytes, context: &str) -> Result<String> {
        let context = EncryptionContext::from([("text", context)]);
        let wrapped = self.0.wrap(WrapRequest::new(text, RING, &context)).await?.remove(0);
        let parts = [wrapped.provider_info(), wrapped.ciphertext()].map(|part| BASE64.encode(part));
        Ok(parts.join("|"))
    }
}

#[async_trait]
impl TencentKms for OneKeyKms {
    async fn decrypt(&self, blob: &str, context: &str) -> Result<SecretBytes> {
        let refused = || ProviderError::new(ProviderErrorKind::Other, "InvalidCiphertext");
        let (info, ciphertext) = blob.split_once('|').ok_or_else(refused)?;
        let [info, ciphertext] = [info, ciphertext].map(|part| BASE64.decode(part));
        let (info, ciphertext) = info.ok().zip(ciphertext.ok()).ok_or_else(refused)?;
        let key = EncryptedDataKey::new("tencent-kms", info, ciphertext)?;
        let context = EncryptionContext::from([("text", context)]);
        match self.0.unwrap(UnwrapRequest::new(&key, RING, &context)).await {
            Ok(Unwrapped::Key(text)) => Ok(text),
            _ => Err(refused().into()),
        }
    }
}

/// Wraps by [`OneKeyKms`], which our provider does not: it only reads.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct KmsWriter(pub std::sync::Arc<OneKeyKms>);

#[async_trait]
impl KeyProvider for KmsWriter {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let context: serde_json::Map<_, _> =
            request.context.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let context = serde_json::Value::from(context).to_string();
        let text = SecretBytes::from(BASE64.encode(request.secret.expose()).into_bytes());
        let blob = self.0.encrypt(&text, &context).await?;
        let info = [&[1, 1], context.as_bytes()].concat();
        Ok(vec![EncryptedDataKey::new("tencent-cos-kms", info, blob)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        Err(Error::invalid_input("this one writes"))
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        None
    }

    fn properties(&self) -> Properties {
        CosKmsProvider::PROPERTIES
    }
}

const RING: Target = Target::Detached(DetachedTarget::KeyRing);
