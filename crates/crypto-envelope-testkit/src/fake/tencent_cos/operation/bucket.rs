//! What is in a bucket.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Call;
use crate::fake::{
    answer::Answer,
    crypto,
    date::Date,
    http::{Body, Parameters},
    listing::Page,
    tencent_cos::{error::CosError, object::Object, store::Store},
    xml::{Element, Writer},
};

/// All buckets of the account.
pub(super) fn list_all(store: &Store) -> Answer {
    let mut xml = Writer::new();
    xml.open("ListAllMyBucketsResult");
    owner(&mut xml);
    xml.open("Buckets");
    for (name, bucket) in &store.buckets {
        xml.open("Bucket");
        xml.element("Name", name);
        xml.element("Location", &bucket.region);
        xml.element("CreationDate", &Date::of(bucket.created).extended());
        xml.close("Bucket");
    }
    xml.close("Buckets");
    xml.close("ListAllMyBucketsResult");
    Answer::xml(xml)
}

pub(super) fn list(call: &Call<'_>, store: &Store) -> Result<Answer, CosError> {
    let page = page_of(&call.asked.parameters, "max-keys")?;
    let marker = call.asked.parameters.get("marker").unwrap_or_default();
    let bucket = store.bucket(call.bucket)?;
    let after = bucket.objects.iter().filter(|(key, _)| key.as_str() > marker);
    let found = page.find(after.map(|(key, object)| (key.as_str(), object)), marker);
    let mut xml = Writer::new();
    xml.open("ListBucketResult");
    xml.element("Name", call.bucket);
    page.describe(&mut xml);
    xml.element("Marker", &page.text(marker));
    xml.element("MaxKeys", &page.most.to_string());
    xml.element("IsTruncated", &found.is_truncated.to_string());
    if found.is_truncated {
        xml.element("NextMarker", &page.text(&found.last));
    }
    for (key, object) in &found.items {
        contents(&mut xml, &page.text(key), object);
    }
    found.common_prefixes(&page, &mut xml);
    xml.close("ListBucketResult");
    Ok(Answer::xml(xml))
}

pub(super) fn list_uploads(call: &Call<'_>, store: &Store) -> Result<Answer, CosError> {
    let parameters = &call.asked.parameters;
    let page = page_of(parameters, "max-uploads")?;
    let key_marker = parameters.get("key-marker").unwrap_or_default();
    let id_marker = parameters.get("upload-id-marker").unwrap_or_default();
    let bucket = store.bucket(call.bucket)?;
    let after = bucket.uploads.iter().filter(|((key, id), _)| {
        key.as_str() > key_marker
            || key == key_marker && !id_marker.is_empty() && id.as_str() > id_marker
    });
    let after = after.map(|((key, id), upload)| (key.as_str(), (id, upload)));
    let found = page.find(after, key_marker);
    let mut xml = Writer::new();
    xml.open("ListMultipartUploadsResult");
    xml.element("Bucket", call.bucket);
    page.describe(&mut xml);
    xml.element("KeyMarker", &page.text(key_marker));
    xml.element("UploadIdMarker", id_marker);
    xml.element("MaxUploads", &page.most.to_string());
    xml.element("IsTruncated", &found.is_truncated.to_string());
    if found.is_truncated {
        xml.element("NextKeyMarker", &page.text(&found.last));
        let last = found.items.last().filter(|(key, _)| *key == found.last);
        xml.element("NextUploadIdMarker", last.map_or("", |(_, (id, _))| id));
    }
    for (key, (id, upload)) in &found.items {
        xml.open("Upload");
        xml.element("Key", &page.text(key));
        xml.element("UploadId", id);
        xml.element("StorageClass", upload.metadata.storage_class());
        owner(&mut xml);
        xml.element("Initiated", &Date::of(upload.initiated).extended());
        xml.close("Upload");
    }
    found.common_prefixes(&page, &mut xml);
    xml.close("ListMultipartUploadsResult");
    Ok(Answer::xml(xml))
}

/// Several objects at once.
pub(super) fn delete(call: &Call<'_>, store: &mut Store) -> Result<Answer, CosError> {
    let body = &call.asked.request.body;
    let hash = STANDARD.encode(crypto::md5(&Body::from(body.clone())));
    if call.asked.header("content-md5") != Some(&hash) {
        let message = "The Content-MD5 is not that of the body, or is missing.";
        return Err(CosError::new(400, "BadDigest", message));
    }
    let root = Element::parse(body).filter(|root| root.name == "Delete");
    let root = root.ok_or_else(CosError::malformed_xml)?;
    let keys = root.named("Object").map(|object| object.text_of("Key"));
    let keys = keys.collect::<Option<Vec<_>>>().ok_or_else(CosError::malformed_xml)?;
    if keys.len() > MOST {
        return Err(CosError::malformed_xml());
    }
    let bucket = store.bucket_mut(call.bucket)?;
    let mut xml = Writer::new();
    xml.open("DeleteResult");
    for key in keys {
        bucket.objects.remove(key);
        if root.text_of("Quiet") != Some("true") {
            xml.open("Deleted");
            xml.element("Key", key);
            xml.close("Deleted");
        }
    }
    xml.close("DeleteResult");
    Ok(Answer::xml(xml))
}

fn page_of<'p>(parameters: &'p Parameters, most: &str) -> Result<Page<'p>, CosError> {
    Page::of(parameters, most).map_err(CosError::invalid_argument)
}

fn contents(xml: &mut Writer, key: &str, object: &Object) {
    xml.open("Contents");
    xml.element("Key", key);
    xml.element("LastModified", &Date::of(object.modified).extended());
    xml.element("ETag", &object.etag);
    xml.element("Size", &object.content.len().to_string());
    owner(xml);
    xml.element("StorageClass", object.metadata.storage_class());
    xml.close("Contents");
}

fn owner(xml: &mut Writer) {
    xml.open("Owner");
    xml.element("ID", "1250000000");
    xml.element("DisplayName", "1250000000");
    xml.close("Owner");
}

const MOST: usize = 1000;
