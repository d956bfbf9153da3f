//! The vectors in `tests/vectors/alibaba`, or any directory in their format: what the vendor's own code
//! sends, reads and says. The README beside them says what each file means.

mod aad;
mod case;
mod client_key;
mod encrypted;
mod instance;
mod openapi;
mod transfer;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::case::Case;
use crate::{runner::Outcome, vectors::Result};

/// What became of a directory.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// In the order of their names.
    pub files: Vec<FileReport>,
    /// JSON files that nobody knows, and nobody looked into.
    pub unknown: Vec<String>,
}

/// What became of a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileReport {
    /// Such as `aad.json`.
    pub name: &'static str,
    /// How many cases are as they have to be.
    pub passed: usize,
    /// How many cases need something that is not there yet.
    pub not_yet: usize,
    /// Which case, and what is wrong with it.
    pub mismatches: Vec<String>,
    /// Why none of its cases were looked at.
    pub unreadable: Option<String>,
}

impl Report {
    /// Whether there is neither a mismatch nor a file that could not be read.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.files.iter().all(|file| file.mismatches.is_empty() && file.unreadable.is_none())
    }
}

/// The set in the repository.
#[must_use]
pub fn official() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join("alibaba")
}

/// Runs everything in `directory`.
///
/// # Errors
///
/// If it cannot be listed. What is wrong inside of it is in the report.
pub fn run(directory: &Path) -> Result<Report> {
    let mut unknown = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_json = Path::new(&name).extension().is_some_and(|extension| extension == "json");
        if is_json && FILES.iter().all(|(known, _)| *known != name) {
            unknown.push(name);
        }
    }
    unknown.sort();
    let files = FILES.iter().map(|(name, check)| run_file(directory, name, *check)).collect();
    Ok(Report { files, unknown })
}

/// Runs one file of `directory`, if it is known.
#[must_use]
pub fn run_one(directory: &Path, name: &str) -> Option<FileReport> {
    let (name, check) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(run_file(directory, name, *check))
}

/// Looks at one case; `Err` says what is wrong with it.
type Check = fn(&Path, &Case) -> Result<Outcome>;

/// In the order of their names.
const FILES: [(&str, Check); 12] = [
    ("aad.json", aad::check),
    ("clientkey.json", client_key::check),
    ("encryption_sdk.json", encrypted::check_message),
    ("instance_errors.json", instance::check_error),
    ("instance_protobuf.json", instance::check_message),
    ("instance_signing.json", instance::check_request),
    ("oss_client_side.json", encrypted::check_object),
    ("public_acs3.json", openapi::check_acs3),
    ("public_acs4.json", openapi::check_acs4),
    ("public_errors.json", openapi::check_error),
    ("public_rpc.json", openapi::check_rpc),
    ("transfer.json", transfer::check),
];

fn run_file(directory: &Path, name: &'static str, check: Check) -> FileReport {
    let (passed, not_yet, mismatches) = (0, 0, Vec::new());
    let mut report = FileReport { name, passed, not_yet, mismatches, unreadable: None };
    match Case::all(&directory.join(name)) {
        Ok(cases) => {
            for (index, case) in cases.iter().enumerate() {
                match check(directory, case) {
                    Ok(Outcome::Passed) => report.passed += 1,
                    Ok(Outcome::NotYet) => report.not_yet += 1,
                    Err(error) => {
                        report.mismatches.push(format!("case {index}{}: {error}", case.title()));
                    }
                }
            }
        }
        Err(error) => report.unreadable = Some(error.to_string()),
    }
    report
}
