//! Branch keys that were got before.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use crypto_envelope::Result;
use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use super::BranchKeyVersion;
use super::source::BranchKeyMaterial;

/// Each is got by one caller at a time, while others wait for it.
pub(super) struct BranchKeyCache {
    slots: Cache<Name, Arc<Slot>>,
    time_to_live: Duration,
}

/// What it is asked for: the active version, or a certain one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) id: String,
    pub(super) version: Option<BranchKeyVersion>,
}

/// Locked while the key is got.
type Slot = Mutex<Option<Kept>>;

struct Kept {
    since: Instant,
    material: Arc<BranchKeyMaterial>,
}

impl BranchKeyCache {
    pub(super) fn new(time_to_live: Duration) -> Self {
        Self { slots: Cache::new(CAPACITY), time_to_live }
    }

    pub(super) fn with_capacity(&self, versions: usize) -> Self {
        Self { slots: Cache::new(versions), time_to_live: self.time_to_live }
    }

    /// What is kept, if that is young enough, else what `get` gives. Failures are not kept.
    pub(super) async fn get(
        &self,
        name: Name,
        get: impl Future<Output = Result<BranchKeyMaterial>>,
    ) -> Result<Arc<BranchKeyMaterial>> {
        if self.time_to_live.is_zero() {
            return get.await.map(Arc::new);
        }
        let slot = self.slots.get_or_insert_with(&name, || Ok::<_, Infallible>(Arc::default()));
        let slot = slot.unwrap_or_else(|never| match never {});
        let mut kept = slot.lock().await;
        if let Some(Kept { since, material }) = &*kept
            && since.elapsed() < self.time_to_live
        {
            return Ok(Arc::clone(material));
        }
        // Gone now, and not only if there is another one.
        *kept = None;
        let since = Instant::now();
        let material = Arc::new(get.await?);
        *kept = Some(Kept { since, material: Arc::clone(&material) });
        Ok(material)
    }
}

const CAPACITY: usize = 1000;
