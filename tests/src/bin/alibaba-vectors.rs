//! Runs all vectors of a directory in the format of `tests/vectors/alibaba`: `alibaba-vectors [DIR]`, by
//! default those of this repository. Says what passed by file, and every mismatch.
#![expect(clippy::print_stdout, reason = "it talks to people")]

use std::{env, path::PathBuf, process::ExitCode};

use crypto_envelope_tests::{
    alibaba_vectors::{official, run},
    vectors::Result,
};

fn main() -> Result<ExitCode> {
    let directory = env::args_os().nth(1).map_or_else(official, PathBuf::from);
    let report = run(&directory)?;
    for file in &report.files {
        for mismatch in &file.mismatches {
            println!("MISMATCH {} {mismatch}", file.name);
        }
        if let Some(error) = &file.unreadable {
            println!("UNREADABLE {}: {error}", file.name);
        }
    }
    for name in &report.unknown {
        println!("UNKNOWN {name}: nobody looked into it");
    }
    println!("{:22} {:>6} {:>7} {:>6}", "file", "passed", "not yet", "failed");
    for file in &report.files {
        let (passed, not_yet, failed) = (file.passed, file.not_yet, file.mismatches.len());
        println!("{:22} {passed:6} {not_yet:7} {failed:6}", file.name);
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
