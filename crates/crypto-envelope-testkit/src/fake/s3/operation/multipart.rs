//! Objects in parts.

use std::collections::BTreeMap;

use super::{
    Call,
    object::{check_key, check_length, with_version},
};
use crate::fake::{
    answer::Answer,
    http::Body,
    s3::{
        NAMESPACE, conditions,
        customer_key::{CustomerKey, Side},
        error::S3Error,
        metadata::Metadata,
        object::{Object, Part},
        protection::Protection,
        store::{Store, Upload},
        tags::Tags,
    },
    xml::{Element, Writer},
};

pub(super) fn create(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let asked = call.asked;
    check_key(&asked.key)?;
    let bucket = store.bucket(&asked.bucket)?;
    let key = call.key_to_write(bucket)?;
    let default = &bucket.encryption.default;
    let upload = Upload {
        metadata: Metadata::of(asked.request)?,
        protection: Protection::of(asked.request, key.as_ref(), default)?,
        tags: Tags::of_header(asked.header("x-amz-tagging"))?,
        initiated: store.clock.now(),
        parts: BTreeMap::new(),
    };
    let headers = call.says(&upload.protection);
    let id = store.new_upload_id();
    let place = (asked.key.clone(), id.clone());
    store.bucket_mut(&asked.bucket)?.uploads.insert(place, upload);
    let mut xml = Writer::new();
    xml.open_in("InitiateMultipartUploadResult", NAMESPACE);
    xml.element("Bucket", &asked.bucket);
    xml.element("Key", &asked.key);
    xml.element("UploadId", &id);
    xml.close("InitiateMultipartUploadResult");
    Ok(Answer::xml(xml).with_all(headers).with_all(call.echo(key.as_ref())))
}

pub(super) fn upload(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    check_length(call.asked.request)?;
    let place = PartPlace::of(call, store)?;
    let part = place.put(call, store, call.payload.body.clone())?;
    let checksum = call.payload.checksum.clone();
    Ok(place.answer(call, Answer::empty(200)).with("ETag", part.etag).with_all(checksum))
}

/// Which part of which upload, under which key.
pub(super) struct PartPlace {
    number: u32,
    key: Option<CustomerKey>,
}

impl PartPlace {
    /// If it may be put there.
    pub(super) fn of(call: &Call<'_>, store: &Store) -> Result<Self, S3Error> {
        let asked = call.asked;
        let number = asked.parameters.get("partNumber").unwrap_or_default();
        let number = number.parse().ok().filter(|number| (1..=MOST_PARTS).contains(number));
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        let number = number.ok_or_else(|| S3Error::invalid_argument(message))?;
        let bucket = store.bucket(&asked.bucket)?;
        let upload = bucket.upload(&asked.key, asked.upload_id())?;
        let key = call.key_to_write(bucket)?;
        upload.protection.check_part(key.as_ref())?;
        Ok(Self { number, key })
    }

    /// Puts a part in its place; the last one with a number counts.
    pub(super) fn put(
        &self,
        call: &Call<'_>,
        store: &mut Store,
        body: Body,
    ) -> Result<Part, S3Error> {
        let part = Part::new(body, call.key_to_keep(self.key.as_ref()), store.clock.now())?;
        let bucket = store.bucket_mut(&call.asked.bucket)?;
        let upload = bucket.upload_mut(&call.asked.key, call.asked.upload_id())?;
        upload.parts.insert(self.number, part.clone());
        Ok(part)
    }

    /// With what is said of the key.
    pub(super) fn answer(&self, call: &Call<'_>, answer: Answer) -> Answer {
        answer.with_all(call.echo(self.key.as_ref()))
    }
}

/// The key is not needed, but has to be that of the upload.
pub(super) fn complete(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let (asked, now) = (call.asked, store.clock.now());
    let id = asked.upload_id();
    let bucket = store.bucket_mut(&asked.bucket)?;
    let upload = bucket.upload(&asked.key, id)?;
    let key = call.customer_key(Side::Target)?;
    if key.is_some() {
        upload.protection.check_part(key.as_ref())?;
    }
    let named = named_parts(&call.payload.body.as_one())?;
    let parts = chosen(upload, &named, call.terms.smallest_part)?;
    let (metadata, protection) = (upload.metadata.clone(), upload.protection.clone());
    let object = Object::of_parts(&parts, metadata, protection);
    let object = Object { tags: upload.tags.clone(), ..object };
    call.conditionally(conditions::check_write(asked.request, bucket, &asked.key))?;
    let host = asked.header("host").unwrap_or_default();
    let mut xml = Writer::new();
    xml.open_in("CompleteMultipartUploadResult", NAMESPACE);
    xml.element("Location", &format!("http://{host}{}", asked.request.path));
    xml.element("Bucket", &asked.bucket);
    xml.element("Key", &asked.key);
    xml.element("ETag", &object.etag);
    xml.close("CompleteMultipartUploadResult");
    let answer = Answer::xml(xml).with_all(call.says(&object.protection));
    let version = bucket.put(&asked.key, object, now);
    bucket.uploads.remove(&(asked.key.clone(), id.to_owned()));
    Ok(with_version(answer, version))
}

pub(super) fn abort(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let id = call.asked.upload_id();
    let upload = (call.asked.key.clone(), id.to_owned());
    let removed = store.bucket_mut(&call.asked.bucket)?.uploads.remove(&upload);
    removed.map(|_| Answer::empty(204)).ok_or_else(|| S3Error::no_such_upload(id))
}

/// Numbers and entity tags, as a body has them.
fn named_parts(body: &[u8]) -> Result<Vec<(u32, String)>, S3Error> {
    let root = Element::parse(body).filter(|root| root.name == "CompleteMultipartUpload");
    let root = root.ok_or_else(S3Error::malformed_xml)?;
    let parts = root.named("Part").map(|part| {
        let number = part.text_of("PartNumber")?.parse().ok()?;
        Some((number, part.text_of("ETag")?.to_owned()))
    });
    let parts = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty());
    parts.ok_or_else(S3Error::malformed_xml)
}

/// The parts of these names, if they can be an object.
fn chosen<'u>(
    upload: &'u Upload,
    named: &[(u32, String)],
    smallest: usize,
) -> Result<Vec<&'u Part>, S3Error> {
    if !named.is_sorted_by(|(first, _), (second, _)| first < second) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part \
                       number.";
        return Err(S3Error::new(400, "InvalidPartOrder", message));
    }
    let parts = named.iter().map(|(number, etag)| {
        let part = upload.parts.get(number);
        let part = part.filter(|part| part.etag.trim_matches('"') == etag.trim_matches('"'));
        part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found. The part may not \
                           have been uploaded, or the specified entity tag may not match the part's \
                           entity tag.";
            S3Error::new(400, "InvalidPart", message).with("PartNumber", number.to_string())
        })
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let is_too_small = |part: &&Part| part.content.len() < smallest;
    if parts.split_last().is_some_and(|(_, others)| others.iter().any(is_too_small)) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(S3Error::new(400, "EntityTooSmall", message)
            .with("MinSizeAllowed", smallest.to_string()));
    }
    Ok(parts)
}

const MOST_PARTS: u32 = 10_000;
