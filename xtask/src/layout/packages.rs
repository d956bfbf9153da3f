//! Rules of `deny.toml`, for every package of the dependency graph.

use std::fs;

use super::{Finding, Workspace, spdx, tree};
use crate::metadata::Package;
use crate::shell;

/// Packages whose licence is missing, unreadable or not allowed, in general or for them alone.
pub(super) fn unwanted_licences(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let exceptions = exceptions(&policy()?)
        .ok_or("deny.toml: no array of crates and licences `exceptions` under [licenses]")?;
    find(workspace, "licenses", "allow", |package, allowed| {
        let own = exceptions.iter().filter(|exception| exception.package == package.name);
        let own = own.flat_map(|exception| &exception.allowed);
        licence_problem(package, &allowed.iter().chain(own).cloned().collect::<Vec<_>>())
    })
}

/// Packages that are neither in this repository nor from an allowed registry.
pub(super) fn unknown_sources(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    find(workspace, "sources", "allow-registry", source_problem)
}

/// Packages that are banned by name, if something would build them: a lockfile also has those of
/// features that nobody turns on.
pub(super) fn banned(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = find(workspace, "bans", "deny", |package, banned| {
        banned.contains(&package.name).then(|| "is banned".to_owned())
    })?;
    let built = tree::built()?;
    findings.retain(|finding| built.contains(&finding.place));
    Ok(findings)
}

/// What `problem` says about each package and the array `key` under `[section]` of `deny.toml`.
fn find(
    workspace: &Workspace,
    section: &str,
    key: &str,
    problem: impl Fn(&Package, &[String]) -> Option<String>,
) -> Result<Vec<Finding>, String> {
    // A rule must not vanish by a typing error.
    let strings = strings(&policy()?, section, key)
        .ok_or_else(|| format!("deny.toml: no array of strings `{key}` under [{section}]"))?;
    let packages = workspace.metadata.packages.iter();
    Ok(packages
        .filter_map(|package| Some(Finding::of_package(package, problem(package, &strings)?)))
        .collect())
}

fn licence_problem(package: &Package, allowed: &[String]) -> Option<String> {
    let Some(licence) = &package.licence else {
        return Some("has no licence expression".to_owned());
    };
    match spdx::is_allowed(licence, allowed) {
        Some(true) => None,
        Some(false) => Some(format!("has the licence `{licence}`, which is not allowed")),
        None => Some(format!("has the licence `{licence}`, which is malformed")),
    }
}

fn source_problem(package: &Package, registries: &[String]) -> Option<String> {
    let source = package.source.as_ref()?;
    let is_known = registries.iter().any(|known| *source == format!("registry+{known}"));
    (!is_known).then(|| format!("comes from {source}"))
}

fn policy() -> Result<String, String> {
    fs::read_to_string(shell::root().join("deny.toml"))
        .map_err(|error| format!("deny.toml: {error}"))
}

/// Licences that one package may have, and no other.
#[derive(Debug, PartialEq)]
struct Exception {
    package: String,
    allowed: Vec<String>,
}

/// The array `exceptions` under `[licenses]`, of tables with `crate` first and `allow` second, each on a line.
fn exceptions(text: &str) -> Option<Vec<Exception>> {
    let tables = value(text, "licenses", "exceptions")?;
    let mut rest = tables.strip_prefix('[')?.trim_start();
    let mut exceptions = Vec::new();
    while !rest.starts_with(']') {
        let (table, behind) = rest.strip_prefix("{ crate = ")?.split_once(" }")?;
        let (package, allowed) = table.split_once(", allow = ")?;
        let package = serde_json::from_str(package).ok()?;
        exceptions.push(Exception { package, allowed: serde_json::from_str(allowed).ok()? });
        let behind = behind.trim_start();
        rest = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    }
    Some(exceptions)
}

