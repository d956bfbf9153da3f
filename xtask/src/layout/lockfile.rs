//! Findings about packages, placed where `Cargo.lock` has them.

use std::fs;

use super::Finding;
use crate::shell;

/// A finding about one version of a package; `message` goes on from its name.
///
/// # Errors
///
/// Fails when the lockfile cannot be read.
pub(super) fn finding(name: &str, version: &str, message: &str) -> Result<Finding, String> {
    let lockfile = fs::read_to_string(shell::root().join(LOCKFILE))
        .map_err(|error| format!("{LOCKFILE}: {error}"))?;
    let message = format!("{name} {version} {message}");
    Ok(Finding { path: LOCKFILE.to_owned(), line: line_of(name, version, &lockfile), message })
}

fn line_of(name: &str, version: &str, lockfile: &str) -> usize {
    let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    lockfile.find(&entry).map_or(1, |start| lockfile[..start].lines().count() + 1)
}

const LOCKFILE: &str = "Cargo.lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_by_name_and_version() {
        let lockfile = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(line_of("a", "1.0.0", lockfile), 4);
        assert_eq!(line_of("a", "2.0.0", lockfile), 8);
        assert_eq!(line_of("b", "2.0.0", lockfile), 1);
    }
}
