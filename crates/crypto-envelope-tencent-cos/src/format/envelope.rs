//! What an object says of its encryption, and what is wrapped in it.

use std::collections::BTreeMap;

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes,
    hazmat::unwrap_detached,
    provider::{DetachedTarget, KeyProvider, Target, WrapRequest},
};

use super::{
    CosCarrier, CosFormat,
    body::BodyKey,
    cipher::{BodyCipher, KEY_LENGTH},
    instruction, java, legacy,
    names::{self, DESCRIPTION, OF_JAVA, OF_PYTHON, Pairs},
    python,
    warning::CosWarning,
};
use crate::{CosObjectError, ObjectProperties, provider::wrapped_key::Wrapping};

/// What an object says of its encryption, if it is not a message: how its body is encrypted, and the wrapped
/// keys.
///
/// All of it can be seen without a key, and none of it is verified.
#[derive(Clone, Debug)]
pub struct CosEnvelope {
    format: CosFormat,
    carrier: CosCarrier,
    cipher: BodyCipher,
    keys: WrappedKeys,
    description: Option<String>,
    plaintext_length: Option<u64>,
}

/// The data key and the IV of an object.
#[derive(Clone, Debug)]
pub(super) enum WrappedKeys {
    /// In one: the data key, then the IV.
    Together(EncryptedDataKey),
    Apart {
        key: EncryptedDataKey,
        iv: EncryptedDataKey,
    },
    PlainIv {
        key: EncryptedDataKey,
        iv: Vec<u8>,
    },
}

