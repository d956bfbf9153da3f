//! What the fake holds.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    access_key::AccessKey, error::CosError, metadata::Metadata, object::Object, sse::Encryption,
};
use crate::fake::{clock::Clock, crypto};

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) clock: Clock,
    pub(super) access_keys: Vec<AccessKey>,
    pub(super) buckets: BTreeMap<String, Bucket>,
    uploads: u64,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) created: SystemTime,
    pub(super) objects: BTreeMap<String, Object>,
    /// By key and id.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
}

/// An upload that is not complete.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) metadata: Metadata,
    pub(super) encryption: Encryption,
    pub(super) initiated: SystemTime,
    pub(super) parts: BTreeMap<u32, Object>,
}

impl Store {
    pub(super) fn new(access_keys: Vec<AccessKey>) -> Self {
        Self { access_keys, ..Self::default() }
    }

    pub(super) fn add_bucket(&mut self, name: &str, region: &str) {
        let created = self.clock.now();
        let bucket = || Bucket {
            region: region.to_owned(),
            created,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        };
        self.buckets.entry(name.to_owned()).or_insert_with(bucket);
    }

    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, CosError> {
        self.buckets.get(name).ok_or_else(CosError::no_such_bucket)
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, CosError> {
        self.buckets.get_mut(name).ok_or_else(CosError::no_such_bucket)
    }

    /// Ids of later uploads are behind those of earlier ones.
    pub(super) fn new_upload_id(&mut self) -> String {
        self.uploads += 1;
        let seconds = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("{seconds:010}{:010x}{}", self.uploads, crypto::hex(&crypto::random::<24>()))
    }
}

impl Bucket {
    pub(super) fn object(&self, key: &str) -> Result<&Object, CosError> {
        self.objects.get(key).ok_or_else(CosError::no_such_key)
    }

    /// Puts an object in its place, unless there is one that must stay.
    pub(super) fn put(
        &mut self,
        key: &str,
        object: Object,
        overwriting: Overwriting,
    ) -> Result<(), CosError> {
        match (self.objects.entry(key.to_owned()), overwriting) {
            (Entry::Occupied(_), Overwriting::Forbidden) => {
                Err(CosError::new(409, "FileAlreadyExists", "The object exists already."))
            }
            (Entry::Occupied(mut there), Overwriting::Allowed) => {
                there.insert(object);
                Ok(())
            }
            (Entry::Vacant(free), _) => {
                free.insert(object);
                Ok(())
            }
        }
    }

    pub(super) fn upload(&self, key: &str, id: &str) -> Result<&Upload, CosError> {
        let upload = self.uploads.get(&(key.to_owned(), id.to_owned()));
        upload.ok_or_else(CosError::no_such_upload)
    }

    pub(super) fn upload_mut(&mut self, key: &str, id: &str) -> Result<&mut Upload, CosError> {
        let upload = self.uploads.get_mut(&(key.to_owned(), id.to_owned()));
        upload.ok_or_else(CosError::no_such_upload)
    }
}

/// Whether an object may take the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overwriting {
    Allowed,
    Forbidden,
}

impl Overwriting {
    /// As the header `x-cos-forbid-overwrite` has it.
    pub(super) fn of(header: Option<&str>) -> Self {
        let is_forbidden = header.is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if is_forbidden { Self::Forbidden } else { Self::Allowed }
    }
}
