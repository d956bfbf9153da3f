//! Adapters over [`std::io`].
//!
//! They move bytes between a reader or writer and an engine, and do nothing else. Errors of this
//! crate are wrapped in [`io::Error`]; [`Error::from`] takes them out again. Non-blocking readers
//! and writers are not supported: after any error an adapter is of no use.
//!
//! ```
//! # use crypto_envelope::{
//! #     Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, provider::RawAesProvider,
//! # };
//! use crypto_envelope::io;
//!
//! # fn main() -> crypto_envelope::Result<()> {
//! # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
//! # let (encryptor, decryptor) = (Encryptor::new(provider()?), Decryptor::new(provider()?));
//! # let context = EncryptionContext::new();
//! # let (input, mut message, mut output) = (&b"plaintext"[..], Vec::new(), Vec::new());
//! let sealer = blocking::wait(encryptor.prepare(&context))?;
//! io::encrypt(sealer, input, &mut message)?;
//!
//! let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
//! let opener = blocking::wait(decryptor.open(header, &context))?;
//! io::decrypt(opener, body, &mut output)?; // all of it is verified only when this returns
//! # assert_eq!(output, input);
//! # Ok(())
//! # }
//! ```

mod at;
mod read;
mod write;

pub(crate) use self::{
    at::AtOffset,
    read::{fill, first_pass, read},
};
pub use self::{
    at::{ReadAt, WriteAt},
    read::{DecryptReader, MessageBody, decrypt, decrypt_seekable, outline, read_header},
    write::{EncryptWriter, encrypt},
};
use zeroize::Zeroizing;

#[cfg(doc)]
use crate::Error;
use crate::secret::reserve_wiped;
#[cfg(doc)]
use std::io;

/// The first `length` bytes of a buffer that is used again and again, and only ever grows.
pub(crate) fn room(buffer: &mut Zeroizing<Vec<u8>>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        let missing = length - buffer.len();
        reserve_wiped(buffer, missing, usize::MAX);
        buffer.resize(length, 0);
    }
    &mut buffer[..length]
}

/// How much is read or written at once.
pub(crate) const CHUNK: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame that arrives in many pieces must not be copied for each of them.
    #[test]
    fn room_grows_in_advance() {
        let mut buffer = Zeroizing::new(Vec::new());
        let mut moves = 0;
        for length in 1..100_000 {
            let before = buffer.capacity();
            assert_eq!(room(&mut buffer, length).len(), length);
            moves += usize::from(buffer.capacity() != before);
        }
        assert!(moves < 25, "{moves} moves");
    }
}
