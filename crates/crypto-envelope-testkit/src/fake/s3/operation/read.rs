//! Whole objects, read.

use std::ops::Range;

use hyper::body::Bytes;

use super::Call;
use crate::fake::{
    answer::Answer,
    http::{Body, range},
    s3::{
        NAMESPACE, conditions,
        customer_key::{CustomerKey, Side},
        error::S3Error,
        object::{Object, Version},
        store::{Store, Versioning},
    },
    xml::Writer,
};

pub(super) fn get(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let found = Found::of(call, store)?;
    let mut answer = found.answer(call);
    for (name, header) in OVERRIDES {
        if let Some(value) = call.asked.parameters.get(name) {
            answer.headers.retain(|(given, _)| given != header);
            answer = answer.with(header, value);
        }
    }
    let body = found.object.read(&found.range, found.key.as_ref())?;
    Ok(Answer { body, ..answer })
}

/// The server sends the length of the body alone.
pub(super) fn head(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let found = Found::of(call, store)?;
    Ok(Answer { body: of_length(found.range.len()), ..found.answer(call) })
}

pub(super) fn attributes(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let found = Found::of(call, store)?;
    let wanted = call.asked.header("x-amz-object-attributes").unwrap_or_default();
    let wants = |name: &str| wanted.split(',').any(|wanted| wanted.trim() == name);
    let mut xml = Writer::new();
    xml.open_in("GetObjectAttributesResponse", NAMESPACE);
    if wants("ETag") {
        xml.element("ETag", found.object.etag.trim_matches('"'));
    }
    if let Some(count) = found.object.part_count().filter(|_| wants("ObjectParts")) {
        xml.open("ObjectParts");
        xml.element("PartsCount", &count.to_string());
        xml.close("ObjectParts");
    }
    if wants("StorageClass") {
        xml.element("StorageClass", found.object.metadata.storage_class());
    }
    if wants("ObjectSize") {
        xml.element("ObjectSize", &found.object.len().to_string());
    }
    xml.close("GetObjectAttributesResponse");
    let modified = found.answer(call).headers.into_iter();
    let modified = modified.filter(|(name, _)| KEPT.contains(&name.as_ref()));
    Ok(Answer::xml(xml).with_all(modified))
}

/// What a request to read is about, if it may.
struct Found<'s> {
    version: &'s Version,
    object: &'s Object,
    has_versions: bool,
    key: Option<CustomerKey>,
    range: Range<usize>,
    /// Whether that is what was asked for, and not all of it.
    is_part: bool,
    wants_part: bool,
}

impl<'s> Found<'s> {
    fn of(call: &Call<'_>, store: &'s Store) -> Result<Self, S3Error> {
        let asked = call.asked;
        let bucket = store.bucket(&asked.bucket)?;
        let (version, object) = bucket.object(&asked.key, asked.version())?;
        let key = call.customer_key(Side::Read)?;
        object.protection.check(key.as_ref())?;
        let check = conditions::check_read(asked.request, object, version.modified);
        call.conditionally(check)?;
        let length = object.len();
        let header = asked.header("range");
        let part = asked.parameters.get("partNumber");
        let range = match (part, header) {
            (Some(_), Some(_)) => {
                let message = "Cannot specify both Range header and partNumber query parameter";
                return Err(S3Error::invalid_request(message));
            }
            (Some(number), None) => {
                let number = number.parse().map_err(|_| {
                    let message = "Part number must be an integer between 1 and 10000, inclusive";
                    S3Error::invalid_argument(message)
                })?;
                Some(object.place_of(number).ok_or_else(|| {
                    let message = "The requested partnumber is not satisfiable";
                    S3Error::new(416, "InvalidPartNumber", message)
                })?)
            }
            (None, header) => range::of(header, length)?,
        };
        Ok(Self {
            version,
            object,
            has_versions: bucket.versioning != Versioning::Never,
            key,
            is_part: range.is_some(),
            range: range.unwrap_or(0..length),
            wants_part: part.is_some(),
        })
    }

    /// All but the body.
    fn answer(&self, call: &Call<'_>) -> Answer {
        let object = self.object;
        let mut answer = Answer::empty(200)
            .with_all(object.headers(self.version.modified))
            .with_all(call.says(&object.protection))
            .with_all(call.echo(self.key.as_ref()));
        if self.has_versions {
            answer = answer.with("x-amz-version-id", self.version.id.clone());
        }
        if object.tags.len() > 0 {
            answer = answer.with("x-amz-tagging-count", object.tags.len().to_string());
        }
        if let Some(count) = object.part_count().filter(|_| self.wants_part) {
            answer = answer.with("x-amz-mp-parts-count", count.to_string());
        }
        let wants_checksum = call.asked.header("x-amz-checksum-mode") == Some("ENABLED");
        if wants_checksum && !self.is_part {
            answer = answer.with_all(object.checksum.clone());
        }
        if self.is_part && !self.range.is_empty() {
            let Range { start, end } = self.range;
            let place = format!("bytes {start}-{}/{}", end - 1, object.len());
            answer.status = 206;
            answer = answer.with("Content-Range", place);
        }
        answer
    }
}

/// Nothing in particular.
fn of_length(length: usize) -> Body {
    static NOTHING: [u8; 64 << 10] = [0; 64 << 10];
    let mut body = Body::default();
    for start in (0..length).step_by(NOTHING.len()) {
        let piece = Bytes::from_static(&NOTHING).slice(..NOTHING.len().min(length - start));
        body.extend(&Body::from(piece));
    }
    body
}

/// Of an object, what the answer about its attributes has as headers.
const KEPT: [&str; 2] = ["Last-Modified", "x-amz-version-id"];
/// Parameters that stand for headers of the answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "Cache-Control"),
    ("response-content-disposition", "Content-Disposition"),
    ("response-content-encoding", "Content-Encoding"),
    ("response-content-language", "Content-Language"),
    ("response-content-type", "Content-Type"),
    ("response-expires", "Expires"),
];
