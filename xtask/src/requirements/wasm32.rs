//! A compiler for wasm32: the one at hand if it has the target, or else Debian's, whose source
//! package has the standard library for targets that come without one.

use std::path::Path;

use super::Variables;
use crate::{debian, shell};

/// What leads cargo to a compiler that has the standard library for the target, or can build it.
///
/// # Errors
///
/// Says what is missing.
pub(super) fn compiler() -> Result<Variables, String> {
    if has_target() {
        return Ok(Vec::new());
    }
    println!("{MISSING}");
    if let Err(reason) = check_debian() {
        println!("{reason}");
        debian::install(PACKAGES)?;
        check_debian().map_err(|reason| format!("installed {PACKAGES}, but {reason}"))?;
    }
    Ok(vec![
        ("RUSTC", RUSTC.into()),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
        // Building the standard library is unstable.
        ("RUSTC_BOOTSTRAP", "1".into()),
    ])
}

/// Whether the toolchain at hand came with the target: it names its folder in any case.
fn has_target() -> bool {
    let mut rustc = shell::command("rustc");
    shell::output(rustc.args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn check_debian() -> Result<(), String> {
    let version = shell::output(shell::command(RUSTC).arg("--version"))?;
    require_version(&version, env!("CARGO_PKG_RUST_VERSION"))?;
    if Path::new(LIBRARY).exists() { Ok(()) } else { Err(format!("there is no {LIBRARY}")) }
}

fn require_version(version: &str, minimum: &str) -> Result<(), String> {
    let found = version.strip_prefix("rustc ").and_then(major_and_minor);
    if found.is_some() && found >= major_and_minor(minimum) {
        Ok(())
    } else {
        Err(format!("{RUSTC} is `{}`, but {minimum} is needed", version.trim()))
    }
}

/// Reads the `1.96` of `1.96.0 (ac68faa20 2026-05-25)`.
fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

const TARGET: &str = "wasm32-unknown-unknown";
const MISSING: &str =
    "rustc has no wasm32-unknown-unknown (`rustup target add` installs it): trying Debian's";
const PACKAGES: &str = "rustc-web rust-web-src";
const RUSTC: &str = "/usr/bin/rustc";
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_enough_versions_pass() {
        for version in ["rustc 1.95.0 (59807616e 2026-04-14)\n", "rustc 1.100.1", "rustc 2.0.0"] {
            assert_eq!(require_version(version, "1.95"), Ok(()), "{version}");
        }
    }

    #[test]
    fn other_versions_fail() {
        for version in ["rustc 1.94.9 (x)", "rustc 1.85.0", "rustc 1", "1.96.0", "rustc one", ""] {
            assert!(require_version(version, "1.95").is_err(), "{version}");
        }
    }
}
