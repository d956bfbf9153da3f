//! Wrapping keys with an RSA key.

use std::fmt;

use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    hazmat::{RsaDecryptor, RsaEncryptor, RsaScheme},
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RsaKey,
        RsaPadding, Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use super::wrapped_key::Wrapping;

/// How an RSA key wraps what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosRsaWrapping {
    /// RSA-OAEP with SHA-1, as the SDK for Python does it with keys that it was given **by path**.
    PythonOaepSha1,
    /// RSA-OAEP with SHA-256, and MGF1 with SHA-1, as the SDK for Java does it with the providers that
    /// come with Java. Needs the feature `rustcrypto-rsa`.
    JavaOaepSha256Mgf1Sha1,
    /// RSA-OAEP with SHA-256, as the SDK for Java does it with the provider of Bouncy Castle.
    JavaOaepSha256,
    /// RSA with PKCS#1 v1.5, as the SDK for Python does it with keys that it was given **by value**: who
    /// can have many objects decrypted and sees what became of it may learn data keys (Bleichenbacher).
    DangerPythonPkcs1V15,
}

impl CosRsaWrapping {
    fn scheme(self) -> RsaScheme {
        match self {
            Self::PythonOaepSha1 => RsaPadding::OaepSha1.into(),
            Self::JavaOaepSha256Mgf1Sha1 => RsaScheme::OaepSha256Mgf1Sha1,
            Self::JavaOaepSha256 => RsaPadding::OaepSha256.into(),
            Self::DangerPythonPkcs1V15 => RsaPadding::DangerPkcs1V15.into(),
        }
    }

    fn wrapping(self, length: u8) -> Wrapping {
        match self {
            Self::PythonOaepSha1 | Self::DangerPythonPkcs1V15 => Wrapping::RsaPython { length },
            Self::JavaOaepSha256Mgf1Sha1 | Self::JavaOaepSha256 => Wrapping::RsaJava { length },
        }
    }
}

/// Whether what PKCS#1 v1.5 was used for is unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pkcs1V15 {
    Refused,
    Accepted,
}

/// Wraps the data keys of COS objects with an RSA key, as the official SDKs do.
///
/// With a public key alone it can only encrypt. Objects do not say which padding they were made with:
/// those with OAEP are all tried, and PKCS#1 v1.5 if it was [enabled](Self::danger_accept_pkcs1_v15).
///
/// Serves the object formats of COS alone. Anybody who has the public key can wrap, and no encryption context
/// is bound.
pub struct CosRsaProvider {
    wrapping: CosRsaWrapping,
    encryptor: RsaEncryptor,
    opening: Option<Opening>,
    pkcs1_v15: Pkcs1V15,
}

/// What a private key opens, by the padding. An error says what is missing to open it.
struct Opening {
    oaep_sha1: RsaDecryptor,
    oaep_sha256: RsaDecryptor,
    oaep_sha256_mgf1_sha1: Result<RsaDecryptor, String>,
    pkcs1_v15: RsaDecryptor,
}

impl CosRsaProvider {
    /// What these keys can be relied on for: nothing but COS objects.
    pub const PROPERTIES: Properties = Properties::new(Targets::COS_OBJECTS);

    /// Wraps with a public key; a private one unwraps too. Keys have 2048 to 8192 bits; the feature
    /// `rustcrypto-rsa` adds those of 1024 and more.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key cannot be used, [`Error::Unsupported`] if it, or how it is to
    /// wrap, needs a feature that is not enabled, which the error names.
    pub fn new(key: &RsaKey, wrapping: CosRsaWrapping) -> Result<Self> {
        let encryptor = RsaEncryptor::new(key, wrapping.scheme())?;
        let opening = Opening::of(key)?;
        // What is written can be read.
        let pkcs1_v15 = match wrapping {
            CosRsaWrapping::DangerPythonPkcs1V15 => Pkcs1V15::Accepted,
            _ => Pkcs1V15::Refused,
        };
        Ok(Self { wrapping, encryptor, opening, pkcs1_v15 })
    }

    /// Reads a key of any form that the official SDK for Python reads: PEM or DER; PKCS#1, PKCS#8 or
    /// SPKI; private ones in PEM also encrypted with a passphrase, as PKCS#8 (RFC 8018, PBES2) or in
    /// the old way of OpenSSL.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none, or the passphrase is missing or wrong.
    pub fn key_of(key: &[u8], passphrase: Option<&SecretBytes>) -> Result<RsaKey> {
        super::rsa_key::parse(key, passphrase)
    }

    /// As [`key_of`](Self::key_of), of a file. One with a private key must not be readable by others, and
    /// none is ever made.
    ///
    /// # Errors
    ///
    /// As [`key_of`](Self::key_of), and if the file cannot or must not be read.
    pub fn key_of_file(path: &std::path::Path, passphrase: Option<&SecretBytes>) -> Result<RsaKey> {
        super::rsa_key::read(path, passphrase)
    }

