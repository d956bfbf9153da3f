//! What a server really does with a bucket: found out once for each client, with random bytes under names that nothing else
//! has, which are removed again.

mod copies;
mod objects;
mod parts;
mod tags;
mod writes;

use std::collections::HashMap;

use crypto_envelope::Error;
use tokio::sync::{Mutex, OnceCell};

pub(crate) use self::{
    copies::{CopyKind, CopyWay},
    tags::{TagForm, is_same_tag},
    writes::ConditionalWrites,
};
use crate::{SseCError, SseCErrorKind};

/// What was found out about one bucket: a server may do otherwise with one that has versions.
#[derive(Debug, Default)]
pub(crate) struct Probed {
    /// Whether it encrypts parts although it says nothing when an upload begins.
    parts: OnceCell<bool>,
    /// Which copies it really makes.
    copies: Mutex<HashMap<CopyKind, bool>>,
    /// How it wants the entity tag of a source. None if it ignores it.
    source_tag: OnceCell<Option<TagForm>>,
    writes: OnceCell<ConditionalWrites>,
}

/// Whether a test failed because the server cannot do it, and not because of who asked, or because of the network.
fn shows_inability(error: &Error) -> bool {
    SseCError::find_in(error).is_some_and(SseCError::is_inability)
}

impl SseCError {
    fn is_inability(&self) -> bool {
        use SseCErrorKind::{Damaged, Denied, NotProtected, NotSent, Throttled, Unproven};
        match self.kind() {
            Denied | NotSent | Throttled => false,
            Damaged | NotProtected | Unproven => true,
            _ => self.status().is_some_and(|status| status != 503),
        }
    }
}
