//! What comes from COS, as a reader.

use std::io::{self, Read};

use bytes::Bytes;
use crypto_envelope::blocking;
use crypto_envelope_tencent_cos::{DecryptedObject, OpenedObject};

use crate::progress::Shown;

/// The bytes of an object.
pub(crate) struct ObjectReader<O> {
    object: O,
    waiting: Bytes,
    shown: Option<Shown>,
}

/// An object whose bytes are still to come.
pub(crate) trait Chunks {
    /// The next ones, or none behind the end.
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>>;
}

impl Chunks for OpenedObject {
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}

impl Chunks for DecryptedObject {
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}

impl<O> ObjectReader<O> {
    pub(super) fn new(object: O) -> Self {
        Self { object, waiting: Bytes::new(), shown: None }
    }

    /// People see how far it is.
    pub(super) fn shown(self, shown: Shown) -> Self {
        Self { shown: Some(shown), ..self }
    }
}

impl<O: Chunks> Read for ObjectReader<O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.waiting.is_empty() {
            match self.object.next()? {
                Some(chunk) => self.waiting = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.waiting.len());
        buffer[..length].copy_from_slice(&self.waiting.split_to(length));
        if let Some(shown) = &self.shown {
            shown.advance(length);
        }
        Ok(length)
    }
}