impl CosEnvelope {
    /// Of the metadata of an object: names without the prefix `x-cos-meta-`, in whatever case, and
    /// values. None if none of it is about encryption.
    ///
    /// # Errors
    ///
    /// A [`CosObjectError`] if it is of several formats, or something is missing
    /// or wrong in it.
    pub fn of_metadata<'m>(
        metadata: impl IntoIterator<Item = (&'m str, &'m str)>,
    ) -> Result<Option<Self>> {
        let pairs = Pairs::new(metadata);
        let python = pairs.first_of(&OF_PYTHON);
        let java = pairs.first_of(&OF_JAVA);
        let legacy = pairs.first_of(&names::legacy::ALL);
        match (python, java, legacy) {
            (Some(one), Some(other), _)
            | (Some(one), _, Some(other))
            | (_, Some(one), Some(other)) => {
                Err(CosObjectError::Mixed { names: [one, other] }.into())
            }
            (Some(_), None, None) => python::parse(&pairs).map(Some),
            (None, Some(_), None) => java::parse(&pairs).map(Some),
            (None, None, Some(other)) if pairs.value(names::KEY).is_some() => {
                Err(CosObjectError::Mixed { names: [names::KEY, other] }.into())
            }
            (None, None, Some(_)) => legacy::parse(&pairs, CosCarrier::LegacyMetadata).map(Some),
            (None, None, None) if pairs.value(names::KEY).is_some() => {
                Err(CosObjectError::Missing { name: names::IV }.into())
            }
            (None, None, None) => Ok(None),
        }
    }

    /// Of what COS tells of an object. None if none of it is about encryption.
    ///
    /// # Errors
    ///
    /// As [`of_metadata`](Self::of_metadata).
    pub fn of_object(properties: &ObjectProperties) -> Result<Option<Self>> {
        let metadata = properties.metadata.user.iter();
        Self::of_metadata(metadata.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Of the body of an instruction file.
    ///
    /// # Errors
    ///
    /// As [`of_metadata`](Self::of_metadata).
    pub fn of_instruction_file(body: &[u8]) -> Result<Self> {
        instruction::parse(body)
    }

    /// The format of the object.
    #[must_use]
    pub fn format(&self) -> CosFormat {
        self.format
    }

    /// Where its keys stand.
    #[must_use]
    pub fn carrier(&self) -> CosCarrier {
        self.carrier
    }

    /// What the writer said of the master key, as JSON text.
    #[must_use]
    pub fn material_description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// How long the plaintext is, if the object says it. Nothing depends on that.
    #[must_use]
    pub fn plaintext_length(&self) -> Option<u64> {
        self.plaintext_length
    }

    /// The wrapped keys, for [`KeyProvider::describe`].
    pub fn encrypted_data_keys(&self) -> impl Iterator<Item = &EncryptedDataKey> {
        let (first, second) = match &self.keys {
            WrappedKeys::Together(keys) => (keys, None),
            WrappedKeys::Apart { key, iv } => (key, Some(iv)),
            WrappedKeys::PlainIv { key, .. } => (key, None),
        };
        [Some(first), second].into_iter().flatten()
    }

    /// What whoever keeps the object should know.
    #[must_use]
    pub fn warnings(&self) -> Vec<CosWarning> {
        CosWarning::all_of(self)
    }

    pub(super) fn new(
        format: CosFormat,
        carrier: CosCarrier,
        cipher: BodyCipher,
        keys: WrappedKeys,
    ) -> Self {
        Self { format, carrier, cipher, keys, description: None, plaintext_length: None }
    }

    pub(super) fn described(mut self, description: Option<&str>) -> Self {
        self.description = description.map(str::to_owned);
        self
    }

    pub(super) fn of_length(mut self, plaintext: Option<u64>) -> Self {
        self.plaintext_length = plaintext;
        self
    }

    pub(super) fn is_wrapped_by_rsa(&self) -> bool {
        self.encrypted_data_keys().any(|key| {
            let wrapping = Wrapping::of(key);
            wrapping.is_some_and(|wrapping| {
                matches!(
                    wrapping,
                    Wrapping::RsaPython { .. }
                        | Wrapping::RsaJava { .. }
                        | Wrapping::RsaLegacy { .. }
                )
            })
        })
    }

    /// A new data key for an object, and what has to be said of it.
    pub(crate) async fn generate(
        format: CosFormat,
        provider: &dyn KeyProvider,
        description: Option<&str>,
    ) -> Result<(Self, BodyKey)> {
        let (cipher, _) = writable(format)?;
        let secret = SecretBytes::random(KEY_LENGTH + cipher.iv_length())?;
        Self::wrap(format, provider, &secret, description).await
    }

    /// The data key of an object with the IV behind it, which are used for it alone, and what has to be said
    /// of them.
    pub(crate) async fn wrap(
        format: CosFormat,
        provider: &dyn KeyProvider,
        secret: &SecretBytes,
        description: Option<&str>,
    ) -> Result<(Self, BodyKey)> {
        let (cipher, how) = writable(format)?;
        let body_key = BodyKey::of(cipher, secret)?;
        let context = context_of(description)?;
        let keys = match how {
            Wrap::Together => WrappedKeys::Together(wrap(provider, secret, &context).await?),
            Wrap::Apart => {
                let (key, iv) = secret.expose().split_at(KEY_LENGTH);
                let key = wrap(provider, &SecretBytes::from(key), &context).await?;
                let iv = wrap(provider, &SecretBytes::from(iv), &context).await?;
                WrappedKeys::Apart { key, iv }
            }
        };
        let envelope = Self::new(format, CosCarrier::Metadata, cipher, keys).described(description);
        // That the provider wraps in the way of this format is seen in what it made.
        envelope.metadata()?;
        Ok((envelope, body_key))
    }

    /// The metadata that say it, without the prefix `x-cos-meta-`.
    pub(crate) fn metadata(&self) -> Result<Vec<(&'static str, String)>> {
        let pairs = match (&self.keys, self.format) {
            (WrappedKeys::Together(keys), format) => python::pairs_together(format, keys),
            (WrappedKeys::Apart { key, iv }, CosFormat::UnauthenticatedPythonRsa) => {
                python::pairs_apart(key, iv)
            }
            (WrappedKeys::Apart { key, iv }, _) => java::pairs(self.cipher, key, iv),
            (WrappedKeys::PlainIv { .. }, _) => None,
        };
        let mut pairs = pairs.ok_or_else(|| {
            Error::invalid_input(format!(
                "the key provider does not wrap keys in the way of the format {}",
                self.format
            ))
        })?;
        pairs.extend(self.description.clone().map(|description| (DESCRIPTION, description)));
        Ok(pairs)
    }

    /// The same, with what the format says of the plaintext.
    pub(crate) fn metadata_of(&self, shape: Shape) -> Result<Vec<(&'static str, String)>> {
        let mut pairs = self.metadata()?;
        let is_of_java =
            matches!(self.format, CosFormat::UnauthenticatedJavaCtr | CosFormat::JavaGcm);
        match shape {
            _ if !is_of_java => {}
            Shape::Whole { length } => pairs.push(java::length_pair(length)),
            Shape::Parts { length, part } => pairs.extend(java::parts_pairs(length, part)),
        }
        Ok(pairs)
    }

    /// Whether any part of the body can be decrypted by itself.
    pub(crate) fn has_key_stream(&self) -> bool {
        self.cipher == BodyCipher::Ctr
    }

    /// Has the key and the IV unwrapped.
    pub(crate) async fn open(&self, provider: &dyn KeyProvider) -> Result<BodyKey> {
        let context = context_of(self.description.as_deref()).unwrap_or_default();
        let unwrap =
            async |key| unwrap_detached(provider, key, DetachedTarget::CosObject, &context).await;
        let secret = match &self.keys {
            WrappedKeys::Together(keys) => unwrap(keys).await?,
            WrappedKeys::Apart { key, iv } => {
                let key = unwrap(key).await?;
                let iv = unwrap(iv).await?;
                joined(&key, iv.expose())?
            }
            WrappedKeys::PlainIv { key, iv } => joined(&unwrap(key).await?, iv)?,
        };
        if secret.len() != KEY_LENGTH + self.cipher.iv_length() {
            return Err(Error::unauthentic_key());
        }
        BodyKey::of(self.cipher, &secret)
    }
}

/// How an object is written, which the formats for Java say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Whole { length: u64 },
    Parts { length: Option<u64>, part: Option<u64> },
}

