//! Wrapping keys with an AES master key.

use std::{fmt, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    hazmat::{AesCbcDecryptor, AesCtr, AesKeyWrap},
    key_file::KeyFile,
    provider::{
        KeyDescription, KeyProvider, Properties, Targets, UnwrapRequest, Unwrapped, WrapRequest,
        async_trait,
    },
};
use zeroize::Zeroizing;

use super::{padding::unpadded, wrapped_key::Wrapping};

/// How an AES master key wraps what it is given. Any of them is unwrapped, whatever is chosen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosAesWrapping {
    /// AES Key Wrap (RFC 3394), as the SDK for Java.
    JavaKeyWrap,
    /// With the key stream of a random counter, as an unreleased version of the SDK for Python.
    /// Released ones, up to 1.9.44, read such an object without an error and **as garbage**.
    PythonMasterIv,
    /// With the key stream of the counter zero, as the released SDK for Python. It is the same for every
    /// object: **who knows the data key and IV of one object can compute those of all the others** that
    /// were wrapped with the same master key. For objects that this SDK must read, and nothing else.
    DangerPythonFixedKeystream,
}

/// Wraps the data keys of COS objects with an AES key of one's own, as the official SDKs do.
///
/// Serves the object formats of COS alone. It binds no encryption context; and only what Java's
/// wrapping makes cannot be changed unnoticed.
///
/// ```
/// use crypto_envelope_tencent_cos::{CosAesProvider, CosAesWrapping};
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let key = CosAesProvider::key_of_text("QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg=")?;
/// let provider = CosAesProvider::new(&key, CosAesWrapping::JavaKeyWrap)?;
/// # Ok(())
/// # }
/// ```
pub struct CosAesProvider {
    wrapping: CosAesWrapping,
    master_key: SecretBytes,
    key_wrap: AesKeyWrap,
}

impl CosAesProvider {
    /// What these keys can be relied on for: nothing but COS objects.
    pub const PROPERTIES: Properties = Properties::new(Targets::COS_OBJECTS);

    /// With a master key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length.
    pub fn new(master_key: &SecretBytes, wrapping: CosAesWrapping) -> Result<Self> {
        let key_wrap = AesKeyWrap::new(master_key)?;
        Ok(Self { wrapping, master_key: SecretBytes::from(master_key.expose()), key_wrap })
    }

    /// The master key of a text in base64, as the official SDKs take it by value.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none, or has no length of an AES key.
    pub fn key_of_text(text: &str) -> Result<SecretBytes> {
        let mut bytes = Zeroizing::new([0; LONGEST_TEXT]);
        let decoded = BASE64.decode_slice(text.trim_ascii_end(), &mut *bytes).ok();
        let key = decoded.and_then(|length| bytes.get(..length)).map(SecretBytes::from);
        key.filter(|key| [16, 24, 32].contains(&key.len())).ok_or_else(|| {
            Error::invalid_input("an AES key is 16, 24 or 32 bytes in base64, and this text is not")
        })
    }

    /// The master key of a file that holds it in base64, as the official SDKs take it by path. The file
    /// must not be readable by others, and none is ever made.
    ///
    /// # Errors
    ///
    /// As [`key_of_text`](Self::key_of_text), and if the file cannot or must not be read.
    pub fn key_of_file(path: &Path) -> Result<SecretBytes> {
        let text = KeyFile::read_private(path, LONGEST_TEXT)?;
        let key = str::from_utf8(text.expose()).ok().and_then(|text| Self::key_of_text(text).ok());
        key.ok_or_else(|| {
            let path = path.display();
            Error::invalid_input(format!(
                "{path} does not hold an AES key: 16, 24 or 32 bytes in base64"
            ))
        })
    }

    /// Makes a new master key of 256 bits, and a file that holds it as
    /// [`key_of_file`](Self::key_of_file) takes it. A file that is there already is never replaced.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the file cannot be made, or is there already.
    pub fn create_key_file(path: &Path) -> Result<SecretBytes> {
        let key = SecretBytes::random(32)?;
        let text = SecretBytes::filled_by(KEY_TEXT, |text| {
            let written = BASE64.encode_slice(key.expose(), text);
            written.map(|_| ()).map_err(|_| Error::invalid_input("a key of another length"))
        })?;
        KeyFile::create(path, &text)?;
        Ok(key)
    }

