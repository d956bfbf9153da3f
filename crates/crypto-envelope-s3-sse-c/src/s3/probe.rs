//! What a server really does with a bucket: found out for each client, with random bytes under names that nothing
//! else has, which are removed again.

mod copies;
mod objects;
mod parts;
mod tags;
mod writes;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crypto_envelope::Error;
use tokio::sync::{Mutex, OnceCell};

use self::writes::Replacing;
pub(crate) use self::{
    copies::{CopyKind, CopyWay},
    objects::SampleSize,
    writes::WriteWay,
};
use crate::{SseCError, SseCErrorKind, s3::etag::TagForm};

/// What was found out about one bucket: a server may do otherwise with one that has versions.
#[derive(Debug)]
pub(crate) struct Probed {
    since: Instant,
    /// Whether it encrypts parts although it says nothing when an upload begins.
    parts: OnceCell<bool>,
    /// Which copies it really makes.
    copies: Mutex<HashMap<CopyKind, bool>>,
    /// How it wants the entity tag of a source. None if it ignores it.
    source_tag: OnceCell<Option<TagForm>>,
    /// Whether it makes an object only once.
    creates: OnceCell<bool>,
    /// How it wants the entity tag of what is to be replaced. None if it replaces anything.
    replaces: Mutex<HashMap<Replacing, Option<TagForm>>>,
}

impl Probed {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            parts: OnceCell::new(),
            copies: Mutex::default(),
            source_tag: OnceCell::new(),
            creates: OnceCell::new(),
            replaces: Mutex::default(),
        }
    }

    /// Whether it may be out of date: somebody may have turned on versions, or another server may be there.
    pub(crate) fn is_old(&self) -> bool {
        self.since.elapsed() > GOOD_FOR
    }
}

/// Whether a test failed because the server cannot do it, and not because of who asked, or because of the network.
fn shows_inability(error: &Error) -> bool {
    SseCError::find_in(error).is_some_and(SseCError::is_inability)
}

impl SseCError {
    fn is_inability(&self) -> bool {
        use SseCErrorKind::{
            Damaged, Denied, NotProtected, NotSent, Throttled, Unproven, Unverified,
        };
        match self.kind() {
            Denied | NotSent | Throttled | Unverified => false,
            Damaged | NotProtected | Unproven => true,
            // Some say 500 to what they do not know; but to that once is not for always.
            _ => self.status().is_some_and(|status| (400..500).contains(&status) || status == 501),
        }
    }
}

const GOOD_FOR: Duration = Duration::from_hours(1);
