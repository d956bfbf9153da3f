//! Bodies of objects that are not messages.

use std::fmt;

use crypto_envelope::{
    Error, Result, SecretBytes,
    hazmat::{AesCbcDecryptor, AesCtr, GcmStream, gcm_key_stream},
};
use zeroize::Zeroizing;

use super::{
    CosFormat,
    cipher::{BodyCipher, KEY_LENGTH},
};
use crate::{CosObjectError, provider::padding::unpadded};

/// What encrypts the body of one object, and no other.
pub(crate) enum BodyKey {
    Ctr { key: SecretBytes, iv: [u8; 16] },
    Gcm { key: SecretBytes, iv: [u8; 12] },
    Cbc { key: SecretBytes, iv: [u8; 16] },
}

impl BodyKey {
    /// Of the data key and the IV behind it.
    pub(super) fn of(cipher: BodyCipher, secret: &SecretBytes) -> Result<Self> {
        let parts = secret.expose().split_at_checked(KEY_LENGTH);
        let (key, iv) = parts.ok_or_else(Error::unauthentic_key)?;
        let key = SecretBytes::from(key);
        let body_key = match cipher {
            BodyCipher::Ctr => iv.try_into().map(|iv| Self::Ctr { key, iv }),
            BodyCipher::Gcm => iv.try_into().map(|iv| Self::Gcm { key, iv }),
            BodyCipher::Cbc => iv.try_into().map(|iv| Self::Cbc { key, iv }),
        };
        body_key.map_err(|_| Error::unauthentic_key())
    }

    /// The length of the plaintext, of a body that is stored with this one, as far as that is known
    /// before its end.
    pub(crate) fn plaintext_length(&self, stored: u64) -> Result<Option<u64>> {
        let wrong = |format| CosObjectError::Length { format, stored }.into();
        match self {
            Self::Ctr { .. } => Ok(Some(stored)),
            Self::Gcm { .. } => stored
                .checked_sub(TAG_LENGTH as u64)
                .map(Some)
                .ok_or_else(|| wrong(CosFormat::JavaGcm)),
            Self::Cbc { .. } if stored == 0 || !stored.is_multiple_of(16) => {
                Err(wrong(CosFormat::UnauthenticatedJavaCbc))
            }
            Self::Cbc { .. } => Ok(None),
        }
    }

    /// The key stream, from any place on. None if the body has another cipher.
    pub(crate) fn key_stream(&self) -> Result<Option<AesCtr>> {
        match self {
            Self::Ctr { key, iv } => Ok(Some(AesCtr::new(key, *iv)?)),
            Self::Gcm { .. } | Self::Cbc { .. } => Ok(None),
        }
    }

    /// The key stream of AES-GCM, without its authentication. None if the body has another cipher.
    pub(crate) fn unauthenticated_key_stream(&self) -> Result<Option<AesCtr>> {
        match self {
            Self::Gcm { key, iv } => Ok(Some(gcm_key_stream(key, iv)?)),
            Self::Ctr { .. } | Self::Cbc { .. } => Ok(None),
        }
    }

    /// Encrypts a body from its front to its end.
    pub(crate) fn encryptor(&self) -> Result<BodyEncryptor> {
        match self {
            Self::Ctr { key, iv } => {
                Ok(BodyEncryptor::Ctr { stream: AesCtr::new(key, *iv)?, offset: 0 })
            }
            Self::Gcm { key, iv } => Ok(BodyEncryptor::Gcm(Box::new(GcmStream::new(key, iv)?))),
            Self::Cbc { .. } => Err(Error::invalid_input("nothing is written in CBC")),
        }
    }

    /// Decrypts a body from its front to its end.
    pub(crate) fn decryptor(&self, release: BodyRelease) -> Result<BodyDecryptor> {
        let engine = match self {
            Self::Ctr { key, iv } => Engine::Ctr { stream: AesCtr::new(key, *iv)?, offset: 0 },
            Self::Gcm { key, iv } => Engine::Gcm(Box::new(GcmStream::new(key, iv)?)),
            Self::Cbc { key, iv } => {
                Engine::Cbc { cipher: AesCbcDecryptor::new(key)?, previous: *iv }
            }
        };
        Ok(BodyDecryptor { engine, release, waiting: Vec::new(), held: Zeroizing::default() })
    }
}

impl fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ctr { .. } => "BodyKey(CTR)",
            Self::Gcm { .. } => "BodyKey(GCM)",
            Self::Cbc { .. } => "BodyKey(CBC)",
        })
    }
}

/// Encrypts a body, piece by piece.
pub(crate) enum BodyEncryptor {
    Ctr { stream: AesCtr, offset: u64 },
    Gcm(Box<GcmStream>),
}

