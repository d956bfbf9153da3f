//! Materials for sealing, out of the cache where that is safe.

use std::sync::Arc;

use super::{
    MaterialsCache,
    id::SealingId,
    shelf::{Failure, Obtained, Scope, Wanted},
    tally::Event,
};
use crate::{
    AlgorithmSuite, CommitmentPolicy, EncryptionContext, Error, Result,
    materials::{self, EncryptionMaterials},
    provider::KeyProvider,
    suite::Derivation,
};

/// Asks for materials to seal a message.
#[derive(Clone, Copy)]
pub(crate) struct SealingRequest<'a> {
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    pub(crate) suite: AlgorithmSuite,
    pub(crate) commitment_policy: CommitmentPolicy,
    pub(crate) context: &'a EncryptionContext,
    pub(crate) required_keys: &'a [String],
    /// At most so much plaintext, if that is known.
    pub(crate) length: Option<u64>,
}

impl MaterialsCache {
    pub(crate) async fn for_sealing(
        &self,
        request: SealingRequest<'_>,
    ) -> Result<EncryptionMaterials> {
        const NOBODY_ELSE: Error = Error::Internal { what: "a failure that is nobody's" };
        let SealingRequest { provider, suite, context, required_keys, .. } = request;
        if let Some(reason) = self.reason_to_bypass(request) {
            self.store.sealing.note(reason);
            return materials::for_encryption(&**provider, suite, context, required_keys).await;
        }
        materials::check_encryption(&**provider, suite, context, required_keys)?;
        let id = SealingId {
            provider: provider.identity(),
            partition: &self.partition,
            suite,
            commitment_policy: request.commitment_policy,
            required_keys,
            context,
        };
        let wanted = Wanted { id: id.digest()?, provider, plaintext: request.length };
        let call = || {
            let (provider, context) = (Arc::clone(provider), context.clone());
            let required_keys = required_keys.to_vec();
            async move {
                materials::for_encryption(&*provider, suite, &context, &required_keys)
                    .await
                    .map_err(|error| Failure::new(error, Scope::All))
            }
        };
        match self.store.sealing.obtain(&wanted, call).await {
            Obtained::Entry(entry) => Ok(entry.materials.for_another_message()),
            Obtained::Failed(error) => Err(error),
            Obtained::Unknown => Err(NOBODY_ELSE),
        }
    }

    fn reason_to_bypass(&self, request: SealingRequest<'_>) -> Option<Event> {
        // The data key is the key of the frames: a second message would use their IVs again.
        if request.suite.derivation() == Derivation::None {
            return Some(Event::NoDerivation);
        }
        match request.length {
            None => Some(Event::UnknownLength),
            Some(length) if length >= self.store.settings.max_bytes => Some(Event::LongPlaintext),
            Some(_) => None,
        }
    }
}
