//! What a key consists of, and what is done with it. AWS-LC directly, so that a mistake in the
//! cipher code of the core does not meet itself here.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    rand,
    rsa::{
        KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    },
};

use super::{
    arn::Arn,
    error::KmsError,
    spec::{EncryptionAlgorithm, KeySpec},
};

pub(super) enum Material {
    /// Keys of AES-256-GCM; the newest one, which encrypts, is the last.
    Symmetric(Mutex<Vec<[u8; 32]>>),
    Rsa(PrivateDecryptingKey),
}

impl Material {
    pub(super) fn generate(spec: KeySpec) -> Result<Self, KmsError> {
        let size = match spec {
            KeySpec::SymmetricDefault => return Ok(Self::symmetric(random())),
            KeySpec::Rsa2048 => KeySize::Rsa2048,
            KeySpec::Rsa3072 => KeySize::Rsa3072,
            KeySpec::Rsa4096 => KeySize::Rsa4096,
        };
        PrivateDecryptingKey::generate(size).map(Self::Rsa).map_err(internal)
    }

    /// The material that the test vectors give to the key of this name.
    pub(super) fn of_vectors(arn: &Arn) -> Self {
        let Arn { partition, account, id, region, .. } = arn;
        // Replicas share their material, so it cannot depend on the Region.
        let region = if arn.is_multi_region() { String::new() } else { format!(":{region}") };
        let name = format!("esdk-fake-kms-key:{partition}:{account}:{id}{region}");
        Self::symmetric(sha256(name.as_bytes()))
    }

    /// Gives a symmetric key new material to encrypt with; the old decrypts for ever.
    pub(super) fn rotate(&self) {
        if let Self::Symmetric(keys) = self {
            keys.lock().unwrap_or_else(PoisonError::into_inner).push(random());
        }
    }

    /// IV, ciphertext and tag.
    pub(super) fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, KmsError> {
        let key = self.symmetric_keys().pop().ok_or_else(KmsError::invalid_ciphertext)?;
        let iv = random::<IV_LENGTH>();
        let mut sealed = plaintext.to_vec();
        cipher(&key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut sealed)
            .map_err(internal)?;
        Ok([&iv[..], &sealed].concat())
    }

    pub(super) fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, KmsError> {
        let invalid = KmsError::invalid_ciphertext;
        let (iv, sealed) = sealed.split_first_chunk::<IV_LENGTH>().ok_or_else(invalid)?;
        for key in self.symmetric_keys().iter().rev() {
            let nonce = Nonce::assume_unique_for_key(*iv);
            let mut buffer = sealed.to_vec();
            if let Ok(opened) = cipher(key)?.open_in_place(nonce, Aad::from(aad), &mut buffer) {
                return Ok(opened.to_vec());
            }
        }
        Err(invalid())
    }

    pub(super) fn rsa_encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let key = OaepPublicEncryptingKey::new(self.rsa()?.public_key()).map_err(internal)?;
        let mut ciphertext = vec![0; key.ciphertext_size()];
        let oaep = oaep(algorithm)?;
        let ciphertext = key.encrypt(oaep, plaintext, &mut ciphertext, None).map_err(internal)?;
        Ok(ciphertext.to_vec())
    }

    pub(super) fn rsa_decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let key = OaepPrivateDecryptingKey::new(self.rsa()?.clone()).map_err(internal)?;
        let mut plaintext = vec![0; key.min_output_size()];
        let plaintext = key
            .decrypt(oaep(algorithm)?, ciphertext, &mut plaintext, None)
            .map_err(|_| KmsError::invalid_ciphertext())?;
        Ok(plaintext.to_vec())
    }

    /// The public key of RSA, as DER of an X.509 `SubjectPublicKeyInfo`.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        let der: PublicKeyX509Der<'_> = self.rsa()?.public_key().as_der().map_err(internal)?;
        Ok(der.as_ref().to_vec())
    }

    fn symmetric(key: [u8; 32]) -> Self {
        Self::Symmetric(Mutex::new(vec![key]))
    }

    fn symmetric_keys(&self) -> Vec<[u8; 32]> {
        match self {
            Self::Symmetric(keys) => keys.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Rsa(_) => Vec::new(),
        }
    }

    fn rsa(&self) -> Result<&PrivateDecryptingKey, KmsError> {
        match self {
            Self::Rsa(key) => Ok(key),
            Self::Symmetric(_) => Err(KmsError::invalid_ciphertext()),
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material")
    }
}

/// Random bytes. Without them there is nothing to test.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

pub(super) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

/// A random name in the form of a UUID.
pub(super) fn uuid() -> String {
    let hex = hex(&random::<16>());
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, KmsError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(internal)
}

fn oaep(algorithm: EncryptionAlgorithm) -> Result<&'static OaepAlgorithm, KmsError> {
    match algorithm {
        EncryptionAlgorithm::OaepSha1 => Ok(&OAEP_SHA1_MGF1SHA1),
        EncryptionAlgorithm::OaepSha256 => Ok(&OAEP_SHA256_MGF1SHA256),
        EncryptionAlgorithm::SymmetricDefault => Err(KmsError::invalid_ciphertext()),
    }
}

fn internal(_: aws_lc_rs::error::Unspecified) -> KmsError {
    KmsError::silent("KMSInternalException")
}

const IV_LENGTH: usize = 12;
