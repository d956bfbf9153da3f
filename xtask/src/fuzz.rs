//! The stages of the package `fuzz`, which is outside of the workspace: that clippy likes it, and
//! every fuzz target for a short time, from inputs that are made anew.
//!
//! Coverage of the code works with a stable compiler, other than the sanitizers of `cargo fuzz`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;
use crate::tally::Tally;

/// Runs clippy over everything that [`run`] builds, and is built like it: what the dependencies
/// compile that is not Rust is compiled once for both.
///
/// # Errors
///
/// Fails when clippy finds something.
pub(crate) fn lint() -> Result<Tally, String> {
    let clippy = format!("clippy {BUILT} -- -D warnings");
    shell::run(&mut cargo(&clippy, &host()?)).map(|()| Tally::PASSED)
}

/// Builds and runs the targets; each counts as one check.
///
/// # Errors
///
/// Fails when a target does not build or has nothing to start from.
pub(crate) fn run() -> Result<Tally, String> {
    let programs = build()?;
    let corpus = shell::target().join("fuzz").join("corpus");
    remove(&corpus)?;
    shell::run(shell::command(programs.join("examples").join("seed")).arg(&corpus))?;
    let mut tally = Tally::default();
    for target in targets()? {
        tally += fuzz(&programs, &target, &corpus);
    }
    Ok(tally)
}

/// Returns where the programs are.
fn build() -> Result<PathBuf, String> {
    let host = host()?;
    shell::run(&mut cargo(&format!("build {BUILT}"), &host))?;
    Ok(shell::target().join(host).join("release"))
}

fn cargo(arguments: &str, host: &str) -> Command {
    let mut cargo = shell::cargo(arguments);
    // With a target that is named, build scripts and macros are left as they are.
    cargo.env("CARGO_BUILD_TARGET", host).env("RUSTFLAGS", COVERAGE);
    cargo
}

fn host() -> Result<String, String> {
    let host = shell::output(shell::command("rustc").args(["--print", "host-tuple"]))?;
    Ok(host.trim().to_owned())
}

/// Every file in the directory is a target.
fn targets() -> Result<Vec<String>, String> {
    let failed = |error: io::Error| format!("{TARGETS}: {error}");
    let mut names = fs::read_dir(shell::root().join(TARGETS))
        .map_err(failed)?
        .map(|file| Ok(file?.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect::<Vec<_>>();
    names.sort_unstable();
    Ok(names)
}

fn fuzz(programs: &Path, target: &str, corpus: &Path) -> Tally {
    let artifacts = shell::target().join("fuzz").join("artifacts").join(target);
    match fuzz_into(&artifacts, programs, target, corpus) {
        Ok(()) => {
            println!("ok      {target}");
            Tally::PASSED
        }
        Err(reason) => {
            println!("{reason}");
            println!("FAILED  {target}: the input is in {}", artifacts.display());
            Tally::FAILED
        }
    }
}

fn fuzz_into(artifacts: &Path, programs: &Path, target: &str, corpus: &Path) -> Result<(), String> {
    fs::create_dir_all(artifacts).map_err(|error| format!("{}: {error}", artifacts.display()))?;
    let mut program = shell::command(programs.join(target));
    program.arg(corpus.join(target)).args(LIMITS);
    // What follows is part of a file name, unless it ends in a slash.
    program.arg(format!("-artifact_prefix={}/", artifacts.display()));
    // Its many words are for when it finds something.
    shell::output(&mut program).map(drop)
}

fn remove(directory: &Path) -> Result<(), String> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", directory.display()))
        }
        _ => Ok(()),
    }
}

const TARGETS: &str = "fuzz/fuzz_targets";
const BUILT: &str = "--release --manifest-path fuzz/Cargo.toml --lib --bins --examples --locked";
/// What libFuzzer sees of a run: which edges were taken, and what was compared with what.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Seconds in all and per input, bytes of an input, megabytes in memory, and where the random
/// numbers begin: a run tries the same at first, and what it gets to depends on the machine.
const LIMITS: [&str; 5] =
    ["-max_total_time=5", "-timeout=5", "-max_len=4096", "-rss_limit_mb=256", "-seed=1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found() -> Result<(), String> {
        let targets = targets()?;
        assert!(targets.iter().any(|target| target == "header"), "{targets:?}");
        assert!(targets.is_sorted(), "{targets:?}");
        Ok(())
    }
}
