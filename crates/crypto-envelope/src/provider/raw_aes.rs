//! Wrapping keys with an AES key of one's own.

use async_trait::async_trait;

use super::{
    KeyDescription, KeyProvider, Properties, Targets, UnwrapRequest, Unwrapped, WrapRequest,
    key_orders,
};
use crate::{
    EncryptedDataKey, Error, Result, SecretBytes,
    crypto::{self, AesGcm, IV_LENGTH, TAG_LENGTH},
};

/// Wraps data keys with a raw AES key by AES-GCM, as the official SDKs' raw AES keyrings and
/// master keys do (AWS Encryption SDK specification, "Raw AES keyring").
///
/// Binds the encryption context and authenticates the wrapper. Serves messages and key rings.
///
/// # Security
///
/// Whoever has the key can open everything that was ever wrapped with it, and it is gone if you
/// lose it: keep a copy. IVs are random, so one key should wrap no more than 2^32 data keys
/// (NIST SP 800-38D, section 8.3).
///
/// ```
/// use crypto_envelope::{SecretBytes, provider::RawAesProvider};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let provider = RawAesProvider::new("my-app", "key-1", &SecretBytes::random(32)?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RawAesProvider {
    namespace: String,
    name: String,
    algorithm: &'static str,
    key: AesGcm,
    key_orders: KeyOrders,
}

/// The orders of the context that keys may be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyOrders {
    Sorted,
    Any,
}

impl RawAesProvider {
    /// What every raw AES key can be relied on for. A provider that leaves the wrapping to raw
    /// AES keys can say the same of itself.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS))
        .binding_context()
        .authenticating_wrapper();

    /// A provider with a wrapping key of 16, 24 or 32 bytes.
    ///
    /// `namespace` and `name` are stored in clear with every wrapped key; a key unwraps only
    /// with a provider that has the same two names. They are the *provider id* and *key id* of the official
    /// SDKs' master keys.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length, if `namespace` is empty or begins
    /// with `aws-kms`, which belongs to AWS KMS, or if a name is too long for the format.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        wrapping_key: &SecretBytes,
    ) -> Result<Self> {
        let (namespace, name) = (namespace.into(), name.into());
        super::check_raw_names(&namespace, &name)?;
        if name.len() + INFO_SUFFIX_LENGTH > usize::from(u16::MAX) {
            return Err(Error::invalid_input("the key name is too long"));
        }
        let algorithm = match wrapping_key.len() {
            16 => "AES-128-GCM",
            24 => "AES-192-GCM",
            32 => "AES-256-GCM",
            length => {
                return Err(Error::invalid_input(format!(
                    "an AES wrapping key has 16, 24 or 32 bytes, this one has {length}"
                )));
            }
        };
        let key = AesGcm::new(wrapping_key.expose())
            .map_err(|_| Error::Internal { what: "the AES key was not accepted" })?;
        Ok(Self { namespace, name, algorithm, key, key_orders: KeyOrders::Sorted })
    }

    /// Also unwraps keys that are bound to the pairs of their context in another order, as the official SDK for JavaScript wraps
    /// them unless it is told otherwise (`utf8Sorting`), where it finds another order right than that of UTF-8. No other SDK
    /// reads them. Up to seven pairs are tried in all orders, which takes milliseconds for each wrapped key that is not
    /// genuine. Default: no other order.
    #[must_use]
    pub fn trying_key_orders(mut self) -> Self {
        self.key_orders = KeyOrders::Any;
        self
    }

    /// Describes a wrapped key that looks as if a raw AES key had wrapped it, whosever it is.
    /// Unlike [`describe`](KeyProvider::describe) it needs no provider. Read from
    /// unauthenticated bytes.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        let (name, suffix) = key.provider_info().split_last_chunk::<INFO_SUFFIX_LENGTH>()?;
        let name = str::from_utf8(name).ok()?;
        suffix
            .starts_with(&INFO_CONSTANTS)
            .then(|| KeyDescription::new().with_key_id(name).with_algorithm("AES-GCM"))
    }

    /// The IV in the provider info, if the wrapped key carries this provider's names.
    fn matches<'k>(&self, key: &'k EncryptedDataKey) -> Option<Result<&'k [u8; IV_LENGTH]>> {
        let info = key.provider_info();
        let suffix = info.strip_prefix(self.name.as_bytes())?;
        if key.provider_id() != self.namespace || suffix.len() != INFO_SUFFIX_LENGTH {
            return None;
        }
        let iv = suffix.strip_prefix(&INFO_CONSTANTS).and_then(|iv| iv.first_chunk());
        Some(iv.ok_or_else(|| Error::Unsupported {
            what: format!("the raw AES wrapping of the key {:?}: tag or IV length", self.name),
        }))
    }

    fn open(&self, iv: &[u8; IV_LENGTH], request: UnwrapRequest<'_>) -> Result<SecretBytes> {
        let (ciphertext, tag) = request
            .key
            .ciphertext()
            .split_last_chunk::<TAG_LENGTH>()
            .ok_or_else(Error::unauthentic_key)?;
        let open = |context: &[u8]| {
            SecretBytes::filled_by(ciphertext.len(), |secret| {
                self.key
                    .open(iv, context, ciphertext, tag, secret)
                    .map_err(|_| Error::unauthentic_key())
            })
        };
        match open(request.context.serialize()?) {
            Err(_) if self.key_orders == KeyOrders::Any => {
                let found = key_orders::find(request.context, |context| open(context).ok())?;
                found.ok_or_else(Error::unauthentic_key)
            }
            opened => opened,
        }
    }
}

#[async_trait]
impl KeyProvider for RawAesProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let context = request.context.serialize()?;
        let mut iv = [0; IV_LENGTH];
        crypto::random(&mut iv).map_err(|_| Error::no_randomness())?;

        let secret = request.secret.expose();
        let mut ciphertext = vec![0; secret.len()];
        let mut tag = [0; TAG_LENGTH];
        self.key
            .seal(&iv, context, secret, &mut ciphertext, &mut tag)
            .map_err(|_| Error::Internal { what: "wrapping the data key failed" })?;
        ciphertext.extend(tag);

        let info = [self.name.as_bytes(), &INFO_CONSTANTS, &iv].concat();
        Ok(vec![EncryptedDataKey::new(self.namespace.clone(), info, ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        match self.matches(request.key) {
            Some(iv) => Ok(Unwrapped::Key(self.open(iv?, request)?)),
            None => Ok(Unwrapped::NotMine),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.matches(key)
            .map(|_| KeyDescription::new().with_key_id(&self.name).with_algorithm(self.algorithm))
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

/// Behind the key name: tag length in bits, IV length in bytes, both 32 bits, then the IV.
const INFO_CONSTANTS: [u8; 8] = [0, 0, 0, 128, 0, 0, 0, 12];
const INFO_SUFFIX_LENGTH: usize = INFO_CONSTANTS.len() + IV_LENGTH;
