//! The Node.js of the system.

use crate::{debian, shell};

/// Makes sure that `node` and `npm` are there, and that `node` is new enough for the peers.
///
/// # Errors
///
/// Says what is missing.
pub(super) fn require() -> Result<(), String> {
    if let Err(reason) = version_of("node").and(version_of("npm")) {
        println!("{reason}");
        debian::install(PACKAGES)?;
        version_of("npm").map_err(|reason| format!("installed {PACKAGES}, but {reason}"))?;
    }
    require_version(&version_of("node")?)
}

fn version_of(program: &str) -> Result<String, String> {
    shell::output(shell::command(program).arg("--version"))
}

fn require_version(version: &str) -> Result<(), String> {
    let version = version.trim();
    let major = version.strip_prefix('v').and_then(|numbers| numbers.split('.').next());
    match major.map(str::parse::<u32>) {
        Some(Ok(major)) if major >= MINIMUM => Ok(()),
        _ => Err(format!("node is {version}, but {MINIMUM} is needed")),
    }
}

const PACKAGES: &str = "nodejs npm";
/// What Debian 12 has. Packages of the AWS SDK that come along ask for 20, but nothing here runs
/// them.
const MINIMUM: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_enough_versions_pass() {
        for version in ["v18.20.4\n", "v20.0.0", "v100.1.2"] {
            assert_eq!(require_version(version), Ok(()), "{version}");
        }
    }

    #[test]
    fn other_versions_fail() {
        for version in ["v16.20.2\n", "v8.0.0", "", "v", "20.0.0", "vtwenty"] {
            assert!(require_version(version).is_err(), "{version}");
        }
    }
}
