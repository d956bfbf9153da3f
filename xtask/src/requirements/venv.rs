//! Python packages in virtual environments.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::python;
use crate::shell;

/// One virtual environment.
#[derive(Debug)]
pub(super) struct Venv {
    /// Its name.
    pub(super) name: &'static str,
    /// The pinned packages, as a path in the workspace.
    pub(super) requirements: &'static str,
    /// The sources of a package of ours among them.
    pub(super) sources: &'static [&'static str],
}

impl Venv {
    /// One without packages of ours.
    pub(super) const fn new(name: &'static str, requirements: &'static str) -> Self {
        Self { name, requirements, sources: &[] }
    }

    /// A program of the environment.
    ///
    /// # Errors
    ///
    /// Says what could not be installed.
    pub(super) fn program(&self, name: &str) -> Result<PathBuf, String> {
        let files = [self.requirements].into_iter().chain(self.sources.iter().copied());
        let sources = files.map(str::to_owned).collect();
        let environment = Environment { name: self.name, sources };
        let directory = environment.directory();
        let program = directory.join("bin").join(name);
        environment.install_once(
            // An upgrade of the system's Python breaks the environments that were made from it.
            || shell::output(shell::command(&program).arg("--version")).is_ok(),
            || self.install(&directory),
        )?;
        Ok(program)
    }

    fn install(&self, directory: &Path) -> Result<(), String> {
        python::require()?;
        shell::run(shell::command("python3").args(["-m", "venv", "--clear"]).arg(directory))?;
        let python = directory.join("bin").join("python");
        shell::run(shell::command(python).args(PIP_INSTALL).arg(self.requirements))
    }
}

const PIP_INSTALL: [&str; 7] = [
    "-m",
    "pip",
    "install",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--requirement",
];
