//! Bytes that are at the server already.

use std::ops::Range;

use super::{
    Call,
    multipart::PartPlace,
    object::{check_key, with_version},
};
use crate::fake::{
    answer::Answer,
    http::{Body, percent},
    s3::{
        NAMESPACE, conditions,
        customer_key::{CustomerKey, Side},
        date,
        error::S3Error,
        metadata::Metadata,
        object::{Object, Part},
        protection::Protection,
        store::{Store, Versioning},
        tags::Tags,
    },
    xml::Writer,
};

pub(super) fn object(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let (asked, now) = (call.asked, store.clock.now());
    check_key(&asked.key)?;
    let from = Source::of(call)?;
    let found = from.find(call, store)?;
    let bucket = store.bucket(&asked.bucket)?;
    let key = call.key_to_write(bucket)?;
    let default = &bucket.encryption.default;
    let protection = Protection::of(asked.request, key.as_ref(), default)?;
    let (metadata, metadata_change) = metadata_of(call, found.object)?;
    let tags = tags_of(call, found.object)?;
    let is_same = from.bucket == asked.bucket && from.key == asked.key && from.version.is_none();
    let is_protected_alike = found.object.protection.is_as(&protection);
    if is_same && metadata_change == Change::None && is_protected_alike {
        return Err(S3Error::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without \
             changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    let body = found.object.read(&(0..found.object.len()), found.key.as_ref())?;
    let source_version = found.version;
    call.conditionally(conditions::check_write(asked.request, bucket, &asked.key))?;
    let part = Part::new(body, call.key_to_keep(key.as_ref()), now)?;
    let object = Object { tags, ..Object::of_part(part, metadata, protection) };
    let mut answer = copied("CopyObjectResult", &object.etag, &date(now))
        .with_all(call.says(&object.protection))
        .with_all(call.echo(key.as_ref()));
    if let Some(id) = source_version {
        answer = answer.with("x-amz-copy-source-version-id", id);
    }
    let version = store.bucket_mut(&asked.bucket)?.put(&asked.key, object, now);
    Ok(with_version(answer, version))
}

pub(super) fn part(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let place = PartPlace::of(call, store)?;
    let found = Source::of(call)?.find(call, store)?;
    let wanted = found.range(call)?;
    let body: Body = found.object.read(&wanted, found.key.as_ref())?;
    let source_version = found.version;
    let part = place.put(call, store, body)?;
    let answer = copied("CopyPartResult", &part.etag, &date(part.modified));
    let answer = place.answer(call, answer);
    Ok(match source_version {
        Some(id) => answer.with("x-amz-copy-source-version-id", id),
        None => answer,
    })
}

/// Where the bytes are.
struct Source {
    bucket: String,
    key: String,
    version: Option<String>,
}

/// What is there.
struct Found<'s> {
    object: &'s Object,
    /// Its id, if its bucket has versions.
    version: Option<String>,
    key: Option<CustomerKey>,
}

impl Source {
    fn of(call: &Call<'_>) -> Result<Self, S3Error> {
        let header = call.asked.header("x-amz-copy-source").unwrap_or_default();
        let wrong = || {
            let message = "Copy Source must mention the source bucket and key: \
                           sourcebucket/sourcekey";
            S3Error::invalid_argument(message)
                .with("ArgumentName", "x-amz-copy-source")
                .with("ArgumentValue", header)
        };
        let (path, version) = match header.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (header, None),
        };
        let path = String::from_utf8(percent::decode(path)).map_err(|_| wrong())?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = path.split_once('/').ok_or_else(wrong)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(wrong());
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    /// The object, if it may be read and its conditions hold.
    fn find<'s>(&self, call: &Call<'_>, store: &'s Store) -> Result<Found<'s>, S3Error> {
        let bucket = store.bucket(&self.bucket)?;
        let (version, object) = bucket.object(&self.key, self.version.as_deref())?;
        let key = call.customer_key(Side::Source)?;
        object.protection.check(key.as_ref())?;
        let check = conditions::check_source(call.asked.request, object, version.modified);
        call.conditionally(check)?;
        let has_versions = bucket.versioning != Versioning::Never;
        Ok(Found { object, version: has_versions.then(|| version.id.clone()), key })
    }
}

impl Found<'_> {
    /// What of the source is wanted: unlike where objects are read, all of the range has to be there.
    fn range(&self, call: &Call<'_>) -> Result<Range<usize>, S3Error> {
        let length = self.object.len();
        let Some(header) = call.asked.header("x-amz-copy-source-range") else {
            return Ok(0..length);
        };
        let parse = |header: &str| {
            let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
            let (first, last) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
            (first <= last && last < length).then(|| first..last + 1)
        };
        parse(header).ok_or_else(|| {
            S3Error::invalid_argument(format!(
                "Range specified is not valid for source object of size: {length}"
            ))
        })
    }
}

/// Whether a copy has something else than its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    Some,
}

fn metadata_of(call: &Call<'_>, source: &Object) -> Result<(Metadata, Change), S3Error> {
    let request = call.asked.request;
    match request.header("x-amz-metadata-directive") {
        None | Some("COPY") => {
            let named = ["x-amz-storage-class", "x-amz-website-redirect-location"];
            let is_changed = named.iter().any(|name| request.header(name).is_some());
            let change = if is_changed { Change::Some } else { Change::None };
            Ok((source.metadata.copied(request)?, change))
        }
        Some("REPLACE") => Ok((Metadata::of(request)?, Change::Some)),
        Some(_) => Err(S3Error::invalid_argument("Unknown metadata directive.")),
    }
}

fn tags_of(call: &Call<'_>, source: &Object) -> Result<Tags, S3Error> {
    match call.asked.header("x-amz-tagging-directive") {
        None | Some("COPY") => Ok(source.tags.clone()),
        Some("REPLACE") => Tags::of_header(call.asked.header("x-amz-tagging")),
        Some(_) => Err(S3Error::invalid_argument("Unknown tagging directive.")),
    }
}

fn copied(root: &str, etag: &str, modified: &str) -> Answer {
    let mut xml = Writer::new();
    xml.open_in(root, NAMESPACE);
    xml.element("LastModified", modified);
    xml.element("ETag", etag);
    xml.close(root);
    Answer::xml(xml)
}
