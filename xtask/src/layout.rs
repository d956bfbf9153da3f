//! The stage `layout`: rules about dependencies and sources that no compiler enforces.

mod boundaries;
mod links;
mod packages;
mod shape;
mod sources;
mod spdx;
mod tree;

use std::fmt;

use self::sources::SourceFile;
use crate::metadata::{Metadata, Package};
use crate::shell;
use crate::tally::Tally;

/// Every rule; each counts as one check.
const CHECKS: &[Check] = &[
    Check::of_workspace("default tree of the core is small", tree::weight_in_core),
    Check::of_workspace("streams of the core bring little", tree::weight_in_streams),
    Check::of_workspace("KMS providers bring little", tree::weight_in_kms),
    Check::of_workspace("pure Rust needs no C compiler", tree::c_in_pure_rust),
    Check::of_workspace("one version of each direct dependency", |workspace| {
        Ok(tree::rival_versions(workspace))
    }),
    Check::of_workspace("licences are allowed", packages::unwanted_licences),
    Check::of_workspace("packages come from known registries", packages::unknown_sources),
    Check::of_workspace("no banned packages", packages::banned),
    Check::of_workspace("lints of the workspace apply", shape::missing_lints),
    Check::of_workspace("engines and codecs are sans-IO", boundaries::io_in_engines),
    Check::of_workspace("cipher crates stay in crypto", boundaries::ciphers_outside_crypto),
    Check::of_files("lib.rs is a table of contents", shape::long_lib_file),
    Check::of_files("source files are short", shape::long_file),
    Check::of_workspace("links between documents lead somewhere", links::broken),
];

/// Applies every rule and prints what breaks one.
///
/// # Errors
///
/// Fails when there is no workspace to look at.
pub(crate) fn check() -> Result<Tally, String> {
    let workspace = Workspace {
        metadata: Metadata::load()?,
        sources: sources::read(shell::root(), "rs")?,
        documents: sources::read(shell::root(), "md")?,
    };
    let mut tally = Tally::default();
    for check in CHECKS {
        tally += check.apply(&workspace);
    }
    Ok(tally)
}

/// What the rules are about.
#[derive(Debug)]
struct Workspace {
    metadata: Metadata,
    /// Every Rust file, the ones of excluded packages too.
    sources: Vec<SourceFile>,
    /// Every Markdown file.
    documents: Vec<SourceFile>,
}

/// A rule: its name, and how to find what breaks it.
struct Check {
    name: &'static str,
    search: Search,
}

impl Check {
    const fn of_workspace(
        name: &'static str,
        find: fn(&Workspace) -> Result<Vec<Finding>, String>,
    ) -> Self {
        Self { name, search: Search::Workspace(find) }
    }

    const fn of_files(name: &'static str, find: fn(&SourceFile) -> Vec<Finding>) -> Self {
        Self { name, search: Search::Files(find) }
    }

    fn apply(&self, workspace: &Workspace) -> Tally {
        let findings = match self.search {
            Search::Workspace(find) => find(workspace),
            Search::Files(find) => Ok(workspace.sources.iter().flat_map(find).collect()),
        };
        match findings {
            Ok(findings) if findings.is_empty() => {
                println!("ok      {}", self.name);
                Tally::PASSED
            }
            Ok(findings) => self.fail(&findings),
            Err(reason) => self.fail(&[reason]),
        }
    }

    fn fail(&self, reasons: &[impl fmt::Display]) -> Tally {
        println!("FAILED  {}", self.name);
        for reason in reasons {
            println!("        {reason}");
        }
        Tally::FAILED
    }
}

/// What a rule looks at.
enum Search {
    Workspace(fn(&Workspace) -> Result<Vec<Finding>, String>),
    Files(fn(&SourceFile) -> Vec<Finding>),
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq)]
struct Finding {
    /// A path with a line, or a package with its version.
    place: String,
    message: String,
}

impl Finding {
    fn of_package(package: &Package, message: String) -> Self {
        Self { place: format!("{} {}", package.name, package.version), message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
