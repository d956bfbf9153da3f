//! Names of objects.

use std::fmt;

use crypto_envelope::{Error, Result};

use crate::percent;

/// The key of an object, under which it is in its bucket.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// As the official SDKs take keys: one slash at the front is dropped, so `/a` is the object `a`.
    ///
    /// # Errors
    ///
    /// As [`ObjectKey::exact`].
    pub fn new(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        match key.strip_prefix('/') {
            Some(rest) => Self::exact(rest),
            None => Self::exact(key),
        }
    }

    /// Exactly this key, such as COS lists it: `/a` is another object than `a`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is empty or longer than 850 bytes, or its last segment is `.` or
    /// `..`: HTTP libraries and proxies take such a segment for the way to another object.
    pub fn exact(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        let wrong = match key.len() {
            0 => "is empty",
            1..=LONGEST => match key.rsplit('/').next() {
                Some("." | "..") => {
                    "ends in a segment `.` or `..`, which means another object in a URL"
                }
                _ => return Ok(Self(key)),
            },
            _ => "is longer than 850 bytes",
        };
        // What is too long need not be shown whole.
        let start: String = key.chars().take(SHOWN).collect();
        Err(Error::invalid_input(format!("the object key {start:?} {wrong}")))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of its URL.
    pub(crate) fn url_path(&self) -> String {
        // A segment of dots would be resolved before the request leaves, so its slash is hidden.
        format!("/{}", percent::encode_path(&self.0).replace("./", ".%2F"))
    }

    /// The path that is signed.
    pub(crate) fn signed_path(&self) -> String {
        format!("/{}", self.0)
    }

    /// The path in the header that names the source of a copy, where nobody resolves dots.
    pub(crate) fn source_path(&self) -> String {
        format!("/{}", percent::encode_path(&self.0))
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectKey({:?})", self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ObjectKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ObjectKey {
    type Error = Error;

    fn try_from(key: &str) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self> {
        Self::new(key)
    }
}

/// In bytes.
const LONGEST: usize = 850;
/// In characters.
const SHOWN: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::{cases, str};

    #[test]
    fn paths_are_those_of_the_official_sdk() -> Result<()> {
        for case in cases("signature.json", 55) {
            let Some(key) = case["key"].as_str() else { continue };
            let key = ObjectKey::new(key)?;
            let (_, rest) = str(&case, "url").split_once("://").expect("a URL");
            let path = &rest[rest.find('/').expect("a path")..];
            assert_eq!(key.url_path(), path.split('?').next().expect("a path"));
            let mut lines = str(&case, "format_string").split('\n');
            assert_eq!(lines.nth(1), Some(&*key.signed_path()));
        }
        Ok(())
    }

    #[test]
    fn a_slash_at_the_front_is_kept_only_if_asked() -> Result<()> {
        assert_eq!(ObjectKey::new("/a")?, ObjectKey::exact("a")?);
        assert_eq!(ObjectKey::new("//a")?, ObjectKey::exact("/a")?);
        assert_eq!(ObjectKey::exact("/a")?.url_path(), "//a");
        assert_eq!(ObjectKey::exact("/")?.signed_path(), "//");
        Ok(())
    }

    #[test]
    fn what_would_be_another_object_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for wrong in [
            "",
            "/",
            ".",
            "..",
            "/.",
            "/..",
            "a/.",
            "a/..",
            "a//..",
            &long,
            &"\u{4e2d}".repeat(284),
        ] {
            assert!(ObjectKey::new(wrong).is_err(), "{wrong}");
        }
        for fine in ["...", "a.", ".a", "a/...", "./a", "../a", "a/./b", "//", &long[1..]] {
            assert!(ObjectKey::new(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn no_segment_of_a_path_is_of_dots() -> Result<()> {
        for key in ["../a", "./../../a", "a/../../b", "..//a", ".././x"] {
            let path = ObjectKey::new(key)?.url_path();
            assert!(path.split('/').all(|segment| ![".", ".."].contains(&segment)), "{path}");
        }
        assert_eq!(ObjectKey::new("a/./b c")?.source_path(), "/a/./b%20c");
        Ok(())
    }

    #[test]
    fn long_keys_are_not_repeated_whole() {
        let error = ObjectKey::new("x".repeat(1 << 20)).expect_err("it is too long");
        assert!(error.to_string().len() < 300);
    }
}
