//! `s3://BUCKET/KEY`.

use std::{fmt, path::Path};

use crypto_envelope_s3_sse_c::ObjectPlace;

use crate::{failure::Failure, place::bucket_and_key};

/// An object in S3, or where several are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Place {
    pub(super) bucket: String,
    /// Empty, or with a slash at the end, where several are.
    pub(super) key: String,
}

impl S3Place {
    /// None if it is the path of a file.
    pub(crate) fn parse(path: &Path) -> Result<Option<Self>, Failure> {
        Ok(bucket_and_key(path, SCHEME)?.map(|(bucket, key)| Self { bucket, key }))
    }

    /// Where several objects are.
    pub(super) fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// An object in it, or itself.
    pub(super) fn named(self, name: &str) -> Self {
        if self.is_folder() { Self { key: format!("{}{name}", self.key), ..self } } else { self }
    }

    /// What stands behind the last slash.
    pub(super) fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is this object.
    pub(super) fn is(&self, object: &ObjectPlace) -> bool {
        self.bucket == object.bucket() && self.key == object.key()
    }

    /// One object.
    pub(super) fn object(&self) -> Result<ObjectPlace, Failure> {
        if self.is_folder() {
            return Err(Failure::usage(format!("{self} is not one object"))
                .hint("name its key, without a slash at the end"));
        }
        Ok(ObjectPlace::new(&self.bucket, &self.key))
    }
}

impl fmt::Display for S3Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

const SCHEME: &str = "s3://";
