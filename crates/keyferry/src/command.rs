//! What the commands do.

mod decrypt;
mod encrypt;
mod inspect;

use std::path::{Path, PathBuf};

use crate::{
    args::{Command, Files},
    failure::Failure,
    input::Input,
    output::{Destination, Existing},
};

/// Runs one command.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Encrypt(arguments) => encrypt::run(arguments),
        Command::Decrypt(arguments) => decrypt::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
    }
}

/// Where the result goes if it is not said: beside the input, or to standard output if that is
/// where the input comes from.
fn destination(
    files: &Files,
    input: &Input,
    beside: impl FnOnce(&Path) -> Result<PathBuf, Failure>,
) -> Result<Destination, Failure> {
    match (&files.output, input.path()) {
        (Some(output), _) => Ok(Destination::new(output)),
        (None, Some(path)) => Ok(Destination::File(beside(path)?)),
        (None, None) => Ok(Destination::StandardOutput),
    }
}

fn existing(files: &Files) -> Existing {
    if files.force { Existing::Replace } else { Existing::Keep }
}

/// What is added to the name of an encrypted file.
const SUFFIX: &str = ".encrypted";
