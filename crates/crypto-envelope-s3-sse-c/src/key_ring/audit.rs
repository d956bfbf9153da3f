//! What is known of the epochs in a bucket.

use std::{collections::BTreeMap, time::SystemTime};

use crate::Epoch;

/// How many versions of objects in one bucket open with which epoch of a key ring: the proof by which
/// [`KeyRing::retire`](crate::KeyRing::retire) decides. It is made by looking at all of them, and is as good as
/// the clock of whoever looked.
#[derive(Clone, Debug)]
pub struct EpochAudit {
    pub(crate) ring: String,
    pub(crate) bucket: String,
    pub(crate) newest: Epoch,
    /// Epochs without any may be left out.
    pub(crate) versions: BTreeMap<Epoch, u64>,
    pub(crate) unattributed: u64,
    pub(crate) pending_uploads: u64,
    pub(crate) started: SystemTime,
    pub(crate) finished: SystemTime,
}

impl EpochAudit {
    /// The id of the ring.
    #[must_use]
    pub fn ring(&self) -> &str {
        &self.ring
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The newest epoch of the ring when it began.
    #[must_use]
    pub fn newest(&self) -> Epoch {
        self.newest
    }

    /// How many versions open with this epoch, noncurrent ones too.
    #[must_use]
    pub fn versions(&self, epoch: Epoch) -> u64 {
        self.versions.get(&epoch).copied().unwrap_or(0)
    }

    /// How many versions are under SSE-C, or may be, and open with no epoch of the ring, or could not be tried.
    #[must_use]
    pub fn unattributed(&self) -> u64 {
        self.unattributed
    }

    /// How many uploads in parts were under way that may be under another epoch than the newest.
    #[must_use]
    pub fn pending_uploads(&self) -> u64 {
        self.pending_uploads
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// When it ended.
    #[must_use]
    pub fn finished(&self) -> SystemTime {
        self.finished
    }
}
