//! Which gateway serves a call, and how an instance is asked.

use std::collections::BTreeSet;

use crypto_envelope::{EncryptionContext, Error, Result};

use super::refusal;
use crate::{
    AadStyle, AlibabaKmsInstance, AlibabaKmsOpenApi, error::Call as About, instance, openapi::Call,
};

/// The calls of the [OpenAPI](crate::openapi), served by an instance where it can: for programs written for
/// keys outside of instances (KMS 1.0), and for the ciphertexts that these have.
///
/// An instance serves [`Encrypt`](crate::openapi::Encrypt), [`Decrypt`](crate::openapi::Decrypt),
/// [`GenerateDataKey`](crate::openapi::GenerateDataKey) with and without plaintext, `AsymmetricEncrypt`,
/// `AsymmetricDecrypt`, `AsymmetricSign`, `AsymmetricVerify`, `GetPublicKey` and `GetSecretValue`. All others
/// go to the [OpenAPI](Self::with_openapi). Answers are the same from both, and ciphertexts too: each opens
/// what the other made, if it has the key.
///
/// ```
/// use crypto_envelope::{EncryptionContext, blocking};
/// use crypto_envelope_alibaba_kms::{
///     AlibabaKmsInstance, AlibabaKmsTransfer,
///     openapi::{Decrypt, GenerateDataKey},
/// };
///
/// fn there_and_back(instance: &AlibabaKmsInstance, key_id: &str) -> crypto_envelope::Result<()> {
///     let kms = AlibabaKmsTransfer::new(instance);
///     let context = EncryptionContext::from([("tenant", "blue")]);
///     let call = GenerateDataKey::new(key_id).encryption_context(context.clone());
///     let made = blocking::wait(kms.call(call))?;
///     let call = Decrypt::new(made.ciphertext_blob).encryption_context(context);
///     let opened = blocking::wait(kms.call(call))?.decoded()?;
///     assert!(opened.equals(made.plaintext.expose()));
///     Ok(())
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use crypto_envelope_alibaba_kms::{AlibabaKmsSettings, ClientKey};
/// # use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};
/// # let fake = FakeAlibabaInstance::start()?;
/// # let key = fake.client_key();
/// # let key = ClientKey::from_private_key(key.id(), key.private_key())?;
/// # let kms = AlibabaKmsInstance::new(&fake.endpoint(), &key, &AlibabaKmsSettings::new())?;
/// # let key_id = fake.create_key(KeyKind::Symmetric)?;
/// # Ok(there_and_back(&kms, &key_id)?)
/// # }
/// ```
///
/// # Compared with the vendor's `TransferClient`
///
/// An encryption context is bound as KMS 1.0 binds it, and not as the vendor's SDK for Python does:
/// [`with_aad_style`](Self::with_aad_style) and [`with_other_aad_styles`](Self::with_other_aad_styles) are for
/// data that was written with that one. Every call goes where it is said to go, asynchronous ones too.
#[derive(Clone, Debug)]
pub struct AlibabaKmsTransfer {
    instance: AlibabaKmsInstance,
    openapi: Option<AlibabaKmsOpenApi>,
    /// Where calls go that an instance can serve.
    usual: Gateway,
    /// Actions that do not.
    by_openapi: BTreeSet<&'static str>,
    pub(super) mode: Mode,
    pub(super) data_keys: DataKeyOrigin,
    style: AadStyle,
    other_styles: Vec<AadStyle>,
    json_order: Vec<String>,
}

/// Who serves a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gateway {
    /// The gateway of an instance.
    #[default]
    Instance,
    /// A gateway of the OpenAPI.
    OpenApi,
}

/// With which version of a key an instance encrypts. Both make ciphertexts of KMS 1.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// With the newest one, as the OpenAPI does. It takes a symmetric key that is protected by software.
    #[default]
    Advance,
    /// Always with the first one: `force_low_version_crypto_transfer` of the vendor's SDKs.
    InitialVersion,
}

/// Who makes data keys. Either way they look the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataKeyOrigin {
    /// The instance, in a call of its own before the one that encrypts it: as the vendor's SDKs.
    #[default]
    Instance,
    /// This machine, by the randomness of its system, so that one call is enough.
    Local,
}

impl AlibabaKmsTransfer {
    /// Serves what it can by `instance`, and refuses all else.
    #[must_use]
    pub fn new(instance: &AlibabaKmsInstance) -> Self {
        Self {
            instance: instance.clone(),
            openapi: None,
            usual: Gateway::default(),
            by_openapi: BTreeSet::new(),
            mode: Mode::default(),
            data_keys: DataKeyOrigin::default(),
            style: AadStyle::default(),
            other_styles: Vec::new(),
            json_order: Vec::new(),
        }
    }

    /// Lets this gateway serve what an instance cannot.
    #[must_use]
    pub fn with_openapi(mut self, openapi: &AlibabaKmsOpenApi) -> Self {
        self.openapi = Some(openapi.clone());
        self
    }

