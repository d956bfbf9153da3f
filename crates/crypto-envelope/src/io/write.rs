//! Encrypting into a writer.

use std::{
    fmt,
    io::{self, Read, Write},
};

use zeroize::Zeroizing;

use super::{CHUNK, fill, room};
use crate::{Error, Result, Sealed, Sealer};

/// Encrypts everything that `reader` gives into `writer`, and returns what there is to know about the
/// message. The writer is flushed.
///
/// # Errors
///
/// [`Error::Io`] if reading or writing fails, and what the [`Sealer`] says. What was written by
/// then is not a complete message, and no reader will take it for one.
pub fn encrypt(
    mut sealer: Sealer,
    mut reader: impl Read,
    mut writer: impl Write,
) -> Result<Sealed> {
    let mut plaintext = Zeroizing::new(vec![0; CHUNK]);
    let mut out = Zeroizing::default();
    loop {
        let length = fill(&mut reader, &mut plaintext)?;
        let piece = &plaintext[..length];
        if length < plaintext.len() {
            let room = room(&mut out, sealer.finish_length(length));
            let sealed = sealer.finish(piece, room)?;
            writer.write_all(room)?;
            writer.flush()?;
            return Ok(sealed);
        }
        let room = room(&mut out, sealer.push_length(length));
        sealer.push(piece, room)?;
        writer.write_all(room)?;
    }
}

/// Encrypts what is written to it, and writes the message to another writer.
///
/// **Call [`finish`](Self::finish).** Without it the message has no end, and readers refuse it as
/// truncated.
pub struct EncryptWriter<W> {
    sealer: Sealer,
    out: Zeroizing<Vec<u8>>,
    inner: W,
    health: Health,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// Something was sealed that may not have been written: nothing can follow it.
    Broken,
}

impl<W: Write> EncryptWriter<W> {
    /// Writes the message of `sealer` to `inner`.
    pub fn new(sealer: Sealer, inner: W) -> Self {
        Self { sealer, out: Zeroizing::default(), inner, health: Health::Good }
    }

    /// Ends the message, flushes, and gives the inner writer back, with what there is to know about
    /// the message.
    ///
    /// # Errors
    ///
    /// As [`encrypt`].
    pub fn finish(mut self) -> Result<(W, Sealed)> {
        self.check_health()?;
        let room = room(&mut self.out, self.sealer.finish_length(0));
        let sealed = self.sealer.finish(&[], room)?;
        self.inner.write_all(room)?;
        self.inner.flush()?;
        Ok((self.inner, sealed))
    }

    fn check_health(&self) -> Result<()> {
        match self.health {
            Health::Good => Ok(()),
            Health::Broken => {
                Err(Error::Misuse { what: "an earlier write failed: start a new message" })
            }
        }
    }

    /// Some writers say only once that they lost something.
    fn failed_for_good<T, E>(&mut self, done: Result<T, E>) -> Result<T, E> {
        if done.is_err() {
            self.health = Health::Broken;
        }
        done
    }

    fn write_piece(&mut self, plaintext: &[u8]) -> Result<()> {
        let room = room(&mut self.out, self.sealer.push_length(plaintext.len()));
        let written = self.sealer.push(plaintext, room)?;
        Ok(self.inner.write_all(&self.out[..written])?)
    }
}

impl<W: Write> Write for EncryptWriter<W> {
    fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        self.check_health()?;
        let piece = &plaintext[..plaintext.len().min(CHUNK)];
        let written = self.write_piece(piece);
        self.failed_for_good(written)?;
        Ok(piece.len())
    }

    /// Flushes the inner writer. A frame that is not full stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.check_health()?;
        let flushed = self.inner.flush();
        self.failed_for_good(flushed)
    }
}

impl<W> fmt::Debug for EncryptWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptWriter")
            .field("sealer", &self.sealer)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}
