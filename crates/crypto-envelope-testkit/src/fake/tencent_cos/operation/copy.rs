//! Bytes that are at the server already.

use super::{
    Call,
    object::{check_key, written},
};
use crate::fake::{
    answer::Answer,
    date::Date,
    http::{percent, range},
    tencent_cos::{
        conditions,
        error::CosError,
        metadata::Metadata,
        object::Object,
        place::Place,
        sse::{Encryption, Side},
        store::{Overwriting, Store},
    },
    xml::Writer,
};

pub(super) fn object(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let asked = call.asked;
    check_key(&asked.key)?;
    let from = Source::of(call)?;
    let source = from.object(call, store)?;
    let metadata = match asked.header("x-cos-metadata-directive") {
        None | Some("Copy") => {
            if from.bucket == call.bucket && from.key == asked.key {
                return Err(CosError::invalid_request(
                    "An object is copied onto itself only with other metadata (Replaced).",
                ));
            }
            source.metadata.copied(asked.header("x-cos-storage-class"))
        }
        Some("Replaced") => Metadata::of(asked.request)?,
        Some(other) => {
            let message = format!("x-cos-metadata-directive is Copy or Replaced, not: {other}");
            return Err(CosError::invalid_argument(message));
        }
    };
    let encryption = Encryption::of(asked.request, call.terms)?;
    let object = Object::new(source.content.clone(), metadata, encryption, store.clock.now());
    let answer = copied("CopyObjectResult", &object);
    let overwriting = Overwriting::of(asked.header("x-cos-forbid-overwrite"));
    store.bucket_mut(call.bucket)?.put(&asked.key, object, overwriting)?;
    Ok(answer)
}

pub(super) fn part(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let place = super::multipart::PartPlace::of(call)?;
    let from = Source::of(call)?;
    let source = from.object(call, store)?;
    let content = match call.asked.header("x-cos-copy-source-range") {
        None => source.content.clone(),
        Some(header) => {
            let range = range::of(Some(header), source.content.len())?;
            let no_range = || CosError::invalid_argument("This is no range of the source.");
            source.content.slice(range.ok_or_else(no_range)?)
        }
    };
    let part = place.put(call, store, content)?;
    Ok(copied("CopyPartResult", &part))
}

/// Where the bytes are.
struct Source {
    bucket: String,
    key: String,
}

impl Source {
    fn of(call: &Call<'_>) -> Result<Self, CosError> {
        let header = call.asked.header("x-cos-copy-source").unwrap_or_default();
        let wrong = || CosError::invalid_argument(format!("This is no source of a copy: {header}"));
        let (path, version) = match header.split_once('?') {
            Some((path, query)) => (path, query.strip_prefix("versionId=")),
            None => (header, None),
        };
        if version.is_some_and(|version| version != "null") {
            return Err(CosError::new(404, "NoSuchVersion", "The version does not exist."));
        }
        let (host, key) = path.trim_start_matches('/').split_once('/').ok_or_else(wrong)?;
        let key = String::from_utf8(percent::decode(key)).map_err(|_| wrong())?;
        match Place::of(host, &call.terms.domains) {
            Some(Place::Bucket { name, .. }) if !key.is_empty() => Ok(Self { bucket: name, key }),
            _ => Err(wrong()),
        }
    }

    /// The object, if its conditions hold and it may be read.
    fn object<'s>(&self, call: &Call<'_>, store: &'s Store) -> Result<&'s Object, CosError> {
        let object = store.bucket(&self.bucket)?.object(&self.key)?;
        object.encryption.check(call.asked.request, Side::Source, call.terms)?;
        conditions::check_source(call.asked.request, object)?;
        Ok(object)
    }
}

fn copied(root: &str, object: &Object) -> Answer {
    let mut xml = Writer::new();
    xml.open(root);
    xml.element("ETag", &object.etag);
    xml.element("LastModified", &Date::of(object.modified).extended());
    xml.close(root);
    let encryption = written(object).headers;
    let encryption = encryption.into_iter().filter(|(name, _)| name.contains("encryption"));
    Answer::xml(xml).with_all(encryption)
}
