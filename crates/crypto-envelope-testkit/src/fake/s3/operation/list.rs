//! What is in a bucket.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Call, Operation};
use crate::fake::{
    answer::Answer,
    http::{Parameters, percent},
    listing::Page,
    s3::{
        NAMESPACE, date,
        error::S3Error,
        object::{Object, Version},
        store::Store,
    },
    xml::Writer,
};

/// By either of two operations, which say differently where a page begins.
pub(super) fn objects(
    operation: Operation,
    call: &Call<'_>,
    store: &Store,
) -> Result<Answer, S3Error> {
    let parameters = &call.asked.parameters;
    let page = page_of(parameters, "max-keys")?;
    let given = |name: &str| parameters.get(name).filter(|value| !value.is_empty());
    let is_second = operation == Operation::ListObjectsV2;
    let token = given("continuation-token").filter(|_| is_second);
    let marker = match (token, is_second) {
        (Some(token), _) => marker_of(token)?,
        (None, true) => given("start-after").unwrap_or_default().to_owned(),
        (None, false) => given("marker").unwrap_or_default().to_owned(),
    };
    let bucket = store.bucket(&call.asked.bucket)?;
    let after = bucket.objects().filter(|(key, _)| *key > marker.as_str());
    let found = page.find(after, &marker);
    let mut xml = Writer::new();
    xml.open_in("ListBucketResult", NAMESPACE);
    xml.element("Name", &call.asked.bucket);
    page.describe(&mut xml);
    xml.element("MaxKeys", &page.most.to_string());
    xml.element("IsTruncated", &found.is_truncated.to_string());
    if is_second {
        xml.element("KeyCount", &(found.items.len() + found.prefixes.len()).to_string());
        for (name, element) in
            [("continuation-token", "ContinuationToken"), ("start-after", "StartAfter")]
        {
            if let Some(value) = given(name) {
                xml.element(element, value);
            }
        }
        if found.is_truncated {
            xml.element("NextContinuationToken", &STANDARD.encode(&found.last));
        }
    } else {
        xml.element("Marker", &page.text(&marker));
        if found.is_truncated {
            xml.element("NextMarker", &page.text(&found.last));
        }
    }
    let with_owner = !is_second || parameters.get("fetch-owner") == Some("true");
    for (key, (version, object)) in &found.items {
        xml.open("Contents");
        xml.element("Key", &page.text(key));
        describe(&mut xml, version, object);
        if with_owner {
            owner(&mut xml);
        }
        xml.close("Contents");
    }
    found.common_prefixes(&page, &mut xml);
    xml.close("ListBucketResult");
    Ok(Answer::xml(xml))
}

pub(super) fn versions(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let parameters = &call.asked.parameters;
    let page = page_of(parameters, "max-keys")?;
    let key_marker = parameters.get("key-marker").unwrap_or_default();
    let id_marker = parameters.get("version-id-marker").filter(|id| !id.is_empty());
    let bucket = store.bucket(&call.asked.bucket)?;
    let after = bucket.versions().flat_map(|(key, versions)| {
        let newest_first = versions.iter().enumerate().rev();
        let latest = versions.len() - 1;
        let all = newest_first.map(move |(at, version)| (key, (version, at == latest)));
        let seen = versions.iter().rev().position(|version| Some(version.id.as_str()) == id_marker);
        let skipped = match key.cmp(key_marker) {
            std::cmp::Ordering::Less => versions.len(),
            // Behind a key without a version there are other keys.
            std::cmp::Ordering::Equal => {
                if key_marker.is_empty() {
                    0
                } else {
                    seen.map_or(versions.len(), |at| at + 1)
                }
            }
            std::cmp::Ordering::Greater => 0,
        };
        all.skip(skipped)
    });
    let found = page.find(after, key_marker);
    let mut xml = Writer::new();
    xml.open_in("ListVersionsResult", NAMESPACE);
    xml.element("Name", &call.asked.bucket);
    page.describe(&mut xml);
    xml.element("KeyMarker", &page.text(key_marker));
    xml.element("VersionIdMarker", id_marker.unwrap_or_default());
    xml.element("MaxKeys", &page.most.to_string());
    xml.element("IsTruncated", &found.is_truncated.to_string());
    if found.is_truncated {
        xml.element("NextKeyMarker", &page.text(&found.last));
        let last = found.items.last().filter(|(key, _)| *key == found.last);
        if let Some((_, (version, _))) = last {
            xml.element("NextVersionIdMarker", &version.id);
        }
    }
    for (key, (version, is_latest)) in &found.items {
        let name = if version.object.is_some() { "Version" } else { "DeleteMarker" };
        xml.open(name);
        xml.element("Key", &page.text(key));
        xml.element("VersionId", &version.id);
        xml.element("IsLatest", &is_latest.to_string());
        match &version.object {
            Some(object) => describe(&mut xml, version, object),
            None => xml.element("LastModified", &date(version.modified)),
        }
        owner(&mut xml);
        xml.close(name);
    }
    found.common_prefixes(&page, &mut xml);
    xml.close("ListVersionsResult");
    Ok(Answer::xml(xml))
}

