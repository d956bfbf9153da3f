//! Rules of `deny.toml`, for every package of the dependency graph.

use super::deny_file::DenyFile;
use super::{Finding, Workspace, lockfile, spdx};
use crate::metadata::Package;

/// Packages whose licence is missing, unreadable or not allowed.
pub(super) fn unwanted_licences(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let allowed = DenyFile::read()?.strings("licenses", "allow")?;
    find(workspace, |package| licence_problem(package, &allowed))
}

/// Packages that are neither in this repository nor from an allowed registry.
pub(super) fn unknown_sources(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let registries = DenyFile::read()?.strings("sources", "allow-registry")?;
    find(workspace, |package| source_problem(package, &registries))
}

/// Packages that are banned by name.
pub(super) fn banned(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let banned = DenyFile::read()?.strings("bans", "deny")?;
    find(workspace, |package| banned.contains(&package.name).then(|| "is banned".to_owned()))
}

fn find(
    workspace: &Workspace,
    problem: impl Fn(&Package) -> Option<String>,
) -> Result<Vec<Finding>, String> {
    workspace
        .metadata
        .packages
        .iter()
        .filter_map(|package| Some((package, problem(package)?)))
        .map(|(package, problem)| lockfile::finding(&package.name, &package.version, &problem))
        .collect()
}

fn licence_problem(package: &Package, allowed: &[String]) -> Option<String> {
    let Some(licence) = &package.licence else {
        return Some("has no licence expression".to_owned());
    };
    match spdx::is_allowed(licence, allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!("has the licence `{licence}`, which is not allowed")),
        Err(mistake) => Some(format!("has the unreadable licence `{licence}`: {mistake}")),
    }
}

fn source_problem(package: &Package, registries: &[String]) -> Option<String> {
    let source = package.source.as_deref()?;
    let is_known = source
        .strip_prefix("registry+")
        .is_some_and(|registry| registries.iter().any(|known| known == registry));
    (!is_known).then(|| format!("comes from {source}"))
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
}
