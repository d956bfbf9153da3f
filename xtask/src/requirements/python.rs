//! The Python of the system.

use crate::{debian, shell};

/// Makes sure that `python3` can make virtual environments and is new enough for the peers.
///
/// # Errors
///
/// Says what is missing.
pub(super) fn require() -> Result<(), String> {
    if let Err(reason) = can_make_venv() {
        println!("{reason}");
        debian::install(PACKAGES)?;
        can_make_venv().map_err(|reason| format!("installed {PACKAGES}, but {reason}"))?;
    }
    require_version(&evaluate("import sys; print('%d.%d' % sys.version_info[:2])")?)
}

/// Bare Debian ships `venv` without the `ensurepip` that it needs.
fn can_make_venv() -> Result<(), String> {
    evaluate("import ensurepip, venv").map(drop)
}

fn evaluate(code: &str) -> Result<String, String> {
    shell::output(shell::command("python3").args(["-c", code]))
}

fn require_version(version: &str) -> Result<(), String> {
    let version = version.trim();
    let numbers = version.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
    match numbers.as_deref() {
        Ok([major, minor]) if [*major, *minor] >= MINIMUM => Ok(()),
        _ => Err(format!("python3 is {version}, but {}.{} is needed", MINIMUM[0], MINIMUM[1])),
    }
}

const PACKAGES: &str = "python3 python3-venv";
const MINIMUM: [u32; 2] = [3, 11];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_enough_versions_pass() {
        for version in ["3.11\n", "3.14", "4.0"] {
            assert_eq!(require_version(version), Ok(()), "{version}");
        }
    }

    #[test]
    fn other_versions_fail() {
        for version in ["3.10\n", "3.9", "2.7", "", "3", "3.11.1", "three"] {
            assert!(require_version(version).is_err(), "{version}");
        }
    }
}
