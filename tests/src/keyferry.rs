//! The command-line tool, as its users run it.

use std::{env, path::PathBuf, process::Command};

use serde_json::Value;

use crate::vectors::Result;

/// A keyferry that was built from these sources.
#[derive(Debug)]
pub struct Keyferry(PathBuf);

impl Keyferry {
    /// Builds it, unless that was done before.
    ///
    /// # Errors
    ///
    /// If it does not build.
    pub fn build() -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--quiet", "--locked", "--package", "keyferry"])
            .args(["--message-format", "json-render-diagnostics"])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        // Only cargo knows where its target directory is.
        let messages = String::from_utf8(output.stdout)?;
        let executable = messages.lines().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        Ok(Self(executable.ok_or("cargo names no executable")?))
    }

    /// A call with no arguments yet.
    #[must_use]
    pub fn command(&self) -> Command {
        Command::new(&self.0)
    }
}
