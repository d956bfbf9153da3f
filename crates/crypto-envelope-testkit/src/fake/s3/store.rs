//! What the fake holds.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    access_key::AccessKey,
    bucket_encryption::BucketEncryption,
    error::S3Error,
    lie::Lie,
    metadata::Metadata,
    object::{Object, Part, Version},
    policy::Policy,
    protection::Protection,
    tags::Tags,
};
use crate::fake::{clock::Clock, crypto};

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) clock: Clock,
    pub(super) access_keys: Vec<AccessKey>,
    pub(super) lies: Vec<Lie>,
    pub(super) buckets: BTreeMap<String, Bucket>,
    uploads: u64,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) created: SystemTime,
    pub(super) versioning: Versioning,
    pub(super) encryption: BucketEncryption,
    pub(super) policy: Option<Policy>,
    /// By key, with older ones first. There is never a key without any.
    versions: BTreeMap<String, Vec<Version>>,
    /// By key and id.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Versioning {
    #[default]
    Never,
    Enabled,
    Suspended,
}

/// An upload that is not complete.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) metadata: Metadata,
    pub(super) protection: Protection,
    pub(super) tags: Tags,
    pub(super) initiated: SystemTime,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// What became of an object that was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Deleted {
    /// That of the marker, or of what was deleted.
    pub(super) version: Option<String>,
    /// Whether that is a marker.
    pub(super) marker: bool,
}

impl Store {
    pub(super) fn new(access_keys: Vec<AccessKey>) -> Self {
        Self { access_keys, ..Self::default() }
    }

    pub(super) fn add_bucket(&mut self, name: &str) {
        let created = self.clock.now();
        let bucket = || Bucket {
            created,
            versioning: Versioning::default(),
            encryption: BucketEncryption::default(),
            policy: None,
            versions: BTreeMap::new(),
            uploads: BTreeMap::new(),
        };
        self.buckets.entry(name.to_owned()).or_insert_with(bucket);
    }

    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, S3Error> {
        self.buckets.get(name).ok_or_else(|| S3Error::no_such_bucket(name))
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, S3Error> {
        self.buckets.get_mut(name).ok_or_else(|| S3Error::no_such_bucket(name))
    }

    /// Ids of later uploads are behind those of earlier ones.
    pub(super) fn new_upload_id(&mut self) -> String {
        self.uploads += 1;
        let seconds = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("{seconds:010}{:010x}{}", self.uploads, crypto::hex(&crypto::random::<24>()))
    }
}

impl Bucket {
    /// Keys with all that stands or stood there, older ones first.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&str, &[Version])> {
        self.versions.iter().map(|(key, versions)| (key.as_str(), versions.as_slice()))
    }

    /// Objects that are there, in order.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&str, (&Version, &Object))> {
        self.versions.iter().filter_map(|(key, versions)| {
            let version = versions.last()?;
            Some((key.as_str(), (version, version.object.as_ref()?)))
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    pub(super) fn versions_of(&self, key: &str) -> &[Version] {
        self.versions.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The object that is there now.
    pub(super) fn current(&self, key: &str) -> Option<&Object> {
        self.versions_of(key).last()?.object.as_ref()
    }

    /// The newest version, or that of an id.
    pub(super) fn object(
        &self,
        key: &str,
        id: Option<&str>,
    ) -> Result<(&Version, &Object), S3Error> {
        let versions = self.versions_of(key);
        let version = match id {
            None => versions.last().ok_or_else(|| S3Error::no_such_key(key))?,
            Some(id) => {
                let found = versions.iter().find(|version| version.id == id);
                found.ok_or_else(|| S3Error::no_such_version(key, id))?
            }
        };
        let object = version.object.as_ref().ok_or_else(|| {
            let error = if id.is_some() {
                let message = "The specified method is not allowed against this resource.";
                S3Error::new(405, "MethodNotAllowed", message)
            } else {
                S3Error::no_such_key(key)
            };
            let error = error.with_header("x-amz-delete-marker", "true");
            error.with_header("x-amz-version-id", version.id.clone())
        })?;
        Ok((version, object))
    }

    pub(super) fn object_mut(
        &mut self,
        key: &str,
        id: Option<&str>,
    ) -> Result<(String, &mut Object), S3Error> {
        let id = self.object(key, id)?.0.id.clone();
        let versions = self.versions.get_mut(key).into_iter().flatten();
        let mut found = versions.filter(|version| version.id == id);
        let object = found.find_map(|version| version.object.as_mut());
        object.map(|object| (id, object)).ok_or_else(|| S3Error::no_such_key(key))
    }

    /// Puts an object in its place. The answer is the id of its version, if there are such.
    pub(super) fn put(
        &mut self,
        key: &str,
        object: Object,
        modified: SystemTime,
    ) -> Option<String> {
        let id = self.push(key, Some(object), modified);
        (self.versioning != Versioning::Never).then_some(id)
    }

    /// Deletes a version, or makes the object one that was deleted.
    pub(super) fn delete(&mut self, key: &str, id: Option<&str>, now: SystemTime) -> Deleted {
        match (id, self.versioning) {
            (Some(id), versioning) => {
                let versions = self.versions.get_mut(key);
                let removed = versions.and_then(|versions| {
                    let at = versions.iter().position(|version| version.id == id)?;
                    Some(versions.remove(at))
                });
                self.versions.retain(|_, versions| !versions.is_empty());
                let marker = removed.is_some_and(|version| version.object.is_none());
                let has_versions = versioning != Versioning::Never;
                Deleted { version: has_versions.then(|| id.to_owned()), marker }
            }
            (None, Versioning::Never) => {
                self.versions.remove(key);
                Deleted::default()
            }
            (None, Versioning::Enabled | Versioning::Suspended) => {
                Deleted { version: Some(self.push(key, None, now)), marker: true }
            }
        }
    }

    pub(super) fn upload(&self, key: &str, id: &str) -> Result<&Upload, S3Error> {
        let upload = self.uploads.get(&(key.to_owned(), id.to_owned()));
        upload.ok_or_else(|| S3Error::no_such_upload(id))
    }

    pub(super) fn upload_mut(&mut self, key: &str, id: &str) -> Result<&mut Upload, S3Error> {
        let upload = self.uploads.get_mut(&(key.to_owned(), id.to_owned()));
        upload.ok_or_else(|| S3Error::no_such_upload(id))
    }

    fn push(&mut self, key: &str, object: Option<Object>, modified: SystemTime) -> String {
        let versions = self.versions.entry(key.to_owned()).or_default();
        let id = match self.versioning {
            Versioning::Enabled => crypto::hex(&crypto::random::<16>()),
            // There is one without an id at most.
            Versioning::Never | Versioning::Suspended => {
                versions.retain(|version| version.id != NULL);
                NULL.to_owned()
            }
        };
        versions.push(Version { id: id.clone(), modified, object });
        id
    }
}

/// The id of a version that has none.
const NULL: &str = "null";
