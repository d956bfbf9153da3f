//! Where data is read from.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// A file or standard input.
pub(crate) struct Input {
    reader: File,
    path: Option<PathBuf>,
    length: Option<u64>,
}

impl Input {
    /// Opens `path`; nothing or "-" is standard input.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Self::standard_input();
        };
        let cannot =
            |error: io::Error| Failure::io(format!("cannot read {}", path.display()), &error);
        let file = File::open(path).map_err(cannot)?;
        let metadata = file.metadata().map_err(cannot)?;
        if metadata.is_dir() {
            return Err(Failure::usage(format!("{} is a directory", path.display())));
        }
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Self { reader: file, path: Some(path.to_owned()), length })
    }

    /// The descriptor itself, not [`io::stdin`], which takes one that cannot be read for empty.
    fn standard_input() -> Result<Self, Failure> {
        let cannot = |error: io::Error| Failure::io("cannot read standard input", &error);
        let descriptor = io::stdin().as_fd().try_clone_to_owned().map_err(cannot)?;
        Ok(Self { reader: File::from(descriptor), path: None, length: None })
    }

    /// The path of a file; `None` is standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What the input is called in messages.
    pub(crate) fn name(&self) -> String {
        self.path.as_ref().map_or("standard input".into(), |path| path.display().to_string())
    }

    /// Length in bytes, of regular files.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }
}

/// Errors name the input.
impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("cannot read {}: {error}", self.name())),
        })
    }
}
