//! Parts of a large object.

use std::time::Duration;

use crypto_envelope::cache::MaterialsCache;
use crypto_envelope_object_store::object_decryptor;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;

use crate::{
    Bench, Outcome,
    objects::{AT_ONCE, LARGE, check_length},
    settings::Job,
    side::{Side, encrypted, provider},
    table::{Table, number},
};

impl Bench {
    pub(crate) fn ranges(&self) -> Outcome {
        if !self.settings.includes(Job::Objects) {
            self.put_large(&self.stores.bare)?;
            self.put_large(&self.stores.encrypted)?;
        }
        TABLE.begin();
        let builder = || encrypted(&self.stores.below);
        let cache = MaterialsCache::builder(Duration::from_hours(1)).build()?;
        let decryptor = object_decryptor(provider()?).cache(cache).build()?;
        for (kept, store) in [
            ("nothing", builder()?.header_cache(0)),
            ("header", builder()?),
            ("header and key", builder()?.decryptor(decryptor)),
        ] {
            let side = Side::of(store.build()?);
            for (places, step) in [("anywhere", 1), ("whole frames", RANGE)] {
                let read = async |side: &Side| self.read(side, step).await;
                let costs = self.stores.in_turns(self.settings.turns, &side, &read)?;
                TABLE.row(&format!("{places} | {kept}"), number(self.settings.requests), &costs);
            }
        }
        Ok(())
    }

    /// Ranges that begin at any multiple of `step`.
    async fn read(&self, side: &Side, step: u64) -> Outcome {
        let path = side.path(LARGE);
        let places = (self.settings.large as u64 - RANGE) / step;
        let all = stream::iter(0..self.settings.requests as u64).map(async |number| {
            let start = number.wrapping_mul(MULTIPLIER) % places * step;
            let found = side.store.get_range(&path, start..start + RANGE).await?;
            check_length(found.len(), 64 << 10)
        });
        all.buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await
    }
}

const RANGE: u64 = 64 << 10;
/// By the golden ratio, one place after the other is far from those before.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
const TABLE: Table = Table { jobs: "64 KiB from | kept", rate: "a second", processor: ("us", 1e6) };
