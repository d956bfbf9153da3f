//! Files, read and written at positions.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crypto_envelope::{Error, Result};
use tempfile::{NamedTempFile, TempPath};
use zeroize::Zeroizing;

use super::upload_record::SourceStamp;
use crate::CosObjectError;

/// A file that is read from several threads.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    file: Arc<File>,
    pub(super) stamp: SourceStamp,
}

impl SourceFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| about(path, &error))?;
        let metadata = file.metadata().map_err(|error| about(path, &error))?;
        if !metadata.is_file() {
            let path = path.display();
            return Err(Error::invalid_input(format!(
                "{path} is no regular file: put_stream takes what is read to its end"
            )));
        }
        let stamp = SourceStamp::of(&metadata).map_err(|error| about(path, &error))?;
        Ok(Self { file: Arc::new(file), stamp })
    }

    /// All of these bytes.
    pub(super) fn read(&self, offset: u64, length: usize) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(vec![0; length]);
        match read_exact_at(&self.file, &mut bytes, offset) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(CosObjectError::SourceChanged.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Demands that it is still as it was when it was opened, as far as that can be seen.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        if SourceStamp::of(&self.file.metadata()?)? == self.stamp {
            Ok(())
        } else {
            Err(CosObjectError::SourceChanged.into())
        }
    }

    pub(super) fn try_clone(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

/// A file that appears when it is complete.
#[derive(Debug)]
pub(super) struct TargetFile {
    file: File,
    place: TempPath,
    path: PathBuf,
}

impl TargetFile {
    /// Beside its place, for its owner alone.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let temporary = tempfile::Builder::new()
            .prefix(".crypto-envelope-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(|error| about(path, &error))?;
        let (file, place) = NamedTempFile::into_parts(temporary);
        Ok(Self { file, place, path: path.to_owned() })
    }

    /// One that was begun before.
    pub(super) fn again(place: PathBuf, path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(&place)?;
        Ok(Self { file, place: TempPath::try_from_path(place)?, path: path.to_owned() })
    }

    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// It stays where it is when this is dropped.
    pub(super) fn keep(self) -> Result<()> {
        self.place.keep().map_err(|error| error.error)?;
        Ok(())
    }

    /// Puts it in its place.
    pub(super) fn finish(self) -> Result<()> {
        let Self { file, place, path } = self;
        file.sync_all().map_err(|error| about(&path, &error))?;
        place.persist(&path).map_err(|error| about(&path, &error.error))?;
        Ok(())
    }
}

fn about(path: &Path, error: &io::Error) -> Error {
    Error::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(unix)]
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek};
    let _alone = POSITION.lock();
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(not(unix))]
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek, Write};
    let _alone = POSITION.lock();
    let mut file = file;
    file.seek(io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// Where files have one position for all threads.
#[cfg(not(unix))]
static POSITION: std::sync::Mutex<()> = std::sync::Mutex::new(());
