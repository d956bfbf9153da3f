//! Runs all vectors of a directory in the manifest format: `esdk-vectors [DIR]`, by default those
//! of this repository. Says what passed by category, and every mismatch.
#![expect(clippy::print_stdout, reason = "it talks to people")]

use std::{collections::BTreeMap, env, process::ExitCode};

use crypto_envelope_tests::{
    runner::{Outcome, run},
    vectors::{Manifest, Result},
};

#[derive(Default)]
struct Count {
    passed: usize,
    not_yet: usize,
    failed: usize,
}

fn main() -> Result<ExitCode> {
    let manifest = match env::args_os().nth(1) {
        Some(directory) => Manifest::read(directory)?,
        None => Manifest::official()?,
    };
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for vector in &manifest.tests {
        let count = counts.entry(vector.category()).or_default();
        match run(&manifest, vector) {
            Ok(Outcome::Passed) => count.passed += 1,
            Ok(_) => count.not_yet += 1,
            Err(error) => {
                count.failed += 1;
                println!(
                    "MISMATCH {} {} {}: {error}",
                    vector.category(),
                    vector.id(),
                    vector.note()
                );
            }
        }
    }
    println!("{:16} {:>6} {:>7} {:>6}", "category", "passed", "not yet", "failed");
    for (category, Count { passed, not_yet, failed }) in &counts {
        println!("{category:16} {passed:6} {not_yet:7} {failed:6}");
    }
    let failed: usize = counts.values().map(|count| count.failed).sum();
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
