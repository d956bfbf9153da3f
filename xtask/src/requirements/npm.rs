//! JavaScript packages in directories of their own.

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::node;
use crate::shell;

/// The packages of a lock file.
#[derive(Debug)]
pub(super) struct NodeModules {
    /// The name of their directory.
    pub(super) name: &'static str,
    /// The folder in the workspace that pins them.
    pub(super) manifests: &'static str,
}

impl NodeModules {
    /// The directory in which Node.js finds them.
    ///
    /// # Errors
    ///
    /// Says what could not be installed.
    pub(super) fn directory(&self) -> Result<PathBuf, String> {
        // Not only to install: the tests run it.
        node::require()?;
        let sources = MANIFESTS.map(|file| format!("{}/{file}", self.manifests)).to_vec();
        let environment = Environment { name: self.name, sources };
        let directory = environment.directory();
        let modules = directory.join("node_modules");
        environment.install_once(|| modules.is_dir(), || self.install(&directory))?;
        Ok(modules)
    }

    fn install(&self, directory: &Path) -> Result<(), String> {
        fs::create_dir_all(directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        for file in MANIFESTS {
            fs::copy(shell::root().join(self.manifests).join(file), directory.join(file))
                .map_err(|error| format!("{file}: {error}"))?;
        }
        shell::run(shell::command("npm").args(NPM_INSTALL).current_dir(directory))
    }
}

const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// Exactly what the lock file says, and no code of the packages.
const NPM_INSTALL: [&str; 4] = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
