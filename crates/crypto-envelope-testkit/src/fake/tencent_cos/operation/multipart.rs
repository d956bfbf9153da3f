//! Objects in parts.

use std::collections::BTreeMap;

use super::{
    Call,
    object::{check_key, content, written},
};
use crate::fake::{
    answer::Answer,
    date::Date,
    http::{Body, percent},
    tencent_cos::{
        error::CosError,
        metadata::Metadata,
        object::{CRC64, Object},
        sse::{Encryption, Side},
        store::{Overwriting, Store, Upload},
    },
    xml::{Element, Writer},
};

pub(super) fn initiate(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let key = &call.asked.key;
    check_key(key)?;
    let upload = Upload {
        metadata: Metadata::of(call.asked.request)?,
        encryption: Encryption::of(call.asked.request, call.terms)?,
        initiated: store.clock.now(),
        parts: BTreeMap::new(),
    };
    let headers = upload.encryption.headers();
    let id = store.new_upload_id();
    store.bucket_mut(call.bucket)?.uploads.insert((key.clone(), id.clone()), upload);
    let mut xml = Writer::new();
    xml.open("InitiateMultipartUploadResult");
    xml.element("Bucket", call.bucket);
    xml.element("Key", key);
    xml.element("UploadId", &id);
    xml.close("InitiateMultipartUploadResult");
    Ok(Answer::xml(xml).with_all(headers))
}

pub(super) fn upload(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let place = PartPlace::of(call)?;
    let part = place.put(call, store, content(call.asked.request)?)?;
    Ok(written(&part))
}

/// Which part of which upload.
pub(super) struct PartPlace {
    id: String,
    number: u32,
}

impl PartPlace {
    pub(super) fn of(call: &Call<'_>) -> Result<Self, CosError> {
        let number = call.asked.parameters.get("partNumber").unwrap_or_default();
        let number = number.parse().ok().filter(|number| (1..=MOST_PARTS).contains(number));
        let message = "Parts have the numbers 1 to 10000.";
        let number = number.ok_or_else(|| CosError::invalid_argument(message))?;
        Ok(Self { id: upload_id(call), number })
    }

    /// Puts a part in its place; the last one with a number counts.
    pub(super) fn put(
        &self,
        call: &Call<'_>,
        store: &mut Store,
        content: Body,
    ) -> Result<Object, CosError> {
        let now = store.clock.now();
        let upload = store.bucket_mut(call.bucket)?.upload_mut(&call.asked.key, &self.id)?;
        upload.encryption.check(call.asked.request, Side::Target, call.terms)?;
        let part = Object::new(content, Metadata::default(), upload.encryption.clone(), now);
        upload.parts.insert(self.number, part.clone());
        Ok(part)
    }
}

pub(super) fn list(call: &Call<'_>, store: &Store) -> Result<Answer, CosError> {
    let parameters = &call.asked.parameters;
    let number = |name: &str, default: u32| match parameters.get(name).unwrap_or_default() {
        "" => Ok(default),
        text => text.parse().map_err(|_| CosError::invalid_argument(format!("{name}: {text}"))),
    };
    let marker = number("part-number-marker", 0)?;
    let most = number("max-parts", 1000)?.min(1000);
    let upload = store.bucket(call.bucket)?.upload(&call.asked.key, &upload_id(call))?;
    let mut parts = upload.parts.range(marker.saturating_add(1)..);
    let mut xml = Writer::new();
    xml.open("ListPartsResult");
    xml.element("Bucket", call.bucket);
    let key = &call.asked.key;
    match parameters.get("encoding-type") {
        Some("url") => {
            xml.element("EncodingType", "url");
            xml.element("Key", &percent::encode(key.as_bytes()));
        }
        _ => xml.element("Key", key),
    }
    xml.element("UploadId", &upload_id(call));
    xml.element("StorageClass", upload.metadata.storage_class());
    xml.element("PartNumberMarker", &marker.to_string());
    xml.element("MaxParts", &most.to_string());
    let mut last = marker;
    for (number, part) in parts.by_ref().take(most as usize) {
        last = *number;
        xml.open("Part");
        xml.element("PartNumber", &number.to_string());
        xml.element("LastModified", &Date::of(part.modified).extended());
        xml.element("ETag", &part.etag);
        xml.element("Size", &part.content.len().to_string());
        xml.close("Part");
    }
    let is_truncated = parts.next().is_some();
    if is_truncated {
        xml.element("NextPartNumberMarker", &last.to_string());
    }
    xml.element("IsTruncated", &is_truncated.to_string());
    xml.close("ListPartsResult");
    Ok(Answer::xml(xml))
}

