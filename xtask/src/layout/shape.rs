//! Rules about the form of packages and files.

use std::fs;

use super::sources::SourceFile;
use super::{Finding, Workspace};
use crate::metadata::Package;
use crate::shell;

/// Members that do not take over the lints of the workspace.
pub(super) fn missing_lints(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for package in workspace.metadata.members() {
        let manifest = fs::read_to_string(&package.manifest)
            .map_err(|error| format!("{}: {error}", package.manifest.display()))?;
        if !takes_over_lints(&manifest) {
            findings.push(no_lints(package));
        }
    }
    Ok(findings)
}

/// `lib.rs` with more than documentation, modules and re-exports.
pub(super) fn long_lib_file(file: &SourceFile) -> Vec<Finding> {
    match file.path_in_crate() {
        Some("lib.rs") => too_long(file, file.code(), MAX_LIB, "lines of code"),
        _ => Vec::new(),
    }
}

/// Files that are too long to be about one thing, wherever they are.
pub(super) fn long_file(file: &SourceFile) -> Vec<Finding> {
    too_long(file, file.lines(), MAX_FILE, "lines")
}

fn takes_over_lints(manifest: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line == "workspace = true")
}

fn no_lints(package: &Package) -> Finding {
    let path = package.manifest.strip_prefix(shell::root()).unwrap_or(&package.manifest);
    Finding {
        place: path.display().to_string(),
        message: "`workspace = true` under [lints] is missing".to_owned(),
    }
}

fn too_long<T>(
    file: &SourceFile,
    mut lines: impl Iterator<Item = (usize, T)>,
    limit: usize,
    unit: &str,
) -> Vec<Finding> {
    let Some((first_too_many, _)) = lines.nth(limit) else {
        return Vec::new();
    };
    let count = limit + 1 + lines.count();
    vec![file.finding(first_too_many, format!("{count} {unit}, but {limit} are allowed"))]
}

const MAX_LIB: usize = 150;
const MAX_FILE: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        file_at("crates/core/src/lib.rs", text)
    }

    fn file_at(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn lints_are_taken_over_under_their_heading_only() {
        assert!(takes_over_lints("[package]\n\n[lints]\n# All of them.\nworkspace = true\n"));
        for manifest in [
            "",
            "[lints]\n",
            "[lints]\n# workspace = true\n",
            "[lints]\n[dependencies.a]\nworkspace = true\n",
            "[dependencies.a]\nworkspace = true\n",
            "workspace = true\n[lints]\n",
        ] {
            assert!(!takes_over_lints(manifest), "{manifest}");
        }
    }

    #[test]
    fn length_stops_at_the_tests_and_names_the_first_line_too_many() {
        let file = file("a\n\n// why\nb\nc\nmod tests {\nd\ne\nf\n");
        assert_eq!(too_long(&file, file.code(), 3, "lines"), []);
        assert_eq!(too_long(&file, file.lines(), 5, "lines"), []);
        let finding = file.finding(4, "3 lines, but 1 are allowed");
        assert_eq!(too_long(&file, file.code(), 1, "lines"), [finding]);
    }

    #[test]
    fn files_of_tests_and_tools_are_short_too() {
        for path in ["crates/core/src/a.rs", "tests/tests/a.rs", "tests/src/a.rs", "xtask/src/a.rs"]
        {
            let long = |count: usize| file_at(path, &"a\n".repeat(count));
            assert_eq!(long_file(&long(600)), [], "{path}");
            let finding = long(601).finding(601, "601 lines, but 600 are allowed");
            assert_eq!(long_file(&long(601)), [finding], "{path}");
        }
    }
}