    /// Where calls go that an instance can serve, unless [`by_openapi`](Self::by_openapi) or
    /// [`call_by`](Self::call_by) say otherwise. With [`Gateway::OpenApi`] nothing goes to the instance.
    #[must_use]
    pub fn with_gateway(mut self, usual: Gateway) -> Self {
        self.usual = usual;
        self
    }

    /// Sends calls of this kind to the OpenAPI, as `default_kms_api_names` of the vendor's SDKs does:
    /// `kms.by_openapi::<GetSecretValue>()`.
    #[must_use]
    pub fn by_openapi<C: Call>(mut self) -> Self {
        self.by_openapi.insert(C::ACTION);
        self
    }

    /// Encrypts with another version of keys.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Gets data keys from elsewhere.
    #[must_use]
    pub fn with_data_keys(mut self, origin: DataKeyOrigin) -> Self {
        self.data_keys = origin;
        self
    }

    /// Binds encryption contexts in another way. Who decrypts has to do the same.
    #[must_use]
    pub fn with_aad_style(mut self, style: AadStyle) -> Self {
        self.style = style;
        self
    }

    /// To decrypt with an encryption context, tries these ways too, one after the other, if KMS does not open
    /// the ciphertext. Each is a call more.
    #[must_use]
    pub fn with_other_aad_styles(mut self, styles: impl IntoIterator<Item = AadStyle>) -> Self {
        self.other_styles = styles.into_iter().collect();
        self
    }

    /// The order that the pairs of an encryption context have as [`AadStyle::Json`], by their keys: the one
    /// in which the program of old gave them. Keys that are not named follow, sorted.
    #[must_use]
    pub fn with_json_order<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.json_order = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Makes a call, by the instance if it can serve it and nothing else was said.
    ///
    /// # Errors
    ///
    /// As [`AlibabaKmsOpenApi::call`], by whichever gateway. Errors of an instance have the codes that the
    /// OpenAPI has for the same, where it has one.
    /// [`Error::InvalidInput`] if the call needs the OpenAPI and there is
    /// [none](Self::with_openapi).
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer> {
        let is_elsewhere = self.usual == Gateway::OpenApi || self.by_openapi.contains(C::ACTION);
        if !is_elsewhere && let Some(answer) = call.by_instance(self) {
            return answer.await;
        }
        self.ask_openapi(call).await
    }

    /// Makes a call by this gateway.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); [`Error::InvalidInput`] if an instance cannot serve it and shall.
    pub async fn call_by<C: Call>(&self, gateway: Gateway, call: C) -> Result<C::Answer> {
        match gateway {
            Gateway::OpenApi => self.ask_openapi(call).await,
            Gateway::Instance => match call.by_instance(self) {
                Some(answer) => answer.await,
                None => Err(Error::invalid_input(format!(
                    "{} is no call that an instance serves: make it by the OpenAPI",
                    C::ACTION
                ))),
            },
        }
    }

    async fn ask_openapi<C: Call>(&self, call: C) -> Result<C::Answer> {
        let Some(openapi) = &self.openapi else {
            return Err(Error::invalid_input(format!(
                "{} goes to the OpenAPI, of which this client has no gateway: \
                 AlibabaKmsTransfer::with_openapi",
                C::ACTION
            )));
        };
        openapi.call(call).await
    }

    /// Asks the instance, with errors as the OpenAPI has them.
    pub(super) async fn ask<C: instance::Call>(&self, call: C) -> Result<C::Answer> {
        self.instance.call(call).await.map_err(refusal::as_of_openapi)
    }

    /// What binds a context that is written.
    pub(super) fn aad(&self, context: Option<&EncryptionContext>) -> Vec<u8> {
        context.map(|context| self.aad_in(self.style, context)).unwrap_or_default()
    }

    /// What may have bound a context that is read, without what comes twice. Never empty.
    pub(super) fn aads(&self, context: Option<&EncryptionContext>) -> Vec<Vec<u8>> {
        let mut aads = vec![self.aad(context)];
        for style in &self.other_styles {
            let aad = context.map(|context| self.aad_in(*style, context)).unwrap_or_default();
            if !aads.contains(&aad) {
                aads.push(aad);
            }
        }
        aads
    }

    fn aad_in(&self, style: AadStyle, context: &EncryptionContext) -> Vec<u8> {
        let place = |key: &str| self.json_order.iter().position(|named| named == key);
        let mut pairs: Vec<_> = context.iter().collect();
        pairs.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
        style.aad_of_pairs(&pairs)
    }
}

/// An answer that cannot be.
pub(super) fn answered_wrongly<C: instance::Call>(request_id: Option<&str>, what: &str) -> Error {
    let call = About { operation: C::API, key_id: None };
    call.answered_wrongly(request_id, what).into()
}

/// There is nothing like it on an instance, and the call must not be made for good.
pub(crate) fn refuse_dry_run(dry_run: bool) -> Result<()> {
    if dry_run {
        return Err(Error::invalid_input(
            "an instance makes no dry runs: AlibabaKmsTransfer::call_by makes them by the OpenAPI",
        ));
    }
    Ok(())
}
