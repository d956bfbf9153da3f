//! Rules about who depends on what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Workspace};
use crate::metadata::{Metadata, Package};
use crate::shell;

/// What must not come along with the core as users get it: runtimes, HTTP, cloud SDKs.
pub(super) fn weight_in_core(_: &Workspace) -> Result<Vec<Finding>, String> {
    unwanted(CORE, "", WEIGHT)
}

/// More than a piece of a runtime with the streams of the core.
pub(super) fn weight_in_streams(_: &Workspace) -> Result<Vec<Finding>, String> {
    Ok(too_many_more(&tree(CORE, "")?, &tree(CORE, STREAM)?).into_iter().collect())
}

/// More packages than the KMS providers may have, or a second library in C to encrypt with.
pub(super) fn weight_in_kms(_: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for (package, features, most) in KMS_WEIGHTS {
        let host = format!("{HOST_TREE} {}", selection(package, features));
        let count = packages(&shell::output(&mut shell::cargo(&host))?).len();
        if count > *most {
            let message = format!("{count} packages are in its tree, not {most} at most");
            findings.push(Finding { place: format!("{package} {features}"), message });
        }
        findings.extend(unwanted(package, features, RIVALS_IN_C)?);
    }
    Ok(findings)
}

/// What is built with a C compiler, where users asked for Rust alone.
pub(super) fn c_in_pure_rust(_: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = unwanted(CORE, PURE_RUST, BUILT_WITH_C)?;
    findings.extend(unwanted(KEYFERRY, PURE_RUST, BUILT_WITH_C)?);
    Ok(findings)
}

/// Names and versions of all that is built for some member with all features, tests too.
pub(super) fn built() -> Result<BTreeSet<String>, String> {
    let tree = shell::output(&mut shell::cargo(EVERYTHING))?;
    let built: BTreeSet<_> =
        packages(&tree).into_iter().map(|(name, version)| format!("{name} {version}")).collect();
    // A rule about nothing would hold forever.
    if built.is_empty() { Err("cargo tree shows nothing".to_owned()) } else { Ok(built) }
}

/// What fits one of the `patterns` in the tree of `package` with these `features`.
fn unwanted(package: &str, features: &str, patterns: &[&str]) -> Result<Vec<Finding>, String> {
    let tree = tree(package, features)?;
    let see = format!("cargo tree {}", selection(package, features).trim_end());
    Ok(packages(&tree)
        .into_iter()
        .filter(|(name, _)| patterns.iter().any(|pattern| matches(name, pattern)))
        .map(|(name, version)| Finding {
            place: format!("{name} {version}"),
            message: format!("is in the tree of {package}; see `{see} -i {name}`"),
        })
        .collect())
}

/// What cargo says of `package` with these `features`.
fn tree(package: &str, features: &str) -> Result<String, String> {
    let selection = selection(package, features);
    let tree = shell::output(&mut shell::cargo(&format!("{TREE} {selection}")))?;
    if packages(&tree).iter().any(|(name, _)| *name == package) {
        Ok(tree)
    } else {
        Err(format!("{package} is not in its own tree"))
    }
}

/// Asks for one alone: the features of another member would be turned on for it.
fn selection(package: &str, features: &str) -> String {
    format!("-p {package} {features}")
}

fn packages(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines().filter_map(name_and_version).collect()
}

fn too_many_more(small: &str, large: &str) -> Option<Finding> {
    let more = &packages(large) - &packages(small);
    let names = more.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let message = format!("brings {} packages ({names}), not {MAX_MORE} at most", more.len());
    (more.len() > MAX_MORE).then(|| Finding { place: format!("{CORE} {STREAM}"), message })
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
        let is_meant = |id: &&String| {
            let name = metadata.package(id).map(|package| package.name.as_str());
            (member.name.as_str(), name) != FOR_ANOTHER_VERSION
        };
        for id in member.dependencies.iter().filter(|id| is_meant(id)) {
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
/// There for an older version of `object_store`.
const FOR_ANOTHER_VERSION: (&str, Option<&str>) =
    ("crypto-envelope-object-store-0-13", Some("object_store"));
const KEYFERRY: &str = "keyferry";
const WEIGHT: &[&str] =
    &["tokio", "reqwest", "hyper", "aws-sdk-*", "aws-config", "ring", "openssl"];
const STREAM: &str = "--features stream";
/// `bytes`, `futures-core`, `tokio` and the `pin-project-lite` that it needs, and one more, so that a
/// new version of tokio can split something off. What it needs for sockets, processes or signals is
/// more than that.
const MAX_MORE: usize = 5;
/// Everything that is built counts. Of AWS without and with what finds credentials; of S3 without the AWS SDK,
/// as COS has it, and with it; the others have no vendor's SDK below them, that of COS more of ciphers and XML. The store
/// over other stores brings none of them along.
const KMS_WEIGHTS: &[(&str, &str, usize)] = &[
    ("crypto-envelope-aws-kms", "--no-default-features --features aws-lc", 125),
    ("crypto-envelope-aws-kms", "", 160),
    ("crypto-envelope-alibaba-kms", "", 125),
    ("crypto-envelope-object-store", "", 110),
    ("crypto-envelope-s3-sse-c", "--no-default-features --features aws-lc", 60),
    ("crypto-envelope-s3-sse-c", "", 185),
    ("crypto-envelope-tencent-cos", "", 150),
];
/// AWS-LC is there already.
const RIVALS_IN_C: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];
const PURE_RUST: &str = "--no-default-features --features rustcrypto,rustcrypto-rsa";
const BUILT_WITH_C: &[&str] = &["aws-lc-*", "cc", "cmake", "bindgen", "ring", "openssl-sys"];
const EVERYTHING: &str =
    "tree --locked --workspace --all-features --target all --prefix none --format {p}";
/// What is built on this machine.
const HOST_TREE: &str = "tree --locked --edges normal,build --prefix none --format {p}";
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
    fn packages_are_counted_that_were_not_there_before() {
        let small = "core v0.1.0 (/src/core)\nsha2 v0.11.1\n";
        let larger = format!("{small}sha2 v0.11.1 (*)\na v1.0.0\nb v1.0.0\nc v1.0.0\nd v1.0.0\n");
        let more = [&larger, "d v2.0.0\nd v2.0.0 (*)\n"].concat();
        let too_many = [&more, "e v1.0.0\n"].concat();
        for tree in [small, &larger, &more] {
            assert_eq!(too_many_more(small, tree), None, "{tree}");
        }
        let finding = too_many_more(small, &too_many).map(|finding| finding.to_string());
        let expected = "crypto-envelope --features stream: brings 6 packages (a, b, c, d, d, e), not 5 at most";
        assert_eq!(finding.as_deref(), Some(expected));
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
