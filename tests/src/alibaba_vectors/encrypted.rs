//! Messages of the vendor's Encryption SDK, and objects that were encrypted before they were stored.

use std::path::Path;

use crate::{runner::Outcome, vector_files::case::Case, vectors::Result};

#[expect(clippy::unnecessary_wraps, reason = "as all checks")]
pub(super) fn check_message(_: &Path, _: &Case) -> Result<Outcome> {
    Ok(Outcome::NotYet)
}

#[expect(clippy::unnecessary_wraps, reason = "as all checks")]
pub(super) fn check_object(_: &Path, _: &Case) -> Result<Outcome> {
    Ok(Outcome::NotYet)
}
