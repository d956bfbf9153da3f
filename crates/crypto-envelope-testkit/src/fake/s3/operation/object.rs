//! Whole objects, written.

use super::Call;
use crate::fake::{
    answer::Answer,
    http::Request,
    s3::{
        conditions,
        error::S3Error,
        metadata::Metadata,
        object::{Object, Part},
        protection::Protection,
        store::Store,
        tags::Tags,
    },
};

pub(super) fn put(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let (asked, now) = (call.asked, store.clock.now());
    check_key(&asked.key)?;
    check_length(asked.request)?;
    let bucket = store.bucket_mut(&asked.bucket)?;
    let key = call.key_to_write(bucket)?;
    let metadata = Metadata::of(asked.request)?;
    let default = &bucket.encryption.default;
    let protection = Protection::of(asked.request, key.as_ref(), default)?;
    let tags = Tags::of_header(asked.header("x-amz-tagging"))?;
    call.conditionally(conditions::check_write(asked.request, bucket, &asked.key))?;
    let part = Part::new(call.payload.body.clone(), call.key_to_keep(key.as_ref()), now)?;
    let checksum = call.payload.checksum.clone();
    let object = Object { tags, checksum, ..Object::of_part(part, metadata, protection) };
    let answer = Answer::empty(200)
        .with("ETag", object.etag.clone())
        .with_all(object.checksum.clone())
        .with_all(call.says(&object.protection))
        .with_all(call.echo(key.as_ref()));
    Ok(with_version(answer, bucket.put(&asked.key, object, now)))
}

/// With the id of the version that was written.
pub(super) fn with_version(answer: Answer, version: Option<String>) -> Answer {
    match version {
        Some(id) => answer.with("x-amz-version-id", id),
        None => answer,
    }
}

pub(super) fn check_key(key: &str) -> Result<(), S3Error> {
    if key.len() > LONGEST_KEY {
        let message = "Your key is too long";
        return Err(S3Error::new(400, "KeyTooLongError", message)
            .with("Size", key.len().to_string())
            .with("MaxSizeAllowed", LONGEST_KEY.to_string()));
    }
    Ok(())
}

/// Of what is written, the length has to be known before.
pub(super) fn check_length(request: &Request) -> Result<(), S3Error> {
    let says = |name: &str| request.header(name).is_some();
    if says("content-length") || says("x-amz-decoded-content-length") {
        return Ok(());
    }
    let message = "You must provide the Content-Length HTTP header.";
    Err(S3Error::new(411, "MissingContentLength", message))
}

const LONGEST_KEY: usize = 1024;
