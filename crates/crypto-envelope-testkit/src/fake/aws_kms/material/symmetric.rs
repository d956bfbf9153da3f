//! The keys of AES-256-GCM that one symmetric key has had.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::internal;
use crate::fake::{
    aws_kms::error::KmsError,
    crypto::{aes_gcm, random},
};

/// The newest one, which encrypts, is the last.
pub(in crate::fake::aws_kms) struct SymmetricKeys(Mutex<Vec<[u8; 32]>>);

impl SymmetricKeys {
    pub(super) fn new(keys: Vec<[u8; 32]>) -> Self {
        Self(Mutex::new(keys))
    }

    /// From now on a new one encrypts; the old decrypt for ever.
    pub(in crate::fake::aws_kms) fn rotate(&self) {
        self.keys().push(random());
    }

    /// IV, ciphertext and tag.
    pub(in crate::fake::aws_kms) fn seal(
        &self,
        plaintext: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let key = self.keys().last().copied().ok_or_else(KmsError::invalid_ciphertext)?;
        aes_gcm::seal(&key, plaintext, aad).map_err(internal)
    }

    pub(in crate::fake::aws_kms) fn open(
        &self,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let keys = self.keys();
        let mut opened = keys.iter().rev().filter_map(|key| aes_gcm::open(key, sealed, aad).ok());
        opened.next().ok_or_else(KmsError::invalid_ciphertext)
    }

    fn keys(&self) -> MutexGuard<'_, Vec<[u8; 32]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