/// How key and IV are wrapped.
enum Wrap {
    Together,
    Apart,
}

fn writable(format: CosFormat) -> Result<(BodyCipher, Wrap)> {
    match format {
        CosFormat::UnauthenticatedPythonAes | CosFormat::UnauthenticatedPythonAesMasterIv => {
            Ok((BodyCipher::Ctr, Wrap::Together))
        }
        CosFormat::UnauthenticatedPythonRsa | CosFormat::UnauthenticatedJavaCtr => {
            Ok((BodyCipher::Ctr, Wrap::Apart))
        }
        CosFormat::JavaGcm => Ok((BodyCipher::Gcm, Wrap::Apart)),
        CosFormat::UnauthenticatedJavaCbc | CosFormat::Message => {
            let message = format!("no envelope is written in the format {format}");
            Err(Error::invalid_input(message))
        }
    }
}

/// A key of another length than the IV begins behind would be another key.
fn joined(key: &SecretBytes, iv: &[u8]) -> Result<SecretBytes> {
    if key.len() != KEY_LENGTH {
        return Err(Error::unauthentic_key());
    }
    SecretBytes::filled_by(key.len() + iv.len(), |bytes| {
        let (first, rest) = bytes.split_at_mut(key.len());
        first.copy_from_slice(key.expose());
        rest.copy_from_slice(iv);
        Ok(())
    })
}

/// The pairs of a material description.
pub(crate) fn context_of(description: Option<&str>) -> Result<EncryptionContext> {
    let Some(description) = description else { return Ok(EncryptionContext::new()) };
    let pairs: BTreeMap<String, String> = match serde_json::from_str(description) {
        Ok(serde_json::Value::Object(fields)) => fields
            .into_iter()
            .map(|(name, value)| value.as_str().map(|text| (name, text.to_owned())))
            .collect::<Option<_>>(),
        _ => None,
    }
    .ok_or(CosObjectError::Malformed {
        name: DESCRIPTION,
        what: "it is not a JSON object of texts",
    })?;
    Ok(pairs.into_iter().collect())
}

async fn wrap(
    provider: &dyn KeyProvider,
    secret: &SecretBytes,
    context: &EncryptionContext,
) -> Result<EncryptedDataKey> {
    only(provider.wrap(WrapRequest::new(secret, OBJECT, context)).await?)
}

/// There is room for one wrapped key in the metadata of an object.
fn only(keys: Vec<EncryptedDataKey>) -> Result<EncryptedDataKey> {
    let [key] = <[EncryptedDataKey; 1]>::try_from(keys).map_err(|keys| {
        Error::invalid_input(format!(
            "this format holds one wrapped key, and the key provider made {}: messages hold several",
            keys.len()
        ))
    })?;
    Ok(key)
}

const OBJECT: Target = Target::Detached(DetachedTarget::CosObject);

#[cfg(test)]
mod tests;
