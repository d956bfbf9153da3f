//! The command-line tool, as its users run it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{interop::Case, vectors::Result};

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
            // As part of the whole workspace, of which the tests have built the dependencies.
            .args(["build", "--quiet", "--locked", "--workspace", "--bin", "keyferry"])
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

    /// A call that encrypts one file into another.
    ///
    /// # Errors
    ///
    /// If the key files cannot be written.
    pub fn encrypt(&self, case: &Case, input: &Path, output: &Path) -> Result<Command> {
        let mut command = self.convert("encrypt", case, input, output)?;
        command.args(["--suite", case.suite.name()]);
        command.args(["--frame-length", &case.frame_length.to_string()]);
        if !case.suite.is_committing() {
            command.args(["--commitment", "danger-forbid-encrypt-allow-decrypt"]);
        }
        Ok(command)
    }

    /// A call that decrypts one file into another, of any suite.
    ///
    /// # Errors
    ///
    /// If the key files cannot be written.
    pub fn decrypt(&self, case: &Case, input: &Path, output: &Path) -> Result<Command> {
        let mut command = self.convert("decrypt", case, input, output)?;
        if !case.suite.is_committing() {
            command.args(["--commitment", "allow"]);
        }
        Ok(command)
    }

    /// A call that describes a file in JSON.
    #[must_use]
    pub fn inspect(&self, input: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.args(["inspect", "--json"]).arg(input);
        command
    }

    fn convert(&self, verb: &str, case: &Case, input: &Path, output: &Path) -> Result<Command> {
        let mut command = Command::new(&self.0);
        command.args([verb, "--force", "--quiet", "--output"]).args([output, input]);
        for key in &case.keys {
            let folder = output.parent().ok_or("the output is in a folder")?;
            command.args(["--provider", &key.keyferry_provider(folder)?]);
        }
        let context = case.context.iter().map(|(key, value)| format!("--context={key}={value}"));
        command.args(context);
        Ok(command)
    }
}

/// Runs a call that has to succeed, and returns what it writes to standard output.
///
/// # Errors
///
/// What it says if it fails.
pub fn succeed(mut command: Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}: {reason}", command.get_program().display(), output.status).into())
}
