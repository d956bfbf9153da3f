//! How long objects are said to be.

use std::num::NonZeroUsize;

/// What [`head`](object_store::ObjectStoreExt::head) says of how long the plaintext of an object is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadSize {
    /// Proved by the final frame, which is fetched and verified, so that the key provider is asked. Default.
    #[default]
    Proved,
    /// Computed from how long the object is, and from a header that nobody verified: no key is needed. Right for what was
    /// written by this crate, and anything for what was made to deceive; whoever goes on to read what depends on it
    /// notices.
    Estimated,
}

/// What [`list`](object_store::ObjectStore::list) says of how long objects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListSizes {
    /// The length of the plaintext, [estimated](HeadSize::Estimated) from the beginning of each object, which is fetched
    /// unless its header is [known](crate::EncryptedStoreBuilder::header_cache) by its entity tag. What is not a message,
    /// or cannot be read for want of permission, keeps the length it is stored with; any other error of the store is
    /// one of the list. Default, with 16 at the same time.
    Lookup {
        /// Most objects that are looked at, at the same time.
        concurrency: NonZeroUsize,
    },
    /// The length that the store has: that of the ciphertext, some hundred bytes more for the header and 32 for each
    /// frame. Costs nothing. Whoever plans reads by it, such as readers of Parquet footers, goes wrong.
    Ciphertext,
}

impl Default for ListSizes {
    fn default() -> Self {
        Self::Lookup { concurrency: SIXTEEN }
    }
}

const SIXTEEN: NonZeroUsize = NonZeroUsize::new(16).expect("it is not zero");
