//! Entity tags: what tells one content of an object from another.

use std::fmt;

/// How a server wants an entity tag in a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagForm {
    /// As it says it: what RFC 9110 demands.
    Quoted,
    /// Without the quotation marks.
    Bare,
}

impl TagForm {
    /// Both, the right one first.
    pub(crate) const ALL: [Self; 2] = [Self::Quoted, Self::Bare];

    /// In this form.
    pub(crate) fn of(self, tag: &str) -> String {
        let bare = tag.trim_matches('"');
        match self {
            Self::Quoted => format!("\"{bare}\""),
            Self::Bare => bare.to_owned(),
        }
    }
}

/// Whether both are the same, in whatever form.
pub(crate) fn is_same_tag(one: &str, other: &str) -> bool {
    one.trim_matches('"') == other.trim_matches('"')
}

/// What a server calls the tag of an object. Some say that there is one, and leave it empty.
pub(crate) fn named_tag(said: Option<&str>) -> Option<String> {
    said.filter(|tag| !tag.trim_matches('"').is_empty()).map(ToOwned::to_owned)
}

/// What a server calls an object as it is at one time.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) version: Option<String>,
    pub(crate) etag: Option<String>,
}

impl Named {
    pub(crate) fn of(version: Option<&str>, etag: Option<&str>) -> Self {
        Self { version: version.map(ToOwned::to_owned), etag: named_tag(etag) }
    }

    /// Whether nothing tells it from any other.
    pub(crate) fn is_nameless(&self) -> bool {
        self.version.is_none() && self.etag.is_none()
    }

    /// Whether both can be the same: nothing that both say is different.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let version = self.version.as_deref().zip(other.version.as_deref());
        let tag = self.etag.as_deref().zip(other.etag.as_deref());
        version.is_none_or(|(one, other)| one == other)
            && tag.is_none_or(|(one, other)| is_same_tag(one, other))
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.etag.as_deref().unwrap_or("without an entity tag");
        f.write_str(tag)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, ", version {version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_each_form_whatever_it_comes_in() {
        for tag in ["\"abc-2\"", "abc-2"] {
            assert_eq!(TagForm::Quoted.of(tag), "\"abc-2\"");
            assert_eq!(TagForm::Bare.of(tag), "abc-2");
        }
    }

    #[test]
    fn an_empty_tag_is_none() {
        for empty in [None, Some(""), Some("\"\"")] {
            assert!(Named::of(None, empty).is_nameless(), "{empty:?}");
        }
        assert_eq!(named_tag(Some("\"a\"")).as_deref(), Some("\"a\""));
    }
}
