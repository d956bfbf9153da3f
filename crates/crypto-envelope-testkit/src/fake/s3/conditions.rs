//! Whether an object is the one that a request is about.

use std::time::SystemTime;

use super::{error::S3Error, object::Object, store::Bucket};
use crate::fake::http::{
    Request,
    conditions::{Outcome, outcome},
};

/// Refuses a request to read that has a condition which does not hold.
pub(super) fn check_read(
    request: &Request,
    object: &Object,
    modified: SystemTime,
) -> Result<(), S3Error> {
    match outcome(request, "", &object.etag, modified) {
        Outcome::Holds => Ok(()),
        Outcome::Fails => Err(failed(request, "", ["If-Match", "If-Unmodified-Since"])),
        Outcome::IsOld => Err(S3Error::not_modified()),
    }
}

/// The same for the source of a copy.
pub(super) fn check_source(
    request: &Request,
    object: &Object,
    modified: SystemTime,
) -> Result<(), S3Error> {
    match outcome(request, SOURCE, &object.etag, modified) {
        Outcome::Holds => Ok(()),
        Outcome::Fails => Err(failed(request, SOURCE, ["If-Match", "If-Unmodified-Since"])),
        Outcome::IsOld => Err(failed(request, SOURCE, ["If-None-Match", "If-Modified-Since"])),
    }
}

/// The same for what is to be written.
pub(super) fn check_write(request: &Request, bucket: &Bucket, key: &str) -> Result<(), S3Error> {
    let there = bucket.current(key);
    match request.header("if-none-match") {
        None => {}
        Some("*") if there.is_none() => {}
        Some("*") => return Err(S3Error::precondition_failed("If-None-Match")),
        Some(_) => {
            let message = "A header you provided implies functionality that is not implemented";
            return Err(S3Error::not_implemented(message).with("Header", "If-None-Match"));
        }
    }
    let Some(tags) = request.header("if-match") else { return Ok(()) };
    match there {
        None => Err(S3Error::no_such_key(key)),
        Some(object) if object.fits(tags) => Ok(()),
        Some(_) => Err(S3Error::precondition_failed("If-Match")),
    }
}

/// The same for what is to be deleted, with the condition for it.
pub(super) fn check_delete(tags: Option<&str>, bucket: &Bucket, key: &str) -> Result<(), S3Error> {
    let Some(tags) = tags else { return Ok(()) };
    if bucket.current(key).is_some_and(|object| object.fits(tags)) {
        return Ok(());
    }
    Err(S3Error::precondition_failed("If-Match"))
}

/// Of two headers, the one that is there.
fn failed(request: &Request, prefix: &str, names: [&str; 2]) -> S3Error {
    let names = names.map(|name| format!("{prefix}{name}"));
    let mut there = names.iter().filter(|name| request.header(name).is_some());
    S3Error::precondition_failed(there.next().unwrap_or(&names[0]))
}

const SOURCE: &str = "x-amz-copy-source-";
