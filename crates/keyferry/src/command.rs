//! What the commands do.

mod decrypt;
mod encrypt;
mod inspect;

use std::path::{Path, PathBuf};

use crypto_envelope::EncryptionContext;

use crate::{
    args::{Command, Files},
    failure::Failure,
    input::Input,
    output::{Destination, Existing},
    report::Format,
};

/// Runs one command.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Encrypt(arguments) => encrypt::run(arguments),
        Command::Decrypt(arguments) => decrypt::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
    }
}

/// What is read and written, checked before any work is done.
struct Plan {
    input: Input,
    destination: Destination,
    existing: Existing,
    format: Format,
}

impl Plan {
    /// The result goes where it is said, else beside the input, or to standard output if that is
    /// where the input comes from.
    fn new(
        files: &Files,
        beside: impl FnOnce(&Path) -> Result<PathBuf, Failure>,
    ) -> Result<Self, Failure> {
        let input = Input::open(files.input.as_deref())?;
        let destination = match (&files.output, input.path()) {
            (Some(output), _) => Destination::named(output)?,
            (None, Some(path)) => Destination::File(beside(path)?),
            (None, None) => Destination::standard_output()?,
        };
        let existing = if files.force { Existing::Replace } else { Existing::Keep };
        destination.check(existing)?;
        let format = match (files.quiet, files.json) {
            (true, _) => Format::Nothing,
            (_, true) => Format::Json,
            _ => Format::Text,
        };
        Ok(Self { input, destination, existing, format })
    }
}

/// The pairs of `--context`. The same key twice is a mistake that must not be resolved by guessing.
fn context(pairs: &[(String, String)]) -> Result<EncryptionContext, Failure> {
    let mut context = EncryptionContext::new();
    for (key, value) in pairs {
        if context.insert(key, value).is_some() {
            return Err(Failure::usage(format!("--context gives the key {key:?} twice")));
        }
    }
    Ok(context)
}

/// What is added to the name of an encrypted file.
const SUFFIX: &str = ".encrypted";
