//! The AWS-LC backend.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{Digest, SHA256, SHA384},
    rand,
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
        OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey,
        PublicEncryptingKey,
    },
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
    },
};

use zeroize::Zeroizing;

use super::{Curve, Failed, IV_LENGTH, RsaPadding, TAG_LENGTH};
use crate::SecretBytes;

/// Fills `bytes` from the random generator.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Failed> {
    rand::fill(bytes).map_err(|_| Failed)
}

/// An AES-GCM key with 12-byte IVs and 16-byte tags (NIST SP 800-38D). Wiped by AWS-LC on drop.
pub(crate) struct AesGcm(LessSafeKey);

impl AesGcm {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return Err(Failed),
        };
        Ok(Self(LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| Failed)?)))
    }

    /// Encrypts `plaintext` into `ciphertext`, which has the same length, and writes the tag.
    pub(crate) fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], tag)
            .map_err(|_| Failed)
    }

    /// Decrypts `ciphertext` into `plaintext`, which has the same length. On failure `plaintext`
    /// holds nothing usable and is wiped.
    pub(crate) fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        plaintext: &mut [u8],
    ) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        self.0.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plaintext).map_err(
            |_| {
                plaintext.fill(0);
                Failed
            },
        )
    }
}

impl fmt::Debug for AesGcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesGcm")
    }
}

/// A signing key (FIPS 186-5).
pub(crate) struct EcdsaKey {
    curve: Curve,
    pair: EcdsaKeyPair,
}

impl EcdsaKey {
    pub(crate) fn generate(curve: Curve) -> Result<Self, Failed> {
        let algorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        };
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| Failed)?;
        Ok(Self { curve, pair })
    }

    pub(crate) fn curve(&self) -> Curve {
        self.curve
    }

    /// The public point, uncompressed: `04`, x, y.
    pub(crate) fn public_point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs a digest of the curve's hash; the signature is r, then s, each as long as a
    /// coordinate.
    pub(crate) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failed> {
        let signature = self.pair.sign_digest(&import(self.curve, digest)?).map_err(|_| Failed)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Verifies a DER signature over a digest of the curve's hash. The point may be compressed.
pub(crate) fn verify_ecdsa(
    curve: Curve,
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
    };
    UnparsedPublicKey::new(algorithm, point)
        .verify_digest(&import(curve, digest)?, signature)
        .map_err(|_| Failed)
}

fn import(curve: Curve, digest: &[u8]) -> Result<Digest, Failed> {
    let algorithm = match curve {
        Curve::P256 => &SHA256,
        Curve::P384 => &SHA384,
    };
    Digest::import_less_safe(digest, algorithm).map_err(|_| Failed)
}

/// A public RSA key of 2048 to 8192 bits, with its padding (RFC 8017).
pub(crate) enum RsaPublicKey {
    Pkcs1(Pkcs1PublicEncryptingKey),
    Oaep(OaepPublicEncryptingKey, &'static OaepAlgorithm),
}

impl RsaPublicKey {
    /// Takes a `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_spki(der: &[u8], padding: RsaPadding) -> Result<Self, Failed> {
        Self::new(PublicEncryptingKey::from_der(der).map_err(|_| Failed)?, padding)
    }

    fn new(key: PublicEncryptingKey, padding: RsaPadding) -> Result<Self, Failed> {
        Ok(match oaep(padding) {
            None => Self::Pkcs1(Pkcs1PublicEncryptingKey::new(key).map_err(|_| Failed)?),
            Some(algorithm) => {
                Self::Oaep(OaepPublicEncryptingKey::new(key).map_err(|_| Failed)?, algorithm)
            }
        })
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
        match self {
            Self::Pkcs1(key) => {
                let mut ciphertext = vec![0; key.ciphertext_size()];
                key.encrypt(plaintext, &mut ciphertext).map_err(|_| Failed)?;
                Ok(ciphertext)
            }
            Self::Oaep(key, algorithm) => {
                let mut ciphertext = vec![0; key.ciphertext_size()];
                key.encrypt(algorithm, plaintext, &mut ciphertext, None).map_err(|_| Failed)?;
                Ok(ciphertext)
            }
        }
    }
}

/// A private RSA key of 2048 to 8192 bits, with its padding. Wiped by AWS-LC on drop.
pub(crate) enum RsaPrivateKey {
    Pkcs1(Pkcs1PrivateDecryptingKey),
    Oaep(OaepPrivateDecryptingKey, &'static OaepAlgorithm),
}

impl RsaPrivateKey {
    /// Takes a `PrivateKeyInfo` (PKCS#8) in DER; also gives the public key.
    pub(crate) fn from_pkcs8(
        der: &[u8],
        padding: RsaPadding,
    ) -> Result<(Self, RsaPublicKey), Failed> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| Failed)?;
        let public = RsaPublicKey::new(key.public_key(), padding)?;
        let private = match oaep(padding) {
            None => Self::Pkcs1(Pkcs1PrivateDecryptingKey::new(key).map_err(|_| Failed)?),
            Some(algorithm) => {
                Self::Oaep(OaepPrivateDecryptingKey::new(key).map_err(|_| Failed)?, algorithm)
            }
        };
        Ok((private, public))
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        match self {
            Self::Pkcs1(key) => {
                let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
                key.decrypt(ciphertext, &mut plaintext)
                    .map(|plaintext| SecretBytes::from(&*plaintext))
                    .map_err(|_| Failed)
            }
            Self::Oaep(key, algorithm) => {
                let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
                key.decrypt(algorithm, ciphertext, &mut plaintext, None)
                    .map(|plaintext| SecretBytes::from(&*plaintext))
                    .map_err(|_| Failed)
            }
        }
    }
}

fn oaep(padding: RsaPadding) -> Option<&'static OaepAlgorithm> {
    match padding {
        RsaPadding::DangerPkcs1V15 => None,
        RsaPadding::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
        RsaPadding::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
        RsaPadding::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
        RsaPadding::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
    }
}