impl BodyEncryptor {
    /// In place.
    pub(crate) fn push(&mut self, data: &mut [u8]) -> Result<()> {
        match self {
            Self::Ctr { stream, offset } => {
                stream.apply(*offset, data)?;
                *offset = offset.saturating_add(data.len() as u64);
            }
            Self::Gcm(stream) => stream.encrypt(data)?,
        }
        Ok(())
    }

    /// What stands at the end of the body.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Ctr { .. } => Vec::new(),
            Self::Gcm(stream) => stream.finish().to_vec(),
        }
    }
}

/// When the plaintext of an authenticated body comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyRelease {
    /// When all of it is verified, and not more than so many bytes.
    Verified { most: usize },
    /// At once. The caller takes it back if the end is not genuine.
    Revocable,
}

/// Decrypts a body, piece by piece.
pub(crate) struct BodyDecryptor {
    engine: Engine,
    release: BodyRelease,
    /// The end of what came: it may be the tag, or the padding.
    waiting: Vec<u8>,
    held: Zeroizing<Vec<u8>>,
}

enum Engine {
    Ctr { stream: AesCtr, offset: u64 },
    Gcm(Box<GcmStream>),
    Cbc { cipher: AesCbcDecryptor, previous: [u8; 16] },
}

impl BodyDecryptor {
    /// Appends to `out` what comes out of the next piece.
    pub(crate) fn push(&mut self, stored: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match &mut self.engine {
            Engine::Ctr { stream, offset } => {
                let start = out.len();
                out.extend_from_slice(stored);
                stream.apply(*offset, &mut out[start..])?;
                *offset = offset.saturating_add(stored.len() as u64);
                Ok(())
            }
            Engine::Gcm(_) => self.push_gcm(stored, out),
            Engine::Cbc { .. } => self.push_cbc(stored, out),
        }
    }

    /// Appends what comes out at the end of the body.
    ///
    /// # Errors
    ///
    /// [`Error::Authentication`] if the body is authenticated and not genuine.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        match self.engine {
            Engine::Ctr { .. } => Ok(()),
            Engine::Gcm(stream) => {
                let tag = <&[u8; TAG_LENGTH]>::try_from(&self.waiting[..]);
                let stored = self.waiting.len() as u64;
                let format = CosFormat::JavaGcm;
                stream.verify(tag.map_err(|_| CosObjectError::Length { format, stored })?)?;
                out.append(&mut self.held);
                Ok(())
            }
            Engine::Cbc { ref cipher, previous } => {
                let stored = self.waiting.len() as u64;
                let format = CosFormat::UnauthenticatedJavaCbc;
                if stored != 16 {
                    return Err(CosObjectError::Length { format, stored }.into());
                }
                cipher.decrypt(previous, &mut self.waiting)?;
                let last = unpadded(&self.waiting).ok_or(CosObjectError::End { format })?;
                out.extend_from_slice(last);
                Ok(())
            }
        }
    }

    fn push_gcm(&mut self, stored: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Engine::Gcm(stream) = &mut self.engine else { return Ok(()) };
        let ready = take_ready(&mut self.waiting, stored, TAG_LENGTH);
        let target = match self.release {
            BodyRelease::Revocable => out,
            BodyRelease::Verified { most } => {
                let total: usize = ready.iter().map(|piece| piece.len()).sum();
                if total > most.saturating_sub(self.held.len()) {
                    return Err(CosObjectError::Held { limit: most }.into());
                }
                &mut *self.held
            }
        };
        for piece in ready {
            let start = target.len();
            target.extend_from_slice(&piece);
            stream.decrypt(&mut target[start..])?;
        }
        Ok(())
    }

    /// The last block is kept for the padding, and whole ones only are decrypted.
    fn push_cbc(&mut self, stored: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Engine::Cbc { cipher, previous } = &mut self.engine else { return Ok(()) };
        self.waiting.extend_from_slice(stored);
        let most = self.waiting.len().saturating_sub(1);
        let ready = most - most % 16;
        let start = out.len();
        out.extend(self.waiting.drain(..ready));
        let iv = std::mem::replace(previous, last_block(&out[start..], *previous));
        cipher.decrypt(iv, &mut out[start..])?;
        Ok(())
    }
}

/// What is surely in front of the last `keep` bytes, of those that waited and of new ones.
fn take_ready<'s>(
    waiting: &mut Vec<u8>,
    stored: &'s [u8],
    keep: usize,
) -> [std::borrow::Cow<'s, [u8]>; 2] {
    let total = waiting.len() + stored.len();
    let ready = total.saturating_sub(keep);
    let from_waiting = ready.min(waiting.len());
    let (now, later) = stored.split_at(ready - from_waiting);
    let first: Vec<u8> = waiting.drain(..from_waiting).collect();
    waiting.extend_from_slice(later);
    [first.into(), now.into()]
}

fn last_block(blocks: &[u8], previous: [u8; 16]) -> [u8; 16] {
    blocks.last_chunk().copied().unwrap_or(previous)
}

const TAG_LENGTH: usize = 16;
