//! The two that are compared.

use std::sync::Arc;

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_benches::compare::{Cost, costs_in_turns};
use crypto_envelope_object_store::{EncryptedStore, EncryptedStoreBuilder};
use futures_util::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, path::Path};
use tokio::runtime::{Builder, Runtime};

use crate::Outcome;

/// A store, and where in it.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) store: Arc<dyn ObjectStore>,
    folder: &'static str,
}

impl Side {
    pub(crate) fn bare(store: &Arc<dyn ObjectStore>) -> Self {
        Self { store: Arc::clone(store), folder: "bare" }
    }

    /// With all defaults.
    pub(crate) fn encrypted(store: &Arc<dyn ObjectStore>) -> Outcome<Self> {
        Ok(Self::of(encrypted(store)?.build()?))
    }

    /// Whatever its options, the same objects.
    pub(crate) fn of(store: EncryptedStore<Arc<dyn ObjectStore>>) -> Self {
        Self { store: Arc::new(store), folder: "encrypted" }
    }

    pub(crate) fn path(&self, name: &str) -> Path {
        Path::from_iter([ALL, self.folder, name])
    }
}

/// Starts a store with the key of this bench.
pub(crate) fn encrypted(
    store: &Arc<dyn ObjectStore>,
) -> Outcome<EncryptedStoreBuilder<Arc<dyn ObjectStore>>> {
    Ok(EncryptedStore::builder(Arc::clone(store), provider()?))
}

pub(crate) fn provider() -> Outcome<RawAesProvider> {
    Ok(RawAesProvider::new("benches", "key", &SecretBytes::from(vec![7; 32]))?)
}

/// Both, over the same server.
pub(crate) struct Stores {
    pub(crate) runtime: Runtime,
    pub(crate) below: Arc<dyn ObjectStore>,
    pub(crate) bare: Side,
    pub(crate) encrypted: Side,
}

impl Stores {
    pub(crate) fn over(store: impl ObjectStore) -> Outcome<Self> {
        let below: Arc<dyn ObjectStore> = Arc::new(store);
        Ok(Self {
            runtime: Builder::new_multi_thread().enable_all().build()?,
            bare: Side::bare(&below),
            encrypted: Side::encrypted(&below)?,
            below,
        })
    }

    /// The same work for one of ours and the bare store.
    pub(crate) fn in_turns(
        &self,
        turns: usize,
        ours: &Side,
        work: &impl AsyncFn(&Side) -> Outcome,
    ) -> Outcome<Vec<[Cost; 2]>> {
        let ours = || self.runtime.block_on(work(ours));
        let bare = || self.runtime.block_on(work(&self.bare));
        costs_in_turns(turns, ours, bare)
    }

    /// Deletes whatever was stored.
    pub(crate) fn empty(&self) -> Outcome {
        let all = self.below.list(Some(&Path::from(ALL))).map_ok(|meta| meta.location);
        let deleted = self.below.delete_stream(all.boxed()).try_for_each(async |_| Ok(()));
        Ok(self.runtime.block_on(deleted)?)
    }
}

/// What everything is below.
const ALL: &str = "crypto-envelope-benches";
