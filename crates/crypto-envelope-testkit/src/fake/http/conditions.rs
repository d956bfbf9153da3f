//! Whether an object is the one that a request is about.

use super::{error::CosError, object::Object};
use crate::fake::{date::Date, http::Request};

/// Refuses a request to read that has a condition which does not hold.
pub(super) fn check(request: &Request, object: &Object) -> Result<(), CosError> {
    match outcome(request, object, "") {
        Outcome::Holds => Ok(()),
        Outcome::Fails => Err(CosError::precondition_failed()),
        Outcome::IsOld => Err(CosError::not_modified()),
    }
}

/// The same for the source of a copy.
pub(super) fn check_source(request: &Request, object: &Object) -> Result<(), CosError> {
    match outcome(request, object, "x-cos-copy-source-") {
        Outcome::Holds => Ok(()),
        Outcome::Fails | Outcome::IsOld => Err(CosError::precondition_failed()),
    }
}

enum Outcome {
    Holds,
    Fails,
    /// The client has it already.
    IsOld,
}

/// In the order of RFC 9110, where a tag counts more than a date.
fn outcome(request: &Request, object: &Object, prefix: &str) -> Outcome {
    let header = |name: &str| request.header(&format!("{prefix}{name}"));
    // A date that is none is no condition.
    let date = |name: &str| header(name).and_then(Date::parse_http);
    let modified = Date::of(object.modified);
    let fails = match header("if-match") {
        Some(tags) => !has(tags, &object.etag),
        None => date("if-unmodified-since").is_some_and(|date| modified > date),
    };
    if fails {
        return Outcome::Fails;
    }
    let is_old = match header("if-none-match") {
        Some(tags) => has(tags, &object.etag),
        None => date("if-modified-since").is_some_and(|date| modified <= date),
    };
    if is_old { Outcome::IsOld } else { Outcome::Holds }
}

/// Whether a tag is in the list. Some clients leave out the quotation marks.
fn has(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_matches('"') == etag.trim_matches('"'))
}
