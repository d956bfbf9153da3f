//! AES-GCM by the crates `aes` and `aes-gcm`, which work in constant time: by the instructions of
//! the processor where it has them, else bit by bit.

use std::fmt;

use aes_gcm::{
    Aes128Gcm, Aes256Gcm, KeyInit,
    aead::{
        AeadInOut,
        consts::{U12, U16},
        inout::InOutBuf,
    },
    aes::Aes192,
};

use super::assert_wiped;
use crate::crypto::{Failed, IV_LENGTH, TAG_LENGTH};

/// An AES-GCM key with 12-byte IVs and 16-byte tags (NIST SP 800-38D). Wiped on drop; boxed, so that
/// moving it leaves no copy behind.
pub(crate) enum AesGcm {
    Aes128(Box<Aes128Gcm>),
    Aes192(Box<aes_gcm::AesGcm<Aes192, U12>>),
    Aes256(Box<Aes256Gcm>),
}

impl AesGcm {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        match key.len() {
            16 => boxed(key).map(Self::Aes128),
            24 => boxed(key).map(Self::Aes192),
            32 => boxed(key).map(Self::Aes256),
            _ => Err(Failed),
        }
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
        let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| Failed)?;
        *tag = match self {
            Self::Aes128(key) => seal(&**key, iv, aad, buffer),
            Self::Aes192(key) => seal(&**key, iv, aad, buffer),
            Self::Aes256(key) => seal(&**key, iv, aad, buffer),
        }?;
        Ok(())
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
        let opened =
            InOutBuf::new(ciphertext, plaintext).map_err(|_| Failed).and_then(
                |buffer| match self {
                    Self::Aes128(key) => open(&**key, iv, aad, buffer, tag),
                    Self::Aes192(key) => open(&**key, iv, aad, buffer, tag),
                    Self::Aes256(key) => open(&**key, iv, aad, buffer, tag),
                },
            );
        opened.inspect_err(|_| plaintext.fill(0))
    }
}

impl fmt::Debug for AesGcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesGcm")
    }
}

fn boxed<K: KeyInit>(key: &[u8]) -> Result<Box<K>, Failed> {
    K::new_from_slice(key).map(Box::new).map_err(|_| Failed)
}

fn seal(
    key: &impl AeadInOut<NonceSize = U12, TagSize = U16>,
    iv: &[u8; IV_LENGTH],
    aad: &[u8],
    buffer: InOutBuf<'_, '_, u8>,
) -> Result<[u8; TAG_LENGTH], Failed> {
    key.encrypt_inout_detached(iv.into(), aad, buffer).map(Into::into).map_err(|_| Failed)
}

/// Compares the tag, in constant time, before it decrypts anything.
fn open(
    key: &impl AeadInOut<NonceSize = U12, TagSize = U16>,
    iv: &[u8; IV_LENGTH],
    aad: &[u8],
    buffer: InOutBuf<'_, '_, u8>,
    tag: &[u8; TAG_LENGTH],
) -> Result<(), Failed> {
    key.decrypt_inout_detached(iv.into(), aad, buffer, tag.into()).map_err(|_| Failed)
}

const _: () = {
    assert_wiped::<Aes128Gcm>();
    assert_wiped::<aes_gcm::AesGcm<Aes192, U12>>();
    assert_wiped::<Aes256Gcm>();
};