pub(super) fn uploads(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let parameters = &call.asked.parameters;
    let page = page_of(parameters, "max-uploads")?;
    let key_marker = parameters.get("key-marker").unwrap_or_default();
    let id_marker = parameters.get("upload-id-marker").unwrap_or_default();
    let bucket = store.bucket(&call.asked.bucket)?;
    let after = bucket.uploads.iter().filter(|((key, id), _)| {
        key.as_str() > key_marker
            || key == key_marker && !id_marker.is_empty() && id.as_str() > id_marker
    });
    let after = after.map(|((key, id), upload)| (key.as_str(), (id, upload)));
    let found = page.find(after, key_marker);
    let mut xml = Writer::new();
    xml.open_in("ListMultipartUploadsResult", NAMESPACE);
    xml.element("Bucket", &call.asked.bucket);
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
        xml.element("Initiated", &date(upload.initiated));
        xml.close("Upload");
    }
    found.common_prefixes(&page, &mut xml);
    xml.close("ListMultipartUploadsResult");
    Ok(Answer::xml(xml))
}

pub(super) fn parts(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let asked = call.asked;
    let number = |name: &str, default: u32| match asked.parameters.get(name).unwrap_or_default() {
        "" => Ok(default),
        text => text.parse().map_err(|_| S3Error::invalid_argument(format!("{name}: {text}"))),
    };
    let marker = number("part-number-marker", 0)?;
    let most = number("max-parts", 1000)?.min(1000);
    let upload = store.bucket(&asked.bucket)?.upload(&asked.key, asked.upload_id())?;
    let mut parts = upload.parts.range(marker.saturating_add(1)..);
    let mut xml = Writer::new();
    xml.open_in("ListPartsResult", NAMESPACE);
    xml.element("Bucket", &asked.bucket);
    match asked.parameters.get("encoding-type") {
        Some("url") => {
            xml.element("EncodingType", "url");
            xml.element("Key", &percent::encode(asked.key.as_bytes()));
        }
        _ => xml.element("Key", &asked.key),
    }
    xml.element("UploadId", asked.upload_id());
    xml.element("StorageClass", upload.metadata.storage_class());
    xml.element("PartNumberMarker", &marker.to_string());
    xml.element("MaxParts", &most.to_string());
    let mut last = marker;
    for (number, part) in parts.by_ref().take(most as usize) {
        last = *number;
        xml.open("Part");
        xml.element("PartNumber", &number.to_string());
        xml.element("LastModified", &date(part.modified));
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

pub(super) fn owner(xml: &mut Writer) {
    xml.open("Owner");
    xml.element("ID", OWNER);
    xml.element("DisplayName", "fake");
    xml.close("Owner");
}

fn describe(xml: &mut Writer, version: &Version, object: &Object) {
    xml.element("LastModified", &date(version.modified));
    xml.element("ETag", &object.etag);
    xml.element("Size", &object.len().to_string());
    xml.element("StorageClass", object.metadata.storage_class());
}

fn page_of<'p>(parameters: &'p Parameters, most: &str) -> Result<Page<'p>, S3Error> {
    Page::of(parameters, most).map_err(S3Error::invalid_argument)
}

fn marker_of(token: &str) -> Result<String, S3Error> {
    let marker = STANDARD.decode(token).ok().and_then(|marker| String::from_utf8(marker).ok());
    let message = "The continuation token provided is incorrect";
    marker.ok_or_else(|| S3Error::invalid_argument(message))
}

const OWNER: &str = "0000000000000000000000000000000000000000000000000000000000000fa4";
