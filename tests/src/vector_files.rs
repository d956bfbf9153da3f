//! Files of vectors of a vendor: what is common to all vendors.

pub(crate) mod case;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::case::Case;
use crate::{runner::Outcome, vectors::Result};

/// The vectors of one vendor, or any directory in their format.
#[derive(Clone, Copy, Debug)]
pub struct VectorFiles {
    /// Below `tests/vectors`.
    pub(crate) directory: &'static str,
    /// In the order of their names.
    pub(crate) files: &'static [(&'static str, Check)],
    /// JSON files that have no cases.
    pub(crate) others: &'static [&'static str],
}

/// Looks at one case; `Err` says what is wrong with it.
pub(crate) type Check = fn(&Path, &Case) -> Result<Outcome>;

impl VectorFiles {
    /// The set in the repository.
    #[must_use]
    pub fn official(self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(self.directory)
    }

    /// Runs everything in `directory`.
    ///
    /// # Errors
    ///
    /// If it cannot be listed. What is wrong inside of it is in the report.
    pub fn run(self, directory: &Path) -> Result<Report> {
        let mut unknown = Vec::new();
        for entry in fs::read_dir(directory)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_json = Path::new(&name).extension().is_some_and(|extension| extension == "json");
            if is_json && !self.knows(&name) {
                unknown.push(name);
            }
        }
        unknown.sort();
        let files = self.files.iter();
        let files = files.map(|(name, check)| run_file(directory, name, *check)).collect();
        Ok(Report { files, unknown })
    }

    /// Runs one file of `directory`, if it is known.
    #[must_use]
    pub fn run_one(self, directory: &Path, name: &str) -> Option<FileReport> {
        let (name, check) = self.files.iter().find(|(known, _)| *known == name)?;
        Some(run_file(directory, name, *check))
    }

    /// What a program does that runs the directory of its first argument, by default those of this repository:
    /// says what passed by file, and every mismatch.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn main(self) -> Result<ExitCode> {
        let directory = env::args_os().nth(1).map_or_else(|| self.official(), PathBuf::from);
        let report = self.run(&directory)?;
        report.print();
        Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn knows(self, name: &str) -> bool {
        self.others.contains(&name) || self.files.iter().any(|(known, _)| *known == name)
    }
}

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

    #[expect(clippy::print_stdout, reason = "it talks to people")]
    fn print(&self) {
        for file in &self.files {
            for mismatch in &file.mismatches {
                println!("MISMATCH {} {mismatch}", file.name);
            }
            if let Some(error) = &file.unreadable {
                println!("UNREADABLE {}: {error}", file.name);
            }
        }
        for name in &self.unknown {
            println!("UNKNOWN {name}: nobody looked into it");
        }
        println!("{:30} {:>6} {:>7} {:>6}", "file", "passed", "not yet", "failed");
        for file in &self.files {
            let (passed, not_yet, failed) = (file.passed, file.not_yet, file.mismatches.len());
            println!("{:30} {passed:6} {not_yet:7} {failed:6}", file.name);
        }
    }
}

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
