//! What is to go away.

use super::Call;
use crate::fake::{
    answer::Answer,
    s3::{
        conditions,
        error::S3Error,
        store::{Deleted, Store},
    },
    xml::{Element, Writer},
};

/// What is not there is gone already.
pub(super) fn one(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let (asked, now) = (call.asked, store.clock.now());
    let bucket = store.bucket_mut(&asked.bucket)?;
    let check = conditions::check_delete(asked.header("if-match"), bucket, &asked.key);
    call.conditionally(check)?;
    let Deleted { version, marker } = bucket.delete(&asked.key, asked.version(), now);
    let answer = super::object::with_version(Answer::empty(204), version);
    Ok(if marker { answer.with("x-amz-delete-marker", "true") } else { answer })
}

/// Several objects at once.
pub(super) fn several(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let (asked, now) = (call.asked, store.clock.now());
    let mut headers = asked.request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let is_checked = call.payload.checksum.is_some()
        || headers.any(|name| name == "content-md5" || name.starts_with("x-amz-checksum-"));
    if !is_checked {
        let message = "Missing required header for this request: Content-MD5";
        return Err(S3Error::invalid_request(message));
    }
    let root = Element::parse(&call.payload.body.as_one()).filter(|root| root.name == "Delete");
    let root = root.ok_or_else(S3Error::malformed_xml)?;
    let objects = root.named("Object").collect::<Vec<_>>();
    if objects.is_empty() || objects.len() > MOST {
        return Err(S3Error::malformed_xml());
    }
    let is_quiet = root.text_of("Quiet") == Some("true");
    let bucket = store.bucket_mut(&asked.bucket)?;
    let mut xml = Writer::new();
    xml.open_in("DeleteResult", crate::fake::s3::NAMESPACE);
    for object in objects {
        let key = object.named("Key").next().ok_or_else(S3Error::malformed_xml)?.text.as_str();
        let version = object.text_of("VersionId").filter(|id| !id.is_empty());
        let check = conditions::check_delete(object.text_of("ETag"), bucket, key);
        match call.conditionally(check) {
            Ok(()) => {
                let deleted = bucket.delete(key, version, now);
                if !is_quiet {
                    describe(&mut xml, key, version, deleted);
                }
            }
            Err(error) => {
                xml.open("Error");
                xml.element("Key", key);
                error.elements(&mut xml);
                xml.close("Error");
            }
        }
    }
    xml.close("DeleteResult");
    Ok(Answer::xml(xml))
}

fn describe(xml: &mut Writer, key: &str, asked: Option<&str>, deleted: Deleted) {
    xml.open("Deleted");
    xml.element("Key", key);
    if let Some(id) = asked {
        xml.element("VersionId", id);
    }
    if deleted.marker {
        xml.element("DeleteMarker", "true");
        xml.element("DeleteMarkerVersionId", &deleted.version.unwrap_or_default());
    }
    xml.close("Deleted");
}

const MOST: usize = 1000;
