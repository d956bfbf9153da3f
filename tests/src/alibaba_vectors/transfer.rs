//! Calls of KMS 1.0 that an instance serves.

use std::path::Path;

use super::case::Case;
use crate::{runner::Outcome, vectors::Result};

/// The call gives these requests, and their answers this one.
#[expect(clippy::unnecessary_wraps, reason = "as all checks")]
pub(super) fn check(_: &Path, _: &Case) -> Result<Outcome> {
    Ok(Outcome::NotYet)
}
