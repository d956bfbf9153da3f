//! Tags of objects, for which nobody needs the key.

use super::{Call, object::with_version};
use crate::fake::{
    answer::Answer,
    s3::{
        error::S3Error,
        store::{Store, Versioning},
        tags::Tags,
    },
};

pub(super) fn get(call: &Call<'_>, store: &Store) -> Result<Answer, S3Error> {
    let asked = call.asked;
    let bucket = store.bucket(&asked.bucket)?;
    let (version, object) = bucket.object(&asked.key, asked.version())?;
    let has_versions = bucket.versioning != Versioning::Never;
    let id = has_versions.then(|| version.id.clone());
    Ok(with_version(Answer::xml(object.tags.xml()), id))
}

pub(super) fn put(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    let tags = Tags::of_xml(&call.payload.body.as_one())?;
    set(call, store, tags, 200)
}

pub(super) fn delete(call: &Call<'_>, store: &mut Store) -> Result<Answer, S3Error> {
    set(call, store, Tags::default(), 204)
}

fn set(call: &Call<'_>, store: &mut Store, tags: Tags, status: u16) -> Result<Answer, S3Error> {
    let asked = call.asked;
    let bucket = store.bucket_mut(&asked.bucket)?;
    let has_versions = bucket.versioning != Versioning::Never;
    let (id, object) = bucket.object_mut(&asked.key, asked.version())?;
    object.tags = tags;
    Ok(with_version(Answer::empty(status), has_versions.then_some(id)))
}