/// The array `key` under `[section]`. Of TOML, this knows arrays of strings, on one line or on
/// many, and comments: such an array is one of JSON but for the last comma.
fn strings(text: &str, section: &str, key: &str) -> Option<Vec<String>> {
    let value = value(text, section, key)?;
    let (elements, _) = value.strip_prefix('[')?.split_once(']')?;
    let elements = elements.trim_end();
    let elements = elements.strip_suffix(',').unwrap_or(elements);
    serde_json::from_str(&format!("[{elements}]")).ok()
}

/// What stands behind `key` under `[section]`, and behind that, in one line without comments.
fn value(text: &str, section: &str, key: &str) -> Option<String> {
    let heading = format!("[{section}]");
    let body = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !(line.starts_with('[') && line.ends_with(']')))
        .skip_while(|line| line.split_once('=').is_none_or(|(name, _)| name.trim() != key))
        .collect::<String>();
    let (_, value) = body.split_once('=')?;
    Some(value.trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_judged() {
        for (licence, is_fine) in [
            (Some("MIT"), true),
            (Some("MIT OR GPL-3.0"), true),
            (Some("GPL-3.0"), false),
            (Some("MIT AND"), false),
            (None, false),
        ] {
            let package = Package { licence: licence.map(String::from), ..Package::default() };
            let problem = licence_problem(&package, &["MIT".to_owned()]);
            assert_eq!(problem.is_none(), is_fine, "{licence:?}");
        }
    }

    #[test]
    fn sources_are_judged() {
        for (source, is_fine) in [
            (None, true),
            (Some("registry+https://example.org/index"), true),
            (Some("registry+https://example.org/index2"), false),
            (Some("sparse+https://example.org/index"), false),
            (Some("git+https://example.org/index"), false),
        ] {
            let package = Package { source: source.map(String::from), ..Package::default() };
            let problem = source_problem(&package, &["https://example.org/index".to_owned()]);
            assert_eq!(problem.is_none(), is_fine, "{source:?}");
        }
    }

    #[test]
    fn arrays_of_strings_are_read_and_nothing_else() {
        for (section, key, expected) in [
            ("licenses", "allow", Some(&["MIT", "Apache-2.0 WITH LLVM-exception"] as &[_])),
            ("bans", "deny", Some(&["openssl", "ring"])),
            ("bans", "nothing", Some(&[])),
            ("sources", "allow-registry", Some(&["https://example.org/index"])),
            ("licenses", "deny", None),
            ("licenses", "confidence", None),
            ("license", "allow", None),
            ("bans", "allow", None),
            ("bans", "tables", None),
            ("bans", "open", None),
        ] {
            let expected = expected.map(|strings| strings.iter().copied().map(String::from));
            let expected = expected.map(Iterator::collect);
            assert_eq!(strings(EXAMPLE, section, key), expected, "[{section}] {key}");
        }
    }

    #[test]
    fn exceptions_are_for_one_package() {
        let read = |lines: &str| exceptions(&format!("[licenses]\nexceptions = {lines}\n[bans]"));
        let exception = |package: &str, allowed: &[&str]| Exception {
            package: package.to_owned(),
            allowed: allowed.iter().copied().map(String::from).collect(),
        };
        assert_eq!(read("[]"), Some(vec![]));
        assert_eq!(
            read(
                "[\n{ crate = \"a\", allow = [\"X\", \"Y\"] }, # why\n{ crate = \"b\", allow = [] }\n]"
            ),
            Some(vec![exception("a", &["X", "Y"]), exception("b", &[])])
        );
        for wrong in ["", "[", "[\"a\"]", "[{ crate = a, allow = [] }]", "[{ crate = \"a\" }]"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(exceptions("[bans]\nexceptions = []"), None);
    }

    const EXAMPLE: &str = r#"
        [licenses] # what we may ship
        allow = [
            "MIT", # most of them
            # "GPL-3.0",
            "Apache-2.0 WITH LLVM-exception"
        ]
        confidence = 0.9

        [bans]
        deny = ["openssl", "ring",]
        tables = [{ crate = "ring" }]
        nothing = []
        open = ["openssl",

        [sources]
        allow-registry = ["https://example.org/index"]
    "#;
}
