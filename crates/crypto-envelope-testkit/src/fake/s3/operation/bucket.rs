//! Buckets and their settings.

use super::Call;
use crate::fake::{
    answer::Answer,
    s3::{
        NAMESPACE,
        bucket_encryption::BucketEncryption,
        date,
        error::S3Error,
        policy::Policy,
        store::{Store, Versioning},
    },
    xml::{Element, Writer},
};

/// All buckets of the account.
pub(super) fn list_all(store: &Store) -> Answer {
    let mut xml = Writer::new();
    xml.open_in("ListAllMyBucketsResult", NAMESPACE);
    super::list::owner(&mut xml);
    xml.open("Buckets");
    for (name, bucket) in &store.buckets {
        xml.open("Bucket");
        xml.element("Name", name);
        xml.element("CreationDate", &date(bucket.created));
        xml.close("Bucket");
    }
    xml.close("Buckets");
    xml.close("ListAllMyBucketsResult");
    Answer::xml(xml)
}

/// What is there already is the caller's own, which is no error in the first of all regions.
pub(super) fn create(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let name = &call.asked.bucket;
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_valid = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| is_known(byte) || byte == b'-' || byte == b'.')
        && name.bytes().next().is_some_and(is_known)
        && name.bytes().next_back().is_some_and(is_known)
        && !name.contains("..");
    if !is_valid {
        let message = "The specified bucket is not valid.";
        return Err(S3Error::new(400, "InvalidBucketName", message).with("BucketName", name));
    }
    if store.buckets.contains_key(name) && call.terms.region != "us-east-1" {
        let message = "Your previous request to create the named bucket succeeded and you already \
                       own it.";
        return Err(S3Error::new(409, "BucketAlreadyOwnedByYou", message).with("BucketName", name));
    }
    store.add_bucket(name);
    Ok(Answer::empty(200).with("Location", format!("/{name}")))
}

pub(super) fn head(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    store.bucket(&call.asked.bucket)?;
    Ok(Answer::empty(200).with("x-amz-bucket-region", call.terms.region.clone()))
}

pub(super) fn delete(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let name = &call.asked.bucket;
    if !store.bucket(name)?.is_empty() {
        let message = "The bucket you tried to delete is not empty";
        return Err(S3Error::new(409, "BucketNotEmpty", message).with("BucketName", name));
    }
    store.buckets.remove(name);
    Ok(Answer::empty(204))
}

/// That of the first of all regions is empty.
pub(super) fn location(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    store.bucket(&call.asked.bucket)?;
    let mut xml = Writer::new();
    xml.open_in("LocationConstraint", NAMESPACE);
    if call.terms.region != "us-east-1" {
        xml.text(&call.terms.region);
    }
    xml.close("LocationConstraint");
    Ok(Answer::xml(xml))
}

pub(super) fn versioning(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let mut xml = Writer::new();
    xml.open_in("VersioningConfiguration", NAMESPACE);
    match store.bucket(&call.asked.bucket)?.versioning {
        Versioning::Never => {}
        Versioning::Enabled => xml.element("Status", "Enabled"),
        Versioning::Suspended => xml.element("Status", "Suspended"),
    }
    xml.close("VersioningConfiguration");
    Ok(Answer::xml(xml))
}

pub(super) fn put_versioning(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let bucket = store.bucket_mut(&call.asked.bucket)?;
    let root = Element::parse(&call.payload.body.as_one());
    let root = root.filter(|root| root.name == "VersioningConfiguration");
    bucket.versioning = match root.as_ref().and_then(|root| root.text_of("Status")) {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => return Err(S3Error::malformed_xml()),
    };
    Ok(Answer::empty(200))
}

pub(super) fn encryption(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    Ok(Answer::xml(store.bucket(&call.asked.bucket)?.encryption.xml()))
}

pub(super) fn put_encryption(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let bucket = store.bucket_mut(&call.asked.bucket)?;
    bucket.encryption = BucketEncryption::of_xml(&call.payload.body.as_one())?;
    Ok(Answer::empty(200))
}

pub(super) fn delete_encryption(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    store.bucket_mut(&call.asked.bucket)?.encryption = BucketEncryption::default();
    Ok(Answer::empty(204))
}

pub(super) fn policy(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let name = &call.asked.bucket;
    let policy = store.bucket(name)?.policy.as_ref().ok_or_else(|| {
        let message = "The bucket policy does not exist";
        S3Error::new(404, "NoSuchBucketPolicy", message).with("BucketName", name)
    })?;
    let answer = Answer::empty(200).with("Content-Type", "application/json");
    Ok(Answer { body: policy.text.clone().into_bytes().into(), ..answer })
}

pub(super) fn put_policy(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let bucket = store.bucket_mut(&call.asked.bucket)?;
    bucket.policy = Some(Policy::parse(&call.payload.body.as_one())?);
    Ok(Answer::empty(204))
}

pub(super) fn delete_policy(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    store.bucket_mut(&call.asked.bucket)?.policy = None;
    Ok(Answer::empty(204))
}
