//! Where files are that clients read.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use tempfile::{NamedTempFile, TempDir};

#[derive(Args, Debug)]
pub(crate) struct State {
    /// Keep keys, aliases, secrets, ClientKeys, access keys and the CA in DIR, in clear, and start with
    /// what is in there. Fakes with the same DIR share them, also while they run.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// The directory of the state, or one that goes with the fake.
#[derive(Debug)]
pub(crate) enum Directory {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Directory {
    /// It is there already, if there is a state.
    pub(crate) fn of(state: &State) -> io::Result<Self> {
        match &state.state {
            Some(path) => Ok(Self::Kept(path.clone())),
            None => Ok(Self::Temporary(tempfile::Builder::new().prefix("fake-cloud-").tempdir()?)),
        }
    }

    /// Writes a file for the owner alone, all of it at once, and says where it is.
    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let mut file = NamedTempFile::new_in(self.path())?;
        file.write_all(text.as_bytes())?;
        let path = std::path::absolute(self.path())?.join(name);
        file.persist(&path)?;
        Ok(path)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}
