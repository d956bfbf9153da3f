//! Whether an object is the one that a request is about.

use std::time::SystemTime;

use super::Request;
use crate::fake::date::Date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Holds,
    Fails,
    /// The client has it already.
    IsOld,
}

/// In the order of RFC 9110, where a tag counts more than a date. Names of headers have the prefix.
pub(crate) fn outcome(
    request: &Request,
    prefix: &str,
    etag: &str,
    modified: SystemTime,
) -> Outcome {
    let header = |name: &str| request.header(&format!("{prefix}{name}"));
    // A date that is none is no condition.
    let date = |name: &str| header(name).and_then(Date::parse_http);
    let modified = Date::of(modified);
    let fails = match header("if-match") {
        Some(tags) => !has(tags, etag),
        None => date("if-unmodified-since").is_some_and(|date| modified > date),
    };
    if fails {
        return Outcome::Fails;
    }
    let is_old = match header("if-none-match") {
        Some(tags) => has(tags, etag),
        None => date("if-modified-since").is_some_and(|date| modified <= date),
    };
    if is_old { Outcome::IsOld } else { Outcome::Holds }
}

/// Whether a tag is in the list. Some clients leave out the quotation marks.
pub(crate) fn has(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_matches('"') == etag.trim_matches('"'))
}
