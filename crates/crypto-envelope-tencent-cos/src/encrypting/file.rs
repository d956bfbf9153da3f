//! Files, read and written at positions.

use std::{fs::File, io, path::Path, sync::Arc, time::SystemTime};

use crypto_envelope::{Error, Result, io::ReadAt};
use zeroize::Zeroizing;

use super::transfer::FileTransfer;
use crate::CosObjectError;

/// A file that is read from several threads.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    file: Arc<File>,
    pub(super) stamp: SourceStamp,
}

impl SourceFile {
    pub(super) fn of(transfer: &FileTransfer) -> Result<Self> {
        let path = transfer.path();
        let file = match &transfer.file {
            Some(file) => Arc::clone(file),
            None => Arc::new(File::open(path).map_err(|error| about(path, &error))?),
        };
        let metadata = file.metadata().map_err(|error| about(path, &error))?;
        if !metadata.is_file() {
            let path = path.display();
            return Err(Error::invalid_input(format!(
                "{path} is no regular file: put_stream takes what is read to its end"
            )));
        }
        let stamp = SourceStamp::of(&metadata).map_err(|error| about(path, &error))?;
        Ok(Self { file, stamp })
    }

    /// All of these bytes.
    pub(super) fn read(&self, offset: u64, length: usize) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(vec![0; length]);
        match ReadAt::read_exact_at(&*self.file, &mut bytes, offset) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(CosObjectError::FileChanged.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Demands that it is still as it was when it was opened, as far as that can be seen.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        if SourceStamp::of(&self.file.metadata()?)? == self.stamp {
            Ok(())
        } else {
            Err(CosObjectError::FileChanged.into())
        }
    }
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SourceStamp {
    pub(super) length: u64,
    /// In nanoseconds since 1970.
    pub(super) modified: u128,
}

impl SourceStamp {
    pub(super) fn of(metadata: &std::fs::Metadata) -> io::Result<Self> {
        let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH);
        let modified = modified.map_or(0, |since| since.as_nanos());
        Ok(Self { length: metadata.len(), modified })
    }
}

fn about(path: &Path, error: &io::Error) -> Error {
    Error::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
