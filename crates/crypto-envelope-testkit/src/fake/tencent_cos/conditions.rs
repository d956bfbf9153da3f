//! Whether an object is the one that a request is about.

use super::{error::CosError, object::Object};
use crate::fake::http::{
    Request,
    conditions::{Outcome, outcome},
};

/// Refuses a request to read that has a condition which does not hold.
pub(super) fn check(request: &Request, object: &Object) -> Result<(), CosError> {
    match outcome(request, "", &object.etag, object.modified) {
        Outcome::Holds => Ok(()),
        Outcome::Fails => Err(CosError::precondition_failed()),
        Outcome::IsOld => Err(CosError::not_modified()),
    }
}

/// The same for the source of a copy.
pub(super) fn check_source(request: &Request, object: &Object) -> Result<(), CosError> {
    match outcome(request, "x-cos-copy-source-", &object.etag, object.modified) {
        Outcome::Holds => Ok(()),
        Outcome::Fails | Outcome::IsOld => Err(CosError::precondition_failed()),
    }
}
