//! What comes from a cloud, as a reader.

use std::io::{self, Read, Write};

use bytes::Bytes;
use crypto_envelope::Result;
use zeroize::Zeroizing;

use crate::progress::Shown;

/// An object whose bytes are still to come.
pub(crate) trait Chunks {
    /// The next ones, or none behind the end.
    fn next(&mut self) -> Result<Option<Bytes>>;
}

/// The bytes of an object. People see how far it is.
pub(crate) struct ObjectReader<C> {
    chunks: C,
    waiting: Bytes,
    shown: Shown,
}

impl<C: Chunks> ObjectReader<C> {
    pub(crate) fn new(chunks: C, shown: Shown) -> Self {
        Self { chunks, waiting: Bytes::new(), shown }
    }
}

impl<C: Chunks> Read for ObjectReader<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.waiting.is_empty() {
            match self.chunks.next()? {
                Some(chunk) => self.waiting = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.waiting.len());
        buffer[..length].copy_from_slice(&self.waiting.split_to(length));
        self.shown.advance(length);
        Ok(length)
    }
}

/// From the front to the end. Says how many bytes there were.
pub(crate) fn copy_all(mut reader: impl Read, writer: &mut (impl Write + ?Sized)) -> Result<u64> {
    // It may be plaintext.
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    let mut copied = 0;
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok(copied),
            length => {
                writer.write_all(&piece[..length])?;
                copied += length as u64;
            }
        }
    }
}

/// In bytes.
const PIECE: usize = 256 << 10;
