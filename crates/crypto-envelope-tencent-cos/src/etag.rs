//! Entity tags, which name what an object holds.

use std::fmt;

use crypto_envelope::{Error, Result};

use crate::answer::Wrong;

/// The entity tag of an object or a part, as COS sent it, quotes and all.
///
/// For what was sent as a whole and without encryption by COS it is the MD5 of the bytes. Else it is no
/// checksum, and only says whether something is still the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// One that was written down.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is empty, long or has characters that none has.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        if is_tag(&text) {
            return Ok(Self(text));
        }
        Err(Error::invalid_input(
            "the entity tag is none: it is up to 256 printable characters of ASCII",
        ))
    }

    /// Of an answer.
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        if is_tag(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Wrong::unreadable("no entity tag"))
        }
    }

    /// With its quotes, if it was sent with any.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without quotes.
    #[must_use]
    pub fn unquoted(&self) -> &str {
        let text = self.0.as_str();
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
    }

    /// Whether both name the same, whichever of them is quoted.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.unquoted() == other.unquoted()
    }
}

impl fmt::Debug for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ETag({})", self.0)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_tag(text: &str) -> bool {
    let is_filled = !text.trim_matches('"').is_empty();
    is_filled && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
}

const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_kept_and_do_not_matter() -> Result<()> {
        let quoted = ETag::new("\"5cda921deb125a66f71c0bad9892111c-2\"")?;
        let plain = ETag::new("5cda921deb125a66f71c0bad9892111c-2")?;
        assert_eq!(quoted.to_string(), "\"5cda921deb125a66f71c0bad9892111c-2\"");
        assert!(quoted.matches(&plain) && plain.matches(&quoted));
        assert_ne!(quoted, plain);
        assert!(!quoted.matches(&ETag::new("\"5cda921deb125a66f71c0bad9892111c\"")?));
        assert_eq!(ETag::new("\"a")?.unquoted(), "\"a");
        Ok(())
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in ["", "\"\"", "\"", "a b", "a\n", "\u{e9}", &"x".repeat(LONGEST + 1)] {
            assert!(ETag::new(wrong).is_err() && ETag::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
