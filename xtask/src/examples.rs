//! The stage `examples`: every example runs, and each counts as one test.

use crate::metadata::{Metadata, Target};
use crate::shell;
use crate::tally::Tally;

/// Runs every example and program of the examples' package.
///
/// # Errors
///
/// Fails without examples to run.
pub(crate) fn run() -> Result<Tally, String> {
    let metadata = Metadata::load()?;
    let package = metadata
        .members()
        .find(|package| package.name == PACKAGE)
        .ok_or_else(|| format!("no package {PACKAGE}"))?;
    let mut tally = Tally::default();
    for (flag, target) in package.targets.iter().filter_map(runnable) {
        tally += run_one(flag, target);
    }
    if tally.ran() == 0 { Err(format!("{PACKAGE} has no examples")) } else { Ok(tally) }
}

fn runnable(target: &Target) -> Option<(&'static str, &Target)> {
    match target.kind.as_str() {
        "example" => Some(("--example", target)),
        "bin" => Some(("--bin", target)),
        _ => None,
    }
}

fn run_one(flag: &str, target: &Target) -> Tally {
    let mut command = shell::cargo("run --quiet --locked");
    command.args(["-p", PACKAGE, flag, &target.name]);
    if !target.required_features.is_empty() {
        command.args(["--features", &target.required_features.join(",")]);
    }
    match shell::run(&mut command) {
        Ok(()) => Tally::PASSED,
        Err(reason) => {
            eprintln!("example {}: {reason}", target.name);
            Tally::FAILED
        }
    }
}

const PACKAGE: &str = "crypto-envelope-examples";