    /// What a wrapped key says of itself, if an AES key wrapped it. No key is needed.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        let algorithm = match Wrapping::of(key)? {
            Wrapping::AesFixedKeystream => "AES-CTR with a fixed key stream",
            Wrapping::AesMasterIv(_) => "AES-CTR",
            Wrapping::AesKeyWrap => "AES Key Wrap",
            Wrapping::AesEcb => "AES-ECB",
            _ => return None,
        };
        Some(KeyDescription::new().with_algorithm(algorithm))
    }

    fn open(&self, wrapping: &Wrapping, ciphertext: &[u8]) -> Result<Option<SecretBytes>> {
        match wrapping {
            Wrapping::AesFixedKeystream => self.stream([0; 16], ciphertext).map(Some),
            Wrapping::AesMasterIv(iv) => self.stream(*iv, ciphertext).map(Some),
            Wrapping::AesKeyWrap => self.key_wrap.unwrap(ciphertext).map(Some),
            Wrapping::AesEcb => self.open_ecb(ciphertext).map(Some),
            _ => Ok(None),
        }
    }

    /// Encrypts, or decrypts.
    fn stream(&self, counter: [u8; 16], bytes: &[u8]) -> Result<SecretBytes> {
        SecretBytes::filled_by(bytes.len(), |out| {
            out.copy_from_slice(bytes);
            AesCtr::new(&self.master_key, counter)?.apply(0, out)
        })
    }

    fn open_ecb(&self, ciphertext: &[u8]) -> Result<SecretBytes> {
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
            return Err(Error::unauthentic_key());
        }
        let cipher = AesCbcDecryptor::new(&self.master_key)?;
        let mut bytes = Zeroizing::new(ciphertext.to_vec());
        bytes.chunks_mut(16).try_for_each(|block| cipher.decrypt([0; 16], block))?;
        unpadded(&bytes).map(SecretBytes::from).ok_or_else(Error::unauthentic_key)
    }
}

#[async_trait]
impl KeyProvider for CosAesProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let (secret, wrapping) = (request.secret, self.wrapping);
        let wrapping = match wrapping {
            CosAesWrapping::JavaKeyWrap => {
                let ciphertext = self.key_wrap.wrap(secret)?;
                return Ok(vec![Wrapping::AesKeyWrap.wrapped(ciphertext)?]);
            }
            // Two secrets under one key stream would tell their difference.
            _ if secret.len() != KEY_AND_IV => {
                return Err(Error::invalid_input(
                    "the SDK for Python wraps a data key of 32 bytes and an IV of 16 together",
                ));
            }
            CosAesWrapping::PythonMasterIv => {
                let mut iv = [0; 16];
                iv.copy_from_slice(SecretBytes::random(16)?.expose());
                Wrapping::AesMasterIv(iv)
            }
            CosAesWrapping::DangerPythonFixedKeystream => Wrapping::AesFixedKeystream,
        };
        let counter = if let Wrapping::AesMasterIv(iv) = &wrapping { *iv } else { [0; 16] };
        let ciphertext = self.stream(counter, secret.expose())?;
        Ok(vec![wrapping.wrapped(ciphertext.expose())?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(wrapping) = Wrapping::of(request.key) else { return Ok(Unwrapped::NotMine) };
        let secret = self.open(&wrapping, request.key.ciphertext())?;
        Ok(secret.map_or(Unwrapped::NotMine, Unwrapped::Key))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        Self::recognize(key)
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

impl fmt::Debug for CosAesProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CosAesProvider").field("wrapping", &self.wrapping).finish_non_exhaustive()
    }
}

