//! What comes from S3.

use bytes::Bytes;
use crypto_envelope::{Result, blocking, service};
use crypto_envelope_s3_sse_c::aws_sdk_s3::primitives::ByteStream;

use crate::remote::Chunks;

/// The bytes of an object. Each chunk comes from where connections live.
pub(crate) struct Body {
    name: String,
    /// None behind the end, or an error.
    stream: Option<ByteStream>,
}

impl Body {
    pub(super) fn new(name: String, stream: ByteStream) -> Self {
        Self { name, stream: Some(stream) }
    }
}

impl Chunks for Body {
    fn next(&mut self) -> Result<Option<Bytes>> {
        let Some(mut stream) = self.stream.take() else { return Ok(None) };
        let next = service::run(async move {
            let chunk = stream.next().await;
            (stream, chunk)
        });
        let (stream, chunk) = blocking::wait(next)?;
        let Some(chunk) = chunk else { return Ok(None) };
        let chunk = chunk.map_err(|error| {
            std::io::Error::other(format!("cannot read {}: {error}", self.name))
        })?;
        self.stream = Some(stream);
        Ok(Some(chunk))
    }
}
