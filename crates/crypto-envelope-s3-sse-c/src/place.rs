//! Which object a call is about.

use std::fmt;

#[cfg(feature = "aws-sdk-s3")]
use crypto_envelope::{Error, Result};

/// A version of an object, or the object whatever its version, or a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectPlace {
    bucket: String,
    key: String,
    version: Option<String>,
}

impl ObjectPlace {
    /// An object, whatever its version.
    #[must_use]
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into(), version: None }
    }

    /// What a request of the AWS SDK is about.
    #[cfg(feature = "aws-sdk-s3")]
    pub(crate) fn of(bucket: Option<&str>, key: Option<&str>) -> Result<Self> {
        match (bucket.filter(|name| !name.is_empty()), key.filter(|name| !name.is_empty())) {
            (Some(bucket), Some(key)) => Ok(Self::new(bucket, key)),
            (None, _) => Err(Error::invalid_input("the request names no bucket")),
            (_, None) => Err(Error::invalid_input("the request names no object")),
        }
    }

    /// One version of it.
    #[must_use]
    pub fn with_version(mut self, version: Option<impl Into<String>>) -> Self {
        self.version = version.map(Into::into);
        self
    }

    /// The name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The name of the object; empty if a call was about the bucket.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The id of the version, if it is about one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

impl fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key.escape_debug())?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " (version {version})"))
    }
}
