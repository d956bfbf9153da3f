//! Where a plaintext comes from, part by part.

use std::future::Future;

use crypto_envelope::{
    Result,
    service::{blocking, reserve_wiped},
};
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use super::file::SourceFile;

/// A plaintext, from its front to its end.
pub(super) trait PartSource: Send {
    /// The next `length` bytes, or less at the end.
    fn next(&mut self, length: u64) -> impl Future<Output = Result<Zeroizing<Vec<u8>>>> + Send;
}

/// What comes out of a reader.
pub(super) struct OfReader<R>(pub(super) R);

impl<R: AsyncRead + Send + Unpin> PartSource for OfReader<R> {
    async fn next(&mut self, length: u64) -> Result<Zeroizing<Vec<u8>>> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut part = Zeroizing::new(Vec::new());
        // Not at once: what is short takes little.
        while part.len() < length {
            let step = STEP.min(length - part.len());
            reserve_wiped(&mut part, step, length);
            let read = (&mut self.0).take(step as u64).read_buf(&mut *part).await?;
            if read == 0 {
                break;
            }
        }
        Ok(part)
    }
}

/// What is in a file, wherever somebody else reads it.
pub(super) struct OfFile {
    file: SourceFile,
    offset: u64,
}

impl OfFile {
    pub(super) fn new(file: SourceFile) -> Self {
        Self { file, offset: 0 }
    }
}

impl PartSource for OfFile {
    async fn next(&mut self, length: u64) -> Result<Zeroizing<Vec<u8>>> {
        let (file, offset) = (self.file.clone(), self.offset);
        let length = length.min(file.stamp.length - offset);
        self.offset += length;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        blocking(move || file.read(offset, length)).await
    }
}

/// In bytes.
const STEP: usize = 256 << 10;
