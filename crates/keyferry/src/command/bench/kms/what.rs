//! What calls are made with.

use crypto_envelope::{EncryptionContext, SecretBytes};
use crypto_envelope_alibaba_kms::instance::KeyFormat;
use sha2::{Digest as _, Sha256};

use crate::{
    args::{BenchKms, PairFormat},
    failure::Failure,
};

/// As it was said, or else as the vendor's tool has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct What<'a>(pub(super) &'a BenchKms);

impl What<'_> {
    pub(super) fn key(self) -> Result<String, Failure> {
        self.0.key_id.clone().ok_or_else(|| self.missing("--key-id"))
    }

    pub(super) fn secret_name(self) -> Result<String, Failure> {
        self.0.secret_name.clone().ok_or_else(|| self.missing("--secret-name"))
    }

    pub(super) fn signature_algorithm(self) -> String {
        self.0.algorithm.clone().unwrap_or_else(|| "RSA_PKCS1_SHA_256".to_owned())
    }

    pub(super) fn asymmetric_algorithm(self) -> String {
        self.0.algorithm.clone().unwrap_or_else(|| "RSAES_OAEP_SHA_256".to_owned())
    }

    pub(super) fn key_format(self) -> KeyFormat {
        match self.0.key_format {
            PairFormat::Der => KeyFormat::Der,
            PairFormat::Pem => KeyFormat::Pem,
        }
    }

    /// So many times "1".
    pub(super) fn plaintext(self) -> Vec<u8> {
        vec![b'1'; self.0.data_size as usize]
    }

    /// The hash of that.
    pub(super) fn digest(self) -> Vec<u8> {
        Sha256::digest(self.plaintext()).to_vec()
    }

    fn missing(self, option: &str) -> Failure {
        Failure::usage(format!("--case {} needs {option}", self.0.case.name()))
    }
}

pub(super) fn secret(bytes: &[u8]) -> SecretBytes {
    SecretBytes::from(bytes)
}

pub(super) fn context() -> EncryptionContext {
    EncryptionContext::from([("made-by", "keyferry bench")])
}

/// What instances are given, the same that the vendor's tool gives them.
pub(super) const AAD: &[u8] = b"this is encryption context";
