//! Virtual environments with pinned packages, one per peer.

use std::fs;
use std::path::{Path, PathBuf};

use super::python;
use crate::shell;

/// One virtual environment.
#[derive(Debug)]
pub(super) struct Venv {
    /// Its name below `peers` in the target directory.
    pub(super) directory: &'static str,
    /// The pinned packages, as a path in the workspace.
    pub(super) requirements: &'static str,
}

impl Venv {
    /// The Python of the environment, which is made anew whenever the requirements changed.
    ///
    /// # Errors
    ///
    /// Says what could not be installed.
    pub(super) fn python(&self) -> Result<PathBuf, String> {
        let directory = shell::target().join("peers").join(self.directory);
        let python = directory.join(PYTHON);
        let requirements = fs::read_to_string(shell::root().join(self.requirements))
            .map_err(|error| format!("{}: {error}", self.requirements))?;
        let stamp = directory.join("requirements.installed");
        if !is_current(&stamp, &requirements) || !works(&python) {
            self.install(&directory, &python)
                .map_err(|reason| format!("cannot install {}: {reason}", self.requirements))?;
            // Last of all, so that an interrupted installation is not taken for a complete one.
            fs::write(&stamp, requirements)
                .map_err(|error| format!("{}: {error}", stamp.display()))?;
        }
        Ok(python)
    }

    fn install(&self, directory: &Path, python: &Path) -> Result<(), String> {
        python::require()?;
        shell::run(shell::command("python3").args(["-m", "venv", "--clear"]).arg(directory))?;
        shell::run(shell::command(python).args(PIP_INSTALL).arg(self.requirements))
    }
}

fn is_current(stamp: &Path, requirements: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == requirements)
}

/// An upgrade of the system's Python breaks the environments that were made from it.
fn works(python: &Path) -> bool {
    shell::output(shell::command(python).arg("--version")).is_ok()
}

const PYTHON: &str = "bin/python";
const PIP_INSTALL: [&str; 7] = [
    "-m",
    "pip",
    "install",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--requirement",
];
