//! Headers that were read before.

use std::{fmt, sync::Arc};

use crypto_envelope::ranges::KnownHeader;
use object_store::{ObjectMeta, path::Path};
use quick_cache::{Weighter, sync::Cache};

use crate::source::e_tag_of;

/// Headers as they are stored, without any key: each is verified again whenever it is used. One is
/// kept for each location, with the strong entity tag of the object that it is of.
///
/// Clones are the same cache.
#[derive(Clone)]
pub(crate) struct HeaderCache(Arc<Cache<Path, KnownHeader, Weight>>);

impl HeaderCache {
    /// For so many bytes of headers.
    pub(crate) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / TYPICAL_WEIGHT).unwrap_or(usize::MAX);
        Self(Arc::new(Cache::with_weighter(items, bytes, Weight)))
    }

    /// The last one that was read at `location`. Whether it still is the right one shows with the next answer of the
    /// store.
    pub(crate) fn last_of(&self, location: &Path) -> Option<KnownHeader> {
        self.0.get(location)
    }

    /// That of the very object that is spoken of. Lists of Azure leave out the quotes of entity tags.
    pub(crate) fn of(&self, meta: &ObjectMeta) -> Option<KnownHeader> {
        let known = self.last_of(&meta.location)?;
        let listed = meta.e_tag.as_deref()?.trim_matches('"');
        let is_same = e_tag_of(known.version())?.trim_matches('"') == listed
            && known.message_length() == meta.size;
        is_same.then_some(known)
    }

    /// Keeps the header of an object, if a strong entity tag says which one it is.
    pub(crate) fn keep(&self, location: &Path, known: KnownHeader) {
        if e_tag_of(known.version()).is_some() {
            self.0.insert(location.clone(), known);
        }
    }

    /// There is something else now, or will be.
    pub(crate) fn forget(&self, location: &Path) {
        self.0.remove(location);
    }
}

impl fmt::Debug for HeaderCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderCache")
            .field("headers", &self.0.len())
            .field("capacity", &self.0.capacity())
            .finish()
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Path, KnownHeader> for Weight {
    fn weight(&self, location: &Path, known: &KnownHeader) -> u64 {
        // It is there as it is stored, and in pieces with some memory around each.
        let header = known.header().claims().length() * 3;
        (location.as_ref().len() + known.version().as_bytes().len() + header) as u64 + AROUND
    }
}

/// Memory around the header of an entry, about.
const AROUND: u64 = 512;
const TYPICAL_WEIGHT: u64 = 2048;
