//! A directory that outlives the fake, and that fakes in several processes can have at once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::{json, store::Store};

/// Where a [`Store`] is kept, as JSON with **all its keys in clear**, for the owner alone.
#[derive(Debug)]
pub(crate) struct State {
    directory: PathBuf,
    /// What is in the file, as far as is known.
    known: Value,
}

impl State {
    /// What is in there is not read yet.
    pub(crate) fn at(directory: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
        let known = json::encode(&Store::default()).map_err(io::Error::other)?;
        Ok(Self { directory: directory.to_owned(), known })
    }

    /// Nobody else has it until the file is dropped.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let path = self.directory.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    }

    /// Takes over what others wrote since, unless something of ours is still to be written.
    pub(crate) fn read(&mut self, store: &mut Store) -> io::Result<()> {
        if json::encode(store).map_err(io::Error::other)? != self.known {
            return Ok(());
        }
        let text = match fs::read(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let no_state = || io::Error::new(io::ErrorKind::InvalidData, "this is no state of a fake");
        let found = serde_json::from_slice(&text).map_err(|_| no_state())?;
        if found != self.known {
            json::decode(&found, store).ok_or_else(no_state)?;
            self.known = found;
        }
        Ok(())
    }

    /// Writes what is new, so that there is always the old file or the new one.
    pub(crate) fn write(&mut self, store: &Store) -> io::Result<()> {
        let new = json::encode(store).map_err(io::Error::other)?;
        if new == self.known {
            return Ok(());
        }
        let mut file = NamedTempFile::new_in(&self.directory)?;
        file.write_all(new.to_string().as_bytes())?;
        file.persist(self.path())?;
        self.known = new;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.directory.join("state.json")
    }
}
