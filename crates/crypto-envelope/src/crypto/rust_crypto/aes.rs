//! AES without authentication by the crates `aes`, `ctr` and `cbc`.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockSizeUser, InnerIvInit,
        KeyInit, StreamCipher, consts::U16,
    },
};

use super::assert_wiped;
use crate::crypto::{BLOCK_LENGTH, Failed};

/// An AES key. Wiped on drop; boxed, so that moving it leaves no copy behind.
enum Aes {
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl Aes {
    fn new(key: &[u8]) -> Result<Self, Failed> {
        match key.len() {
            16 => boxed(key).map(Self::Aes128),
            24 => boxed(key).map(Self::Aes192),
            32 => boxed(key).map(Self::Aes256),
            _ => Err(Failed),
        }
    }
}

/// An AES key for CTR (NIST SP 800-38A, 6.5).
pub(crate) struct AesCtr(Aes);

impl AesCtr {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        Aes::new(key).map(Self)
    }

    /// Changes `data` by the key stream that begins with the block `counter`, of which all 128 bits
    /// count.
    pub(crate) fn apply(&self, counter: [u8; BLOCK_LENGTH], data: &mut [u8]) -> Result<(), Failed> {
        match &self.0 {
            Aes::Aes128(key) => apply(&**key, counter, data),
            Aes::Aes192(key) => apply(&**key, counter, data),
            Aes::Aes256(key) => apply(&**key, counter, data),
        }
    }
}

/// An AES key that decrypts CBC (NIST SP 800-38A, 6.2).
pub(crate) struct AesCbcDecryptor(Aes);

impl AesCbcDecryptor {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        Aes::new(key).map(Self)
    }

    /// Decrypts whole blocks in place.
    pub(crate) fn decrypt(&self, iv: [u8; BLOCK_LENGTH], blocks: &mut [u8]) -> Result<(), Failed> {
        match &self.0 {
            Aes::Aes128(key) => decrypt(&**key, iv, blocks),
            Aes::Aes192(key) => decrypt(&**key, iv, blocks),
            Aes::Aes256(key) => decrypt(&**key, iv, blocks),
        }
    }
}

fn boxed<K: KeyInit>(key: &[u8]) -> Result<Box<K>, Failed> {
    K::new_from_slice(key).map(Box::new).map_err(|_| Failed)
}

fn apply<K>(key: &K, counter: [u8; BLOCK_LENGTH], data: &mut [u8]) -> Result<(), Failed>
where
    K: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let core = ctr::CtrCore::<&K, ctr::flavors::Ctr128BE>::inner_iv_init(key, &counter.into());
    aes::cipher::StreamCipherCoreWrapper::from_core(core)
        .try_apply_keystream(data)
        .map_err(|_| Failed)
}

fn decrypt<K>(key: &K, iv: [u8; BLOCK_LENGTH], blocks: &mut [u8]) -> Result<(), Failed>
where
    K: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>,
{
    let (blocks, rest) = aes::cipher::Array::slice_as_chunks_mut(blocks);
    if !rest.is_empty() {
        return Err(Failed);
    }
    cbc::Decryptor::<&K>::inner_iv_init(key, &iv.into()).decrypt_blocks(blocks);
    Ok(())
}

const _: () = {
    assert_wiped::<Aes128>();
    assert_wiped::<Aes192>();
    assert_wiped::<Aes256>();
};