/// A data key and its IV.
const KEY_AND_IV: usize = 32 + 16;
/// 32 bytes in base64.
const KEY_TEXT: usize = 44;
/// More than any key in base64, with the end of a line.
const LONGEST_TEXT: usize = 64;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crypto_envelope::{
        EncryptionContext, PolicyViolation, blocking,
        provider::{DetachedTarget, GenerateRequest, Target},
    };

    use super::*;

    fn provider(wrapping: CosAesWrapping) -> Result<CosAesProvider> {
        CosAesProvider::new(&vec![7; 32].into(), wrapping)
    }

    fn wrapped(wrapping: CosAesWrapping, secret: &[u8]) -> Result<EncryptedDataKey> {
        let (secret, context) = (SecretBytes::from(secret), EncryptionContext::new());
        let request = WrapRequest::new(&secret, OBJECT, &context);
        Ok(blocking::wait(provider(wrapping)?.wrap(request))?.remove(0))
    }

    fn unwrapped(provider: &dyn KeyProvider, key: &EncryptedDataKey) -> Result<Unwrapped> {
        let context = EncryptionContext::new();
        blocking::wait(provider.unwrap(UnwrapRequest::new(key, OBJECT, &context)))
    }

    #[test]
    fn any_wrapping_is_unwrapped_whatever_was_chosen() -> Result<()> {
        for chosen in ALL {
            for made in ALL {
                let secret = [9; 48];
                let key = wrapped(made, &secret)?;
                let Unwrapped::Key(found) = unwrapped(&provider(chosen)?, &key)? else {
                    panic!("{made:?} is not mine");
                };
                assert!(found.equals(&secret), "{made:?} by {chosen:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn the_key_stream_is_fixed_where_it_is_called_so() -> Result<()> {
        let difference = |wrapping| {
            let (one, other) = (wrapped(wrapping, &[1; 48])?, wrapped(wrapping, &[2; 48])?);
            let pairs = one.ciphertext().iter().zip(other.ciphertext());
            Ok::<_, Error>(pairs.map(|(one, other)| one ^ other).collect::<Vec<_>>())
        };
        assert_eq!(difference(CosAesWrapping::DangerPythonFixedKeystream)?, [3; 48]);
        assert_ne!(difference(CosAesWrapping::PythonMasterIv)?, [3; 48]);
        Ok(())
    }

    #[test]
    fn a_key_stream_takes_key_and_iv_together() {
        for wrapping in [CosAesWrapping::PythonMasterIv, CosAesWrapping::DangerPythonFixedKeystream]
        {
            for length in [16, 32, 47, 49, 64] {
                let refused = wrapped(wrapping, &vec![1; length]);
                assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{length}");
            }
        }
    }

    #[test]
    fn nothing_but_cos_objects() -> Result<()> {
        let context = EncryptionContext::new();
        let provider = Arc::new(provider(CosAesWrapping::JavaKeyWrap)?);
        let suites = crypto_envelope::AlgorithmSuite::ALL.iter();
        let others = suites
            .map(|suite| Target::Message(*suite))
            .chain([Target::Detached(DetachedTarget::KeyRing)]);
        for target in others {
            let refused =
                blocking::wait(provider.generate(GenerateRequest::new(target, 32, &context)));
            let is_refused = matches!(refused, Err(Error::Policy(PolicyViolation::Target { .. })));
            assert!(is_refused, "{target}");
        }
        Ok(())
    }

    #[test]
    fn keys_of_others_are_not_mine_and_damaged_ones_not_genuine() -> Result<()> {
        let provider = provider(CosAesWrapping::JavaKeyWrap)?;
        let rsa = Wrapping::RsaJava { length: 32 }.wrapped([1; 256])?;
        assert!(matches!(unwrapped(&provider, &rsa)?, Unwrapped::NotMine));
        assert!(provider.describe(&rsa).is_none());
        for length in [0, 8, 16, 40, 41] {
            let key = Wrapping::AesKeyWrap.wrapped(vec![1; length])?;
            assert!(matches!(unwrapped(&provider, &key), Err(Error::Authentication { .. })));
        }
        for length in [0, 1, 15, 17] {
            let key = Wrapping::AesEcb.wrapped(vec![1; length])?;
            assert!(matches!(unwrapped(&provider, &key), Err(Error::Authentication { .. })));
        }
        Ok(())
    }

    #[test]
    fn texts_are_keys_in_base64() -> Result<()> {
        for length in [16, 24, 32] {
            let text = BASE64.encode(vec![7; length]);
            for text in [text.clone(), format!("{text}\n"), format!("{text}\r\n")] {
                assert!(CosAesProvider::key_of_text(&text)?.equals(&vec![7; length]));
            }
        }
        // The third is what the official samples say.
        let long = BASE64.encode([7; 48]);
        for text in ["", "AAAA", "aes_key_value", &BASE64.encode([7; 31]), &long, &"A".repeat(999)]
        {
            let refused = CosAesProvider::key_of_text(text);
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{text}");
        }
        Ok(())
    }

    const ALL: [CosAesWrapping; 3] = [
        CosAesWrapping::JavaKeyWrap,
        CosAesWrapping::PythonMasterIv,
        CosAesWrapping::DangerPythonFixedKeystream,
    ];
    const OBJECT: Target = Target::Detached(DetachedTarget::CosObject);
}
