//! The stage `examples`: every example runs, and each counts as one test.

use crate::metadata::{Metadata, Target};
use crate::shell;
use crate::tally::Tally;

/// Builds and runs every example of the examples' package.
///
/// # Errors
///
/// Fails without examples to run, or if they do not build.
pub(crate) fn run() -> Result<Tally, String> {
    let metadata = Metadata::load()?;
    let package = metadata
        .members()
        .find(|package| package.name == PACKAGE)
        .ok_or_else(|| format!("no package {PACKAGE}"))?;
    let examples =
        package.targets.iter().filter(|target| target.kind == "example").collect::<Vec<_>>();
    if examples.is_empty() {
        return Err(format!("{PACKAGE} has no examples"));
    }
    build(&examples)?;
    let mut tally = Tally::default();
    for example in examples {
        tally += run_one(&example.name);
    }
    Ok(tally)
}

/// As part of the whole workspace, so that what they need is there already, from its tests.
fn build(examples: &[&Target]) -> Result<(), String> {
    let mut command = shell::cargo("build --quiet --workspace --locked");
    for example in examples {
        command.args(["--example", &example.name]);
        for feature in &example.required_features {
            command.args(["--features", &format!("{PACKAGE}/{feature}")]);
        }
    }
    shell::run(&mut command)
}

fn run_one(example: &str) -> Tally {
    let mut command = shell::command(shell::target().join("debug").join("examples").join(example));
    match shell::run(&mut command) {
        Ok(()) => Tally::PASSED,
        Err(reason) => {
            eprintln!("example {example}: {reason}");
            Tally::FAILED
        }
    }
}

const PACKAGE: &str = "crypto-envelope-examples";
