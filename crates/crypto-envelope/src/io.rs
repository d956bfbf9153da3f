//! Adapters over [`std::io`].
//!
//! They move bytes between a reader or writer and an engine, and do nothing else. Errors of this
//! crate travel inside of [`io::Error`]; [`Error::from`] takes them out again.

mod read;
mod write;

pub use self::{
    read::{DecryptReader, MessageBody, decrypt, read_header},
    write::{EncryptWriter, encrypt},
};
use zeroize::Zeroizing;

#[cfg(doc)]
use crate::Error;
use crate::secret::reserve_wiped;
#[cfg(doc)]
use std::io;

/// The first `length` bytes of a buffer that is used again and again, and only ever grows.
fn room(buffer: &mut Zeroizing<Vec<u8>>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        let missing = length - buffer.len();
        reserve_wiped(buffer, missing, length);
        buffer.resize(length, 0);
    }
    &mut buffer[..length]
}

/// How much is read or written at once.
const CHUNK: usize = 1 << 20;
