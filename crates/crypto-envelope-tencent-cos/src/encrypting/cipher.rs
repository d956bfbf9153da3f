//! What encrypts the body of an object: in parts that do not depend on each other, or from its front to its
//! end.

use crypto_envelope::{
    Result, Sealer,
    hazmat::{AesCtr, Part, PartSealer},
};
use zeroize::{Zeroize, Zeroizing};

use crate::format::body::BodyEncryptor;

/// Encrypts any part by itself, on any thread; and the same part again to the same bytes.
///
/// Whoever encrypts a part again must compare it with what it was **before** it leaves: another plaintext
/// at the same place would give away both.
#[derive(Debug)]
pub(super) enum PartCipher {
    Message(Box<PartSealer>),
    Stream {
        stream: AesCtr,
        length: u64,
    },
    /// It is stored as it is.
    AsItIs {
        length: u64,
    },
}

impl PartCipher {
    /// Length of the whole body in bytes.
    pub(super) fn stored_length(&self) -> u64 {
        match self {
            Self::Message(parts) => parts.message_length(),
            Self::Stream { length, .. } | Self::AsItIs { length } => *length,
        }
    }

    /// A part of the plaintext from this place on, encrypted.
    pub(super) fn encrypt(
        &self,
        offset: u64,
        mut plaintext: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        match self {
            Self::Message(parts) => {
                let part = Part::new(offset, plaintext.len());
                let mut out = vec![0; parts.sealed_length(part)?];
                parts.seal(offset, &plaintext, &mut out)?;
                Ok(out)
            }
            Self::Stream { stream, .. } => {
                stream.apply(offset, &mut plaintext)?;
                // What it held is no plaintext any more.
                Ok(std::mem::take(&mut *plaintext))
            }
            Self::AsItIs { .. } => Ok(std::mem::take(&mut *plaintext)),
        }
    }
}

/// Encrypts pieces one after the other.
pub(super) enum SerialCipher {
    Message(Box<Sealer>),
    Body(BodyEncryptor),
    /// It is stored as it is.
    AsItIs,
}

impl SerialCipher {
    /// The next piece, appended to `out`.
    pub(super) fn push(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        match self {
            Self::Message(sealer) => {
                out.resize(start + sealer.push_length(plaintext.len()), 0);
                sealer.push(plaintext, &mut out[start..])?;
            }
            Self::Body(encryptor) => {
                out.extend_from_slice(plaintext);
                encryptor.push(&mut out[start..]).inspect_err(|_| out.zeroize())?;
            }
            Self::AsItIs => out.extend_from_slice(plaintext),
        }
        Ok(())
    }

    /// The end, appended to `out`.
    pub(super) fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        match self {
            Self::Message(sealer) => {
                out.resize(start + sealer.finish_length(0), 0);
                sealer.finish(&[], &mut out[start..])?;
            }
            Self::Body(encryptor) => out.extend(encryptor.finish()),
            Self::AsItIs => {}
        }
        Ok(())
    }
}
