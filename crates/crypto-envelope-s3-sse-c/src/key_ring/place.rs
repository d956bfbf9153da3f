//! Where a key ring is kept.

use std::{fmt, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use crypto_envelope::Result;

/// One place for one key ring: a file, an object. It need not be secret, since the roots in it are wrapped.
///
/// It has to keep what it was given, and to compare and replace as one step: everything else is verified by
/// [`KeyRing`](crate::KeyRing).
#[async_trait]
pub trait RingPlace: Debug + Send + Sync + 'static {
    /// What is there. `None` if it is certain that nothing is; a place that cannot be reached is an error.
    ///
    /// Of what is longer than [`KeyRing::MAX_BYTES`](crate::KeyRing::MAX_BYTES), the first bytes are enough, if
    /// they are more than that.
    ///
    /// # Errors
    ///
    /// Those of the file system or of the service.
    async fn read(&self) -> Result<Option<StoredRing>>;

    /// Stores the first ring, all of it or nothing, unless there is one.
    ///
    /// # Errors
    ///
    /// Those of the file system or of the service. Whether it is stored may be unknown then.
    async fn create(&self, ring: &[u8]) -> Result<Placed>;

    /// Stores a ring, all of it or nothing, in place of the one with this revision.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    async fn replace(&self, ring: &[u8], revision: &Revision) -> Result<Placed>;

    /// Where that is, for error messages: `the file /srv/ring.json`.
    fn describe(&self) -> String;

    /// A command that brings back the ring from a backup, for error messages.
    fn how_to_restore(&self) -> String;
}

#[async_trait]
impl<P: RingPlace + ?Sized> RingPlace for Arc<P> {
    async fn read(&self) -> Result<Option<StoredRing>> {
        (**self).read().await
    }

    async fn create(&self, ring: &[u8]) -> Result<Placed> {
        (**self).create(ring).await
    }

    async fn replace(&self, ring: &[u8], revision: &Revision) -> Result<Placed> {
        (**self).replace(ring, revision).await
    }

    fn describe(&self) -> String {
        (**self).describe()
    }

    fn how_to_restore(&self) -> String {
        (**self).how_to_restore()
    }
}

/// What a [`RingPlace`] holds. Nothing is known to be true of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRing {
    bytes: Vec<u8>,
    revision: Revision,
}

impl StoredRing {
    /// These bytes, under this revision.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>, revision: Revision) -> Self {
        Self { bytes: bytes.into(), revision }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their revision.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    pub(crate) fn into_parts(self) -> (Vec<u8>, Revision) {
        (self.bytes, self.revision)
    }
}

impl Debug for StoredRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = format_args!("{} bytes", self.bytes.len());
        f.debug_struct("StoredRing")
            .field("bytes", &bytes)
            .field("revision", &self.revision)
            .finish()
    }
}

/// Tells one state of a place from all others, such as an entity tag: it means something to the place alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// What the place calls it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The same.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How it ended to store a ring, when there is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "two answers and an error: that is the contract")]
pub enum Placed {
    /// It is stored, and will still be there after a crash.
    Done,
    /// Somebody else was first: what is there is not what was to be replaced.
    Lost,
}
