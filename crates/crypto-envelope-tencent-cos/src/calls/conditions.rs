//! Calls that are done only if an object is, or is not, a certain one.

use std::time::SystemTime;

use crypto_envelope::Result;

use crate::{ETag, request::Headers};

/// What must hold. All that is said must.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    pub(super) matches: Option<ETag>,
    pub(super) differs: Option<ETag>,
    pub(super) modified_since: Option<SystemTime>,
    pub(super) unmodified_since: Option<SystemTime>,
}

impl Conditions {
    /// About the object itself, or with `x-cos-copy-source-` at the front, about the source of a copy.
    pub(super) fn push_to(&self, prefix: &str, headers: &mut Headers) -> Result<()> {
        let name = |end| format!("{prefix}{end}");
        headers.push_some(&name("if-match"), self.matches.as_ref().map(ETag::as_str))?;
        headers.push_some(&name("if-none-match"), self.differs.as_ref().map(ETag::as_str))?;
        headers.push_date(&name("if-modified-since"), self.modified_since);
        headers.push_date(&name("if-unmodified-since"), self.unmodified_since);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { matches, differs, modified_since, unmodified_since } = self;
        matches.is_none()
            && differs.is_none()
            && modified_since.is_none()
            && unmodified_since.is_none()
    }
}

/// The setters of a call that has `conditions`, and is about `$what`.
macro_rules! conditions {
    ($what:literal) => {
        #[doc = concat!("Only if ", $what, " has this entity tag.")]
        pub fn if_match(mut self, etag: ETag) -> Self {
            self.conditions.matches = Some(etag);
            self
        }

        #[doc = concat!("Only if ", $what, " has another entity tag.")]
        pub fn if_none_match(mut self, etag: ETag) -> Self {
            self.conditions.differs = Some(etag);
            self
        }

        #[doc = concat!("Only if ", $what, " was changed after this time, to the second.")]
        pub fn if_modified_since(mut self, time: SystemTime) -> Self {
            self.conditions.modified_since = Some(time);
            self
        }

        #[doc = concat!("Only if ", $what, " was not changed after this time, to the second.")]
        pub fn if_unmodified_since(mut self, time: SystemTime) -> Self {
            self.conditions.unmodified_since = Some(time);
            self
        }
    };
}

pub(super) use conditions;
