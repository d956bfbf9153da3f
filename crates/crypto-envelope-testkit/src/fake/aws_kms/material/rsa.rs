//! RSAES-OAEP.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{
        KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    },
};

use super::internal;
use crate::fake::aws_kms::{error::KmsError, spec::EncryptionAlgorithm};

pub(in crate::fake::aws_kms) struct RsaKey(PrivateDecryptingKey);

impl RsaKey {
    pub(in crate::fake::aws_kms) fn generate(size: KeySize) -> Result<Self, KmsError> {
        PrivateDecryptingKey::generate(size).map(Self).map_err(internal)
    }

    pub(in crate::fake::aws_kms) fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let key = OaepPublicEncryptingKey::new(self.0.public_key()).map_err(internal)?;
        let mut ciphertext = vec![0; key.ciphertext_size()];
        let oaep = oaep(algorithm)?;
        let ciphertext = key.encrypt(oaep, plaintext, &mut ciphertext, None).map_err(internal)?;
        Ok(ciphertext.to_vec())
    }

    pub(in crate::fake::aws_kms) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let key = OaepPrivateDecryptingKey::new(self.0.clone()).map_err(internal)?;
        let mut plaintext = vec![0; key.min_output_size()];
        let plaintext = key
            .decrypt(oaep(algorithm)?, ciphertext, &mut plaintext, None)
            .map_err(|_| KmsError::invalid_ciphertext())?;
        Ok(plaintext.to_vec())
    }

    /// The bytes of the modulus, which every ciphertext has.
    pub(in crate::fake::aws_kms) fn size(&self) -> usize {
        self.0.key_size_bytes()
    }

    pub(in crate::fake::aws_kms) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(internal)?;
        Ok(der.as_ref().to_vec())
    }

    pub(super) fn private_key(&self) -> Result<Vec<u8>, KmsError> {
        let der: Pkcs8V1Der<'_> = self.0.as_der().map_err(internal)?;
        Ok(der.as_ref().to_vec())
    }
}

fn oaep(algorithm: EncryptionAlgorithm) -> Result<&'static OaepAlgorithm, KmsError> {
    match algorithm {
        EncryptionAlgorithm::OaepSha1 => Ok(&OAEP_SHA1_MGF1SHA1),
        EncryptionAlgorithm::OaepSha256 => Ok(&OAEP_SHA256_MGF1SHA256),
        EncryptionAlgorithm::SymmetricDefault => Err(KmsError::invalid_ciphertext()),
    }
}
