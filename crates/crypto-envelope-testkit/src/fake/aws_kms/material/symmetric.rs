//! AES-256-GCM.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{internal, random};
use crate::fake::aws_kms::error::KmsError;

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
        let iv = random::<IV_LENGTH>();
        let mut sealed = plaintext.to_vec();
        cipher(&key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut sealed)
            .map_err(internal)?;
        Ok([&iv[..], &sealed].concat())
    }

    pub(in crate::fake::aws_kms) fn open(
        &self,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let invalid = KmsError::invalid_ciphertext;
        let (iv, sealed) = sealed.split_first_chunk::<IV_LENGTH>().ok_or_else(invalid)?;
        for key in self.keys().iter().rev() {
            let nonce = Nonce::assume_unique_for_key(*iv);
            let mut buffer = sealed.to_vec();
            if let Ok(opened) = cipher(key)?.open_in_place(nonce, Aad::from(aad), &mut buffer) {
                return Ok(opened.to_vec());
            }
        }
        Err(invalid())
    }

    fn keys(&self) -> MutexGuard<'_, Vec<[u8; 32]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, KmsError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(internal)
}

const IV_LENGTH: usize = 12;
