//! Adapters over [`std::io`].
//!
//! They move bytes between a reader or writer and an engine, and do nothing else. Errors of this
//! crate travel inside of [`io::Error`]; [`Error::from`] takes them out again.

mod read;
mod write;

pub use self::{
    read::{DecryptReader, MessageBody, open, read_header},
    write::{EncryptWriter, seal},
};
#[cfg(doc)]
use crate::Error;
#[cfg(doc)]
use std::io;

/// How much is read or written at once.
const CHUNK: usize = 1 << 20;
