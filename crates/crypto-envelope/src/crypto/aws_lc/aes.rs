//! AES without authentication by AWS-LC.

use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey,
        EncryptionContext, UnboundCipherKey,
    },
    iv::FixedLength,
};

use crate::crypto::{BLOCK_LENGTH, Failed};

/// An AES key for CTR (NIST SP 800-38A, 6.5). Wiped by AWS-LC on drop; boxed,
/// so that moving it leaves no copy behind.
pub(crate) struct AesCtr(Box<EncryptingKey>);

impl AesCtr {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        EncryptingKey::ctr(unbound(key)?).map(|key| Self(Box::new(key))).map_err(|_| Failed)
    }

    /// Changes `data` by the key stream that begins with the block `counter`, of which all 128 bits
    /// count.
    pub(crate) fn apply(&self, counter: [u8; BLOCK_LENGTH], data: &mut [u8]) -> Result<(), Failed> {
        let context = EncryptionContext::Iv128(FixedLength::from(counter));
        self.0.less_safe_encrypt(data, context).map(|_| ()).map_err(|_| Failed)
    }
}

/// An AES key that decrypts CBC (NIST SP 800-38A, 6.2). Wiped by AWS-LC on drop;
/// boxed, so that moving it leaves no copy behind.
pub(crate) struct AesCbcDecryptor(Box<DecryptingKey>);

impl AesCbcDecryptor {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        DecryptingKey::cbc(unbound(key)?).map(|key| Self(Box::new(key))).map_err(|_| Failed)
    }

    /// Decrypts whole blocks in place.
    pub(crate) fn decrypt(&self, iv: [u8; BLOCK_LENGTH], blocks: &mut [u8]) -> Result<(), Failed> {
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        self.0.decrypt(blocks, context).map(|_| ()).map_err(|_| Failed)
    }
}

fn unbound(key: &[u8]) -> Result<UnboundCipherKey, Failed> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(Failed),
    };
    UnboundCipherKey::new(algorithm, key).map_err(|_| Failed)
}
