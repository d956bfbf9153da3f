//! What an object is bound to.

use std::{fmt, sync::Arc};

use crypto_envelope::{self as core, EncryptionContext};
use object_store::path::Path;

/// The key of the pair that binds an object to its location, which is the value: the path that the
/// [`EncryptedStore`](crate::EncryptedStore) was called with, as [`Path`] writes it. That says nothing of the bucket, or the
/// prefix, that the store below is: where one key serves several, add what tells them apart by
/// [`encryption_context`](crate::EncryptedStoreBuilder::encryption_context).
pub const LOCATION_KEY: &str = "object-location";

/// The encryption context of each object: told when it is written, expected when it is read.
#[derive(Clone)]
pub(crate) struct ContextPolicy {
    pub(crate) location: LocationPair,
    pub(crate) pairs: Option<Pairs>,
}

/// What a caller says of a location.
pub(crate) type Pairs = Arc<dyn Fn(&Path) -> core::Result<EncryptionContext> + Send + Sync>;

/// Whether the location is part of the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocationPair {
    Bound,
    LeftOut,
}

impl ContextPolicy {
    /// Each object is bound to its location, and to nothing else.
    pub(crate) fn of_location() -> Self {
        Self { location: LocationPair::Bound, pairs: None }
    }

    /// Whether objects are bound to anything.
    pub(crate) fn binds(&self) -> bool {
        self.location == LocationPair::Bound || self.pairs.is_some()
    }

    /// The context of the object at `location`.
    pub(crate) fn of(&self, location: &Path) -> core::Result<EncryptionContext> {
        let mut context = match &self.pairs {
            Some(of) => of(location)?,
            None => EncryptionContext::new(),
        };
        if self.location == LocationPair::Bound
            && context.insert(LOCATION_KEY, location.as_ref()).is_some()
        {
            return Err(core::Error::invalid_input(format!(
                "the pair with the key {LOCATION_KEY:?} is the store's own, while objects are bound to \
                 their location"
            )));
        }
        Ok(context)
    }
}

impl fmt::Debug for ContextPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextPolicy")
            .field("location", &self.location)
            .field("has_pairs", &self.pairs.is_some())
            .finish()
    }
}
