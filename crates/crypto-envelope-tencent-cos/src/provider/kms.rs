//! Unwrapping keys by Tencent Cloud KMS.

use std::{fmt::Debug, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, Targets,
        UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};
use zeroize::Zeroizing;

use super::wrapped_key::Wrapping;
use crate::format::envelope::context_of;

/// Tencent Cloud KMS, as far as reading objects needs it. There is no client of it in this crate: bring one,
/// such as one around an SDK.
#[async_trait]
pub trait TencentKms: Debug + Send + Sync + 'static {
    /// The call `Decrypt` of the API of 2019-01-18: `ciphertext_blob` is a text as KMS made it,
    /// `encryption_context` the JSON text that it was encrypted under, such as `{}`. Gives the field
    /// `Plaintext` of the answer, which is base64.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`], best of the kind that says what can be done. It must not hold secrets.
    async fn decrypt(&self, ciphertext_blob: &str, encryption_context: &str)
    -> Result<SecretBytes>;
}

/// Unwraps data keys of COS objects that the SDKs for Java and Go had wrapped by Tencent Cloud KMS.
///
/// It binds the encryption context, which is the material description of the object, and wraps nothing.
/// Serves the object formats of COS alone.
#[derive(Clone, Debug)]
pub struct CosKmsProvider {
    kms: Arc<dyn TencentKms>,
}

impl CosKmsProvider {
    /// What these keys can be relied on for.
    pub const PROPERTIES: Properties =
        Properties::new(Targets::COS_OBJECTS).binding_context().authenticating_wrapper();

    /// By this client of KMS.
    #[must_use]
    pub fn new(kms: Arc<dyn TencentKms>) -> Self {
        Self { kms }
    }

    /// What a wrapped key says of itself, if Tencent Cloud KMS wrapped it. Nothing is called.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        let wrapping = Wrapping::of(key)?;
        matches!(wrapping, Wrapping::Kms { .. })
            .then(|| KeyDescription::new().with_algorithm("Tencent Cloud KMS"))
    }
}

#[async_trait]
impl KeyProvider for CosKmsProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let message =
            "there is no client of Tencent Cloud KMS that encrypts: objects of it are read only";
        Err(ProviderError::new(ProviderErrorKind::Unsupported, message).into())
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(Wrapping::Kms { context }) = Wrapping::of(request.key) else {
            return Ok(Unwrapped::NotMine);
        };
        // KMS compares the text that stands in the object, which says nothing of what the caller expects.
        if context_of(Some(&context)).unwrap_or_default() != *request.context {
            let message = "the key was wrapped under another encryption context";
            return Err(ProviderError::new(ProviderErrorKind::WrongContext, message).into());
        }
        let blob = str::from_utf8(request.key.ciphertext());
        let blob = blob.map_err(|_| Error::unauthentic_key())?;
        let text = self.kms.decrypt(blob, &context).await?;
        let mut secret = Zeroizing::new(vec![0; text.len()]);
        let decoded = BASE64.decode_slice(text.expose(), &mut secret);
        let length = decoded.map_err(|_| {
            let message = "Tencent Cloud KMS answered with a plaintext that is not base64";
            ProviderError::new(ProviderErrorKind::Other, message)
        })?;
        Ok(Unwrapped::Key(SecretBytes::from(&secret[..length])))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        Self::recognize(key)
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}
