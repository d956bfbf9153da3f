//! What comes from S3, as a reader.

use std::io::{Error, Read, Result};

use bytes::Bytes;
use crypto_envelope::{blocking, service};
use crypto_envelope_s3_sse_c::aws_sdk_s3::primitives::ByteStream;

use crate::progress::Shown;

/// The bytes of an object. Each chunk comes from where connections live.
pub(crate) struct ObjectReader {
    name: String,
    /// None behind the end, or an error.
    body: Option<ByteStream>,
    waiting: Bytes,
    shown: Shown,
}

impl ObjectReader {
    pub(super) fn new(name: String, body: ByteStream, shown: Shown) -> Self {
        Self { name, body: Some(body), waiting: Bytes::new(), shown }
    }

    /// The next ones, or none behind the end.
    fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(mut body) = self.body.take() else { return Ok(None) };
        let next = service::run(async move {
            let chunk = body.next().await;
            (body, chunk)
        });
        let (body, chunk) = blocking::wait(next)?;
        match chunk {
            None => Ok(None),
            Some(Ok(chunk)) => {
                self.body = Some(body);
                Ok(Some(chunk))
            }
            Some(Err(error)) => Err(Error::other(format!("cannot read {}: {error}", self.name))),
        }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.waiting.is_empty() {
            match self.next()? {
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
