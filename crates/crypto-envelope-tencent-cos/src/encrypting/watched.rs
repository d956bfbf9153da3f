//! What is known of a plaintext before it is read.

use crypto_envelope::Result;

use super::{file::SourceFile, transfer::Meter};
use crate::CosObjectError;

/// The file that a plaintext comes from, if there is one, and who is told how far it is.
pub(super) struct Watched(Option<(SourceFile, Meter)>);

impl Watched {
    /// A plaintext of which nothing is known.
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    pub(super) fn file(file: SourceFile, meter: Meter) -> Self {
        Self(Some((file, meter)))
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.0.as_ref().map(|(file, _)| file.stamp.length)
    }

    pub(super) fn count(&self, bytes: u64) {
        if let Some((_, meter)) = &self.0 {
            meter.add(bytes);
        }
    }

    /// Before it is stored for good: whether it is all there, and nobody has changed it.
    pub(super) fn check_end(&self, read: u64) -> Result<()> {
        let Some((file, _)) = &self.0 else { return Ok(()) };
        if read != file.stamp.length {
            return Err(CosObjectError::FileChanged.into());
        }
        file.check_unchanged()
    }
}
