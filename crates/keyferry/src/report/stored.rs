//! What a cloud says about an object.

use serde_json::{Value, json};

use crate::text::printable;

/// Not verified either.
pub(crate) struct StoredFacts {
    pub(crate) length: u64,
    /// As people write it.
    pub(crate) etag: String,
    pub(crate) version_id: Option<String>,
}

impl StoredFacts {
    /// For programs.
    pub(crate) fn add_to(&self, claims: &mut Value) {
        let Self { length, etag, version_id } = self;
        claims["stored_length"] = json!(length);
        claims["etag"] = json!(etag);
        claims["version_id"] = json!(version_id);
    }

    /// For people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Self { length, etag, version_id } = self;
        let mut lines = vec![
            format!("stored:          {length} bytes"),
            format!("entity tag:      {}", printable(etag)),
        ];
        let version = version_id.as_deref().map(printable);
        lines.extend(version.map(|id| format!("version:         {id}")));
        lines
    }
}
