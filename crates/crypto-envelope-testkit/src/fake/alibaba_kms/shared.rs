//! The keys, for as many gateways as there are.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Refusal, store::Store};

/// All that KMS knows. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Store>>);

impl Shared {
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&mut Store) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn ask<T>(
        &self,
        ask: impl FnOnce(&mut Store) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.with(ask)
    }
}
