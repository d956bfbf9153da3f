//! Whole objects.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Call;
use crate::fake::{
    answer::Answer,
    crypto,
    http::{Body, Request, range},
    tencent_cos::{
        conditions,
        error::CosError,
        metadata::Metadata,
        object::{CRC64, Object},
        sse::{Encryption, Side},
        store::{Overwriting, Store},
    },
};

pub(super) fn put(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let request = call.asked.request;
    check_key(&call.asked.key)?;
    let content = content(request)?;
    let metadata = Metadata::of(request)?;
    let encryption = Encryption::of(request, call.terms)?;
    let object = Object::new(content, metadata, encryption, store.clock.now());
    let answer = written(&object);
    let overwriting = Overwriting::of(call.asked.header("x-cos-forbid-overwrite"));
    store.bucket_mut(call.bucket)?.put(&call.asked.key, object, overwriting)?;
    Ok(answer)
}

/// For `HEAD` too: the server leaves out the body.
pub(super) fn get(call: &Call<'_>, store: &Store) -> Result<Answer, CosError> {
    let asked = call.asked;
    check_version(call)?;
    let object = store.bucket(call.bucket)?.object(&asked.key)?;
    object.encryption.check(asked.request, Side::Target, call.terms)?;
    conditions::check(asked.request, object)?;
    let length = object.content.len();
    let mut answer = Answer::empty(200).with_all(object.headers());
    for (name, value) in asked.parameters.pairs() {
        let name = name.to_ascii_lowercase();
        let overridden = OVERRIDES.iter().find(|(parameter, _)| *parameter == name);
        if let Some((_, header)) = overridden {
            answer.headers.retain(|(given, _)| given != header);
            answer = answer.with(header, value);
        }
    }
    answer.body = object.content.clone();
    if let Some(range) = range::of(asked.header("range"), length)? {
        let (first, last) = (range.start, range.end - 1);
        answer.status = 206;
        answer.body = object.content.slice(range);
        answer = answer.with("Content-Range", format!("bytes {first}-{last}/{length}"));
    }
    Ok(answer)
}

/// What is not there is gone already.
pub(super) fn delete(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    check_version(call)?;
    store.bucket_mut(call.bucket)?.objects.remove(&call.asked.key);
    Ok(Answer::empty(204))
}

/// What the answer says of bytes that were written.
pub(super) fn written(object: &Object) -> Answer {
    Answer::empty(200)
        .with("ETag", object.etag.clone())
        .with(CRC64, object.crc64.to_string())
        .with_all(object.encryption.headers())
}

/// The body, if it is the one that was meant.
pub(super) fn content(request: &Request) -> Result<Body, CosError> {
    if request.header("content-length").is_none() && request.header("transfer-encoding").is_none() {
        let message = "The length of the body has to be given.";
        return Err(CosError::new(411, "MissingContentLength", message));
    }
    let content = Body::from(request.body.clone());
    if let Some(given) = request.header("content-md5") {
        let expected = STANDARD.decode(given).ok().filter(|hash| hash.len() == 16);
        let Some(expected) = expected else {
            let message = "The Content-MD5 is no MD5 in base64.";
            return Err(CosError::new(400, "InvalidDigest", message));
        };
        if expected != crypto::md5(&content) {
            let message = "The Content-MD5 is not that of the body.";
            return Err(CosError::new(400, "BadDigest", message));
        }
    }
    Ok(content)
}

pub(super) fn check_key(key: &str) -> Result<(), CosError> {
    if key.len() > LONGEST_KEY {
        let message = format!("A key has at most {LONGEST_KEY} bytes.");
        return Err(CosError::new(400, "KeyTooLong", message));
    }
    Ok(())
}

/// There are no versions here, but that of buckets that have none.
fn check_version(call: &Call<'_>) -> Result<(), CosError> {
    match call.asked.parameters.get("versionId") {
        None | Some("" | "null") => Ok(()),
        Some(_) => Err(CosError::new(404, "NoSuchVersion", "The version does not exist.")),
    }
}

const LONGEST_KEY: usize = 850;
/// Parameters that stand for headers of the answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "Cache-Control"),
    ("response-content-disposition", "Content-Disposition"),
    ("response-content-encoding", "Content-Encoding"),
    ("response-content-language", "Content-Language"),
    ("response-content-type", "Content-Type"),
    ("response-expires", "Expires"),
];
