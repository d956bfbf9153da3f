//! Reads `deny.toml`, which also serves cargo-deny.
//!
//! Only what we need of TOML: arrays of plain strings under `[section]` headings, with comments. A
//! parser of all of TOML would be this program's largest dependency.

use std::fs;

use crate::shell;

/// The text of `deny.toml`.
#[derive(Debug)]
pub(super) struct DenyFile {
    text: String,
}

impl DenyFile {
    /// Reads the file of the workspace.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub(super) fn read() -> Result<Self, String> {
        fs::read_to_string(shell::root().join(NAME))
            .map(|text| Self { text })
            .map_err(|error| format!("{NAME}: {error}"))
    }

    /// The strings of the array `key` under the heading `[section]`.
    ///
    /// # Errors
    ///
    /// Fails when there is no such array: a rule must not vanish by a typing error.
    pub(super) fn strings(&self, section: &str, key: &str) -> Result<Vec<String>, String> {
        let array = self
            .array(section, key)
            .ok_or_else(|| format!("{NAME}: no complete array `{key}` under [{section}]"))?;
        array
            .split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty())
            .map(|element| unquote(element).map(String::from))
            .collect::<Option<_>>()
            .ok_or_else(|| format!("{NAME}: `{key}` under [{section}] is not all plain strings"))
    }

    /// What stands between the brackets, on one line or on many.
    fn array(&self, section: &str, key: &str) -> Option<String> {
        let heading = format!("[{section}]");
        let lines = self.text.lines().map(without_comment);
        let body = lines
            .skip_while(|line| *line != heading)
            .skip(1)
            .take_while(|line| !is_heading(line))
            .skip_while(|line| name_of(line) != Some(key))
            .collect::<Vec<_>>()
            .join(" ");
        let (_, value) = body.split_once('=')?;
        let (elements, _) = value.trim_start().strip_prefix('[')?.split_once(']')?;
        Some(elements.to_owned())
    }
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn is_heading(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(']')
}

fn name_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(name, _)| name.trim())
}

fn unquote(element: &str) -> Option<&str> {
    let inner = element.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

const NAME: &str = "deny.toml";

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        [graph]
        all-features = true

        [licenses] # what we may ship
        allow = [
            "MIT",
            "Apache-2.0", # most of them
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

    fn strings(section: &str, key: &str) -> Result<Vec<String>, String> {
        DenyFile { text: EXAMPLE.to_owned() }.strings(section, key)
    }

    #[test]
    fn arrays_are_read() {
        for (section, key, expected) in [
            ("licenses", "allow", &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"] as &[_]),
            ("bans", "deny", &["openssl", "ring"]),
            ("bans", "nothing", &[]),
            ("sources", "allow-registry", &["https://example.org/index"]),
        ] {
            let expected = expected.iter().map(|&text| String::from(text)).collect();
            assert_eq!(strings(section, key), Ok(expected), "[{section}] {key}");
        }
    }

    #[test]
    fn everything_else_is_an_error() {
        for (section, key) in [
            ("licenses", "deny"),
            ("licenses", "confidence"),
            ("license", "allow"),
            ("graph", "all-features"),
            ("bans", "allow"),
            ("bans", "tables"),
            ("bans", "open"),
        ] {
            assert!(strings(section, key).is_err(), "[{section}] {key}");
        }
    }

    #[test]
    fn our_own_file_is_readable() -> Result<(), String> {
        let file = DenyFile::read()?;
        assert!(file.strings("licenses", "allow")?.contains(&"MIT".to_owned()));
        assert!(file.strings("bans", "deny")?.contains(&"ring".to_owned()));
        assert_eq!(file.strings("sources", "allow-registry")?.len(), 1);
        Ok(())
    }
}