    /// Also unwraps what was wrapped with PKCS#1 v1.5, as the SDK for Python wraps with keys that were given
    /// by value. Whoever can have many objects decrypted and sees what became of it may learn data
    /// keys; every failure gives the same error here, but takes its own time, and where the body is
    /// authenticated, a key that is well padded and wrong is found out later than one that is not.
    #[must_use]
    pub fn danger_accept_pkcs1_v15(mut self) -> Self {
        self.pkcs1_v15 = Pkcs1V15::Accepted;
        self
    }

    /// What a wrapped key says of itself, if an RSA key wrapped it. No key is needed.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        let algorithm = match Wrapping::of(key)? {
            Wrapping::RsaPython { .. } => "RSA-OAEP-SHA-1 or RSA-PKCS1-v1_5",
            Wrapping::RsaJava { .. } => "RSA-OAEP-SHA-256",
            Wrapping::RsaLegacy { .. } => "RSA-PKCS1-v1_5",
            _ => return None,
        };
        Some(KeyDescription::new().with_algorithm(algorithm))
    }

    fn open(&self, wrapping: &Wrapping, ciphertext: &[u8]) -> Option<Result<SecretBytes>> {
        let length = match wrapping {
            Wrapping::RsaPython { length }
            | Wrapping::RsaJava { length }
            | Wrapping::RsaLegacy { length } => usize::from(*length),
            _ => return None,
        };
        let Some(opening) = &self.opening else { return Some(Err(only_public().into())) };
        let accepts_pkcs1 = self.pkcs1_v15 == Pkcs1V15::Accepted;
        Some(match wrapping {
            Wrapping::RsaPython { .. } => {
                let opened = opening.oaep_sha1.decrypt(ciphertext, length);
                match opened {
                    Err(_) if accepts_pkcs1 => opening.pkcs1_v15.decrypt(ciphertext, length),
                    opened => opened,
                }
            }
            Wrapping::RsaJava { .. } => opening.by_java(ciphertext, length),
            _ if accepts_pkcs1 => opening.pkcs1_v15.decrypt(ciphertext, length),
            _ => Err(ProviderError::new(ProviderErrorKind::Unsupported, PKCS1_REFUSED).into()),
        })
    }
}

impl Opening {
    fn of(key: &RsaKey) -> Result<Option<Self>> {
        let Some(oaep_sha1) = RsaDecryptor::new(key, RsaPadding::OaepSha1)? else {
            return Ok(None);
        };
        let with = |scheme: RsaScheme| -> Result<RsaDecryptor> {
            let opened = RsaDecryptor::new(key, scheme)?;
            opened.ok_or_else(|| only_public().into())
        };
        Ok(Some(Self {
            oaep_sha1,
            oaep_sha256: with(RsaPadding::OaepSha256.into())?,
            oaep_sha256_mgf1_sha1: with(RsaScheme::OaepSha256Mgf1Sha1)
                .map_err(|error| error.to_string()),
            pkcs1_v15: with(RsaPadding::DangerPkcs1V15.into())?,
        }))
    }

    /// First as Java does it by itself, which is what most do.
    fn by_java(&self, ciphertext: &[u8], length: usize) -> Result<SecretBytes> {
        let by_itself = match &self.oaep_sha256_mgf1_sha1 {
            Ok(decryptor) => decryptor.decrypt(ciphertext, length),
            Err(missing) => {
                Err(Error::unsupported(format!("the key may have been wrapped with {missing}")))
            }
        };
        by_itself.or_else(|error| self.oaep_sha256.decrypt(ciphertext, length).map_err(|_| error))
    }
}

fn only_public() -> ProviderError {
    let message = "of the RSA key only the public half is here: decrypt with the private key";
    ProviderError::new(ProviderErrorKind::Unsupported, message)
}

#[async_trait]
impl KeyProvider for CosRsaProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let length = u8::try_from(request.secret.len())
            .map_err(|_| Error::invalid_input("a secret of more than 255 bytes"))?;
        let ciphertext = self.encryptor.encrypt(request.secret)?;
        Ok(vec![self.wrapping.wrapping(length).wrapped(ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(wrapping) = Wrapping::of(request.key) else { return Ok(Unwrapped::NotMine) };
        match self.open(&wrapping, request.key.ciphertext()) {
            Some(secret) => secret.map(Unwrapped::Key),
            None => Ok(Unwrapped::NotMine),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        Self::recognize(key)
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

impl fmt::Debug for CosRsaProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.opening.is_some() { "private" } else { "public" };
        f.debug_struct("CosRsaProvider")
            .field("wrapping", &self.wrapping)
            .field("key", &half)
            .finish_non_exhaustive()
    }
}

const PKCS1_REFUSED: &str =
    "the key was wrapped with PKCS#1 v1.5, which danger_accept_pkcs1_v15 enables";
