//! What is said, as text and as JSON.

mod claims;
mod journal;
mod json;
mod metadata;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
mod stored;

use std::io::{self, Write};

use serde_json::Value;

pub(crate) use self::{
    claims::{Claims, Depth},
    journal::{Done, Journal, Names, Operation},
};
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
pub(crate) use self::{journal::DoneObject, stored::StoredFacts};
use crate::{
    args::Report,
    failure::Failure,
    text::{printable, printable_json},
};

/// How a run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Nothing,
    Text,
    Json,
}

impl From<&Report> for Format {
    fn from(report: &Report) -> Self {
        match (report.quiet, report.json) {
            (true, _) => Self::Nothing,
            (_, true) => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Tells where a new key is, once in its life, and so even if nothing else is to be said. As JSON
/// it is a line of its own on standard error.
pub(crate) fn new_key(path: &str, format: Format) {
    if format == Format::Json {
        let line = serde_json::json!({ "operation": "make-key", "key_file": path });
        // Nobody is left to tell without standard error; the key is there in any case.
        let _ = say_raw(&json_line(&line));
        return;
    }
    say(&format!("made a new key: {path}"));
    say(
        "  Keep a copy of it in a safe place: whoever has it can decrypt, and without it the data \
         is lost.",
    );
}

/// Something that is not as it should be and does not stop the work.
pub(crate) fn warning(text: &str) {
    say(&format!("keyferry: warning: {text}"));
}

/// Why a file of several was not done.
pub(crate) fn failure(failure: &Failure) {
    // Without standard error there is nobody to tell; the exit code tells as well.
    let _ = say_raw(&failure.to_string());
}

/// To standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match printed {
        // Whoever reads it has seen enough. (Data that nobody takes is an error: see Output.)
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| Failure::io("cannot write standard output", &error)),
    }
}

/// A line of JSON to standard output.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&json_line(value))
}

/// A line of JSON to standard error, where standard output is for data.
pub(crate) fn say_json(value: &Value) -> Result<(), Failure> {
    say_raw(&json_line(value))
}

/// A line to standard error, for people. Without standard error there is nobody to tell, which
/// is no reason to fail: the work is done.
pub(crate) fn say(line: &str) {
    let _ = say_raw(&format!("{}\n", printable(line)));
}

fn say_raw(text: &str) -> Result<(), Failure> {
    let written = io::stderr().write_all(text.as_bytes());
    written.map_err(|error| Failure::io("cannot write to standard error", &error))
}

fn json_line(value: &Value) -> String {
    printable_json(&value.to_string()) + "\n"
}
