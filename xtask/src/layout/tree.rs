//! Rules about who depends on what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Workspace};
use crate::metadata::{Metadata, Package};
use crate::shell;

/// What must not come along with the core as users get it: runtimes, HTTP, cloud SDKs.
pub(super) fn weight_in_core(_: &Workspace) -> Result<Vec<Finding>, String> {
    unwanted(CORE, "", WEIGHT)
}

/// What is built with a C compiler, where users asked for Rust alone.
pub(super) fn c_in_pure_rust(_: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = unwanted(CORE, PURE_RUST, BUILT_WITH_C)?;
    findings.extend(unwanted(KEYFERRY, PURE_RUST, BUILT_WITH_C)?);
    Ok(findings)
}

/// What fits one of the `patterns` in the tree of `package` with these `features`.
fn unwanted(package: &str, features: &str, patterns: &[&str]) -> Result<Vec<Finding>, String> {
    // Asked for alone: the features of another member would be turned on for it.
    let selection = format!("-p {package} {features}");
    let tree = shell::output(&mut shell::cargo(&format!("{TREE} {selection}")))?;
    let packages = tree.lines().filter_map(name_and_version).collect::<BTreeSet<_>>();
    if !packages.iter().any(|(name, _)| *name == package) {
        return Err(format!("{package} is not in its own tree"));
    }
    let see = format!("cargo tree {}", selection.trim_end());
    Ok(packages
        .into_iter()
        .filter(|(name, _)| patterns.iter().any(|pattern| matches(name, pattern)))
        .map(|(name, version)| Finding {
            place: format!("{name} {version}"),
            message: format!("is in the tree of {package}; see `{see} -i {name}`"),
        })
        .collect())
}

/// Packages that members depend on directly, but not all in the same version.
pub(super) fn rival_versions(workspace: &Workspace) -> Vec<Finding> {
    rivals(&workspace.metadata)
        .into_iter()
        .map(|(package, users)| {
            let message = format!("is one of several versions in direct use, here by {users}");
            Finding::of_package(package, message)
        })
        .collect()
}

/// Reads `tokio v1.54.1 (*)`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

fn matches(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Direct dependencies of which there is more than one version, with the names of their users.
fn rivals(metadata: &Metadata) -> Vec<(&Package, String)> {
    let mut users = BTreeMap::<&str, Vec<&str>>::new();
    for member in metadata.members() {
        for id in &member.dependencies {
            users.entry(id).or_default().push(&member.name);
        }
    }
    let direct = users
        .iter()
        .filter_map(|(id, users)| Some((metadata.package(id)?, users.join(", "))))
        .collect::<Vec<_>>();
    let mut versions = BTreeMap::<&str, usize>::new();
    for (package, _) in &direct {
        *versions.entry(&package.name).or_default() += 1;
    }
    direct.into_iter().filter(|(package, _)| versions[package.name.as_str()] > 1).collect()
}

const CORE: &str = "crypto-envelope";
const KEYFERRY: &str = "keyferry";
const WEIGHT: &[&str] =
    &["tokio", "reqwest", "hyper", "aws-sdk-*", "aws-config", "ring", "openssl"];
const PURE_RUST: &str = "--no-default-features --features rustcrypto,rustcrypto-rsa";
const BUILT_WITH_C: &[&str] = &["aws-lc-*", "cc", "cmake", "bindgen", "ring", "openssl-sys"];
const TREE: &str = "tree --locked --target all --edges normal,build --prefix none --format {p}";

#[cfg(test)]
mod tests {
    use super::*;

    fn package(id: &str, version: &str, dependencies: &[&str]) -> Package {
        Package {
            id: format!("{id} {version}"),
            name: id.to_owned(),
            version: version.to_owned(),
            is_member: version == "0.1.0",
            dependencies: dependencies.iter().copied().map(String::from).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn lines_of_cargo_tree_are_read() {
        for line in ["tokio v1.54.1", "tokio v1.54.1 (*)", "tokio v1.54.1 (/src/tokio)"] {
            assert_eq!(name_and_version(line), Some(("tokio", "1.54.1")), "{line}");
        }
        for line in ["", "tokio", "[dev-dependencies]", "tokio 1.54.1"] {
            assert_eq!(name_and_version(line), None, "{line}");
        }
    }

    #[test]
    fn patterns_match_whole_names_or_beginnings() {
        assert!(matches("ring", "ring"));
        assert!(matches("aws-sdk-kms", "aws-sdk-*"));
        assert!(!matches("ring-like", "ring"));
        assert!(!matches("string", "ring"));
        assert!(!matches("aws-lc-rs", "aws-sdk-*"));
    }

    #[test]
    fn only_direct_dependencies_are_rivals() {
        let metadata = Metadata {
            packages: vec![
                package("app", "0.1.0", &["digest 0.11.3", "base64 1.0.0", "old 1.0.0"]),
                package("lib", "0.1.0", &["digest 0.11.3", "base64 2.0.0"]),
                package("digest", "0.10.7", &[]),
                package("digest", "0.11.3", &[]),
                package("base64", "1.0.0", &[]),
                package("base64", "2.0.0", &[]),
                package("old", "1.0.0", &["digest 0.10.7"]),
            ],
        };
        let rivals = rivals(&metadata);
        let rivals = rivals.iter().map(|(rival, users)| (rival.id.as_str(), users.as_str()));
        assert_eq!(rivals.collect::<Vec<_>>(), [("base64 1.0.0", "app"), ("base64 2.0.0", "lib")]);
    }
}
