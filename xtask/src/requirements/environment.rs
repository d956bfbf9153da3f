//! Directories into which the packages of a peer are installed, one per peer.

use std::fs;
use std::path::PathBuf;

use crate::shell;

/// A directory below `peers` in the target directory.
#[derive(Debug)]
pub(super) struct Environment {
    /// Its name.
    pub(super) name: &'static str,
    /// The files of the workspace that it is made from.
    pub(super) sources: Vec<String>,
}

impl Environment {
    /// Where it is.
    pub(super) fn directory(&self) -> PathBuf {
        shell::target().join("peers").join(self.name)
    }

    /// Installs it, unless it was made from the same sources before and still works.
    ///
    /// # Errors
    ///
    /// Says what could not be installed.
    pub(super) fn install_once(
        &self,
        works: impl FnOnce() -> bool,
        install: impl FnOnce() -> Result<(), String>,
    ) -> Result<(), String> {
        let sources = self.read_sources()?;
        let stamp = self.directory().join("sources.installed");
        let is_current = fs::read_to_string(&stamp).is_ok_and(|installed| installed == sources);
        if is_current && works() {
            return Ok(());
        }
        install().map_err(|reason| format!("cannot install {}: {reason}", self.name))?;
        // Last of all, so that an interrupted installation is not taken for a complete one.
        fs::write(&stamp, sources).map_err(|error| format!("{}: {error}", stamp.display()))
    }

    fn read_sources(&self) -> Result<String, String> {
        let read = |path: &String| {
            fs::read_to_string(shell::root().join(path)).map_err(|error| format!("{path}: {error}"))
        };
        self.sources.iter().map(read).collect()
    }
}
