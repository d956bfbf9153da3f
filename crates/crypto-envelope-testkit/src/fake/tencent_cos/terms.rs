//! What a fake lets its clients do, where COS is strict, or the other way round.

use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Buckets by domains of a user's own.
    pub(super) domains: BTreeMap<String, String>,
    /// How many bytes every part but the last has to have.
    pub(super) smallest_part: usize,
    pub(super) customer_keys: CustomerKeys,
    pub(super) signatures: Signatures,
}

/// Where keys of customers may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CustomerKeys {
    OverTls,
    InClear,
}

/// How much of a request has to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signatures {
    /// Whatever the client likes.
    Any,
    /// All that means something.
    Strict,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            domains: BTreeMap::new(),
            smallest_part: 1 << 20,
            customer_keys: CustomerKeys::OverTls,
            signatures: Signatures::Any,
        }
    }
}