pub(super) fn complete(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let asked = call.asked;
    let id = upload_id(call);
    let now = store.clock.now();
    let bucket = store.bucket_mut(call.bucket)?;
    let upload = bucket.upload(&asked.key, &id)?;
    let named = named_parts(&asked.request.body)?;
    let parts = chosen(upload, &named, call.terms.smallest_part)?;
    let object = Object::of_parts(&parts, upload.metadata.clone(), upload.encryption.clone(), now);
    let host = asked.header("host").unwrap_or_default();
    let mut xml = Writer::new();
    xml.open("CompleteMultipartUploadResult");
    xml.element("Location", &format!("{host}{}", asked.request.path));
    xml.element("Bucket", call.bucket);
    xml.element("Key", &asked.key);
    xml.element("ETag", &object.etag);
    xml.close("CompleteMultipartUploadResult");
    let answer = Answer::xml(xml)
        .with(CRC64, object.crc64.to_string())
        .with_all(object.encryption.headers());
    let overwriting = Overwriting::of(asked.header("x-cos-forbid-overwrite"));
    bucket.put(&asked.key, object, overwriting)?;
    bucket.uploads.remove(&(asked.key.clone(), id));
    Ok(answer)
}

pub(super) fn abort(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let upload = (call.asked.key.clone(), upload_id(call));
    let removed = store.bucket_mut(call.bucket)?.uploads.remove(&upload);
    removed.map(|_| Answer::empty(204)).ok_or_else(CosError::no_such_upload)
}

fn upload_id(call: &Call<'_>) -> String {
    call.asked.parameters.get("uploadId").unwrap_or_default().to_owned()
}

/// Numbers and entity tags, as a body has them.
fn named_parts(body: &[u8]) -> Result<Vec<(u32, String)>, CosError> {
    let root = Element::parse(body).filter(|root| root.name == "CompleteMultipartUpload");
    let root = root.ok_or_else(CosError::malformed_xml)?;
    let parts = root.named("Part").map(|part| {
        let number = part.text_of("PartNumber")?.parse().ok()?;
        Some((number, part.text_of("ETag")?.to_owned()))
    });
    let parts = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty());
    parts.ok_or_else(CosError::malformed_xml)
}

/// The parts of these names, if they can be an object.
fn chosen<'u>(
    upload: &'u Upload,
    named: &[(u32, String)],
    smallest: usize,
) -> Result<Vec<&'u Object>, CosError> {
    if !named.is_sorted_by(|(first, _), (second, _)| first < second) {
        let message = "The parts are not in the order of their numbers.";
        return Err(CosError::new(400, "InvalidPartOrder", message));
    }
    let parts = named.iter().map(|(number, etag)| {
        let part = upload.parts.get(number);
        let part = part.filter(|part| part.etag.trim_matches('"') == etag.trim_matches('"'));
        part.ok_or_else(|| {
            let message = format!("There is no part {number} with this ETag.");
            CosError::new(400, "InvalidPart", message)
        })
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let is_too_small = |part: &&Object| part.content.len() < smallest;
    if parts.split_last().is_some_and(|(_, others)| others.iter().any(is_too_small)) {
        let message = format!("Every part but the last has {smallest} bytes at least.");
        return Err(CosError::new(400, "EntityTooSmall", message));
    }
    Ok(parts)
}

const MOST_PARTS: u32 = 10_000;
