//! Files as the rules read them: by lines and words, without a parser.

use std::fs;
use std::path::Path;

use super::Finding;

/// A text file of the repository, of Rust or of Markdown.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Relative to the workspace.
    pub(super) path: String,
    pub(super) text: String,
}

impl SourceFile {
    /// The lines before the tests, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines().take_while(|line| *line != TESTS))
    }

    /// The lines of code before the tests: no comments, no blank lines.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .map(|(number, line)| (number, without_comment(line).trim()))
            .filter(|(_, code)| !code.is_empty())
    }

    /// A finding in this file.
    pub(super) fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { place: format!("{}:{line}", self.path), message: message.into() }
    }

    /// The path within the sources of a shipped crate: `engine/seal.rs`.
    pub(super) fn path_in_crate(&self) -> Option<&str> {
        let (_, path) = self.path.strip_prefix("crates/")?.split_once('/')?;
        path.strip_prefix("src/")
    }

    /// Whether the file belongs to `module` at the top of `package`, or below it.
    pub(super) fn is_in(&self, package: &str, module: &str) -> bool {
        self.path
            .strip_prefix("crates/")
            .and_then(|path| path.strip_prefix(package)?.strip_prefix("/src/"))
            .and_then(|path| path.strip_prefix(module))
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }
}

/// Reads every file below `root` with this `extension`, in the order of their paths.
///
/// # Errors
///
/// Names the first file that cannot be read.
pub(super) fn read(root: &Path, extension: &str) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    collect(root, root, extension, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The identifiers and keywords of a line.
pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// Whether `c` can be part of an identifier.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn collect(
    root: &Path,
    directory: &Path,
    extension: &str,
    files: &mut Vec<SourceFile>,
) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", directory.display());
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_dir() && !name.starts_with('.') && name != "target" {
            collect(root, &path, extension, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == extension) {
            files.push(read_one(root, &path)?);
        }
    }
    Ok(())
}

fn read_one(root: &Path, path: &Path) -> Result<SourceFile, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let path = path.strip_prefix(root).unwrap_or(path);
    Ok(SourceFile { path: path.display().to_string(), text })
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    // The blank keeps `https://` in a string from being taken for a comment.
    line.split_once(" //").map_or(line, |(code, _)| code)
}

/// Where the tests of a file begin: at the end of it, as `clippy::items_after_test_module` sees to.
const TESTS: &str = "mod tests {";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn code_is_what_is_neither_comment_nor_test() {
        let file = file(
            "a.rs",
            "//! Docs.\n\nuse a::b; // why\n    /// Docs.\n    #[cfg(test)]\n    \
             \"https://example.org\"\n#[x]\nmod tests {\n}\n",
        );
        let code =
            [(3, "use a::b;"), (5, "#[cfg(test)]"), (6, "\"https://example.org\""), (7, "#[x]")];
        assert_eq!(file.code().collect::<Vec<_>>(), code);
        assert_eq!(file.lines().count(), 7);
    }

    #[test]
    fn files_know_their_module() {
        for path in ["engine.rs", "engine/seal.rs", "engine/seal/frames.rs"] {
            let file = file(&format!("crates/core/src/{path}"), "");
            assert!(file.is_in("core", "engine"), "{path}");
            assert_eq!(file.path_in_crate(), Some(path));
        }
        for path in [
            "crates/core/src/engines.rs",
            "crates/core/src/io/engine.rs",
            "crates/core/tests/engine.rs",
            "crates/core-kms/src/engine.rs",
            "engine.rs",
        ] {
            assert!(!file(path, "").is_in("core", "engine"), "{path}");
        }
        assert_eq!(file("crates/core/tests/a.rs", "").path_in_crate(), None);
        assert_eq!(file("xtask/src/main.rs", "").path_in_crate(), None);
    }

    #[test]
    fn words_are_whole() {
        let line = "use std::{io, fmt}; let audio_io = x.await?;";
        let expected = ["use", "std", "io", "fmt", "let", "audio_io", "x", "await"];
        assert_eq!(words(line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn own_sources_are_found_and_build_results_are_not() -> Result<(), String> {
        for (extension, own) in [("rs", "xtask/src/layout/sources.rs"), ("md", "docs/design.md")] {
            let files = read(shell::root(), extension)?;
            assert!(files.iter().any(|file| file.path == own));
            assert!(!files.iter().any(|file| file.path.contains("target/")));
        }
        Ok(())
    }
}
