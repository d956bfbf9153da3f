//! Data keys of messages, out of the cache if they open the header.

use std::sync::Arc;

use super::{
    MaterialsCache,
    id::{EntryId, OpeningId},
    shelf::{Failure, Obtained, Scope, Wanted},
    tally::Event,
};
use crate::{
    CommitmentPolicy, Header, Limits, Result, SecretBytes,
    engine::{MessageKeys, check_header},
    materials::{self, Binding, UnwrappedKeys},
    provider::KeyProvider,
    suite::Derivation,
};

/// Asks for the keys of a message. All that can be refused without a key was checked before.
#[derive(Clone, Copy)]
pub(crate) struct OpeningRequest<'a> {
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    pub(crate) header: &'a Header,
    pub(crate) binding: &'a Binding,
    pub(crate) required_keys: &'a [String],
    pub(crate) commitment_policy: CommitmentPolicy,
    pub(crate) limits: &'a Limits,
}

impl MaterialsCache {
    pub(crate) async fn for_opening(&self, request: OpeningRequest<'_>) -> Result<MessageKeys> {
        let shelf = &self.store.opening;
        if request.header.suite().derivation() == Derivation::None {
            shelf.note(Event::NoDerivation);
            return Ok(unwrap(request).await?.keys);
        }
        let id = self.opening_id(request)?;
        let wanted = Wanted { id, provider: request.provider, plaintext: None };
        let mut obtained = shelf.obtain(&wanted, || unwrap_to_keep(request)).await;
        if matches!(obtained, Obtained::Unknown) {
            // Somebody asked with a message that is not genuine: the others need not all ask alone.
            obtained = shelf.obtain(&wanted, || unwrap_to_keep(request)).await;
        }
        match obtained {
            Obtained::Entry(entry) => {
                if let Some(keys) = fitting(request, &entry.materials) {
                    return Ok(keys);
                }
                // The message may name several keys that are not the same.
                shelf.note(Event::Misfit);
                Ok(unwrap(request).await?.keys)
            }
            Obtained::Failed(error) => Err(error),
            Obtained::Unknown => {
                shelf.note(Event::Call);
                let departure = shelf.departure();
                let UnwrappedKeys { data_key, keys } = unwrap(request).await?;
                if check_header(request.header, &keys, request.binding.unstored()).is_ok() {
                    shelf.keep(&wanted, data_key, departure);
                }
                Ok(keys)
            }
        }
    }

    fn opening_id(&self, request: OpeningRequest<'_>) -> Result<EntryId> {
        OpeningId {
            provider: request.provider.identity(),
            partition: &self.partition,
            commitment_policy: request.commitment_policy,
            most_failures: request.limits.max_failed_unwraps(),
            required_keys: request.required_keys,
            header: request.header,
            unstored_context: request.binding.unstored(),
        }
        .digest()
    }
}

async fn unwrap(request: OpeningRequest<'_>) -> Result<UnwrappedKeys> {
    let OpeningRequest { provider, header, binding, limits, .. } = request;
    let found = materials::unwrap_first(&**provider, header, binding.context(), limits).await;
    found.map_err(|failure| failure.error)
}

/// Asks with what it takes out of the request. What no genuine header came with is not kept, or
/// whoever can send messages would see, by the time that they take, whether a key of his was
/// unwrapped.
fn unwrap_to_keep(
    request: OpeningRequest<'_>,
) -> impl Future<Output = Result<SecretBytes, Failure>> + Send + 'static + use<> {
    let (provider, header) = (Arc::clone(request.provider), request.header.clone());
    let (context, unstored) =
        (request.binding.context().clone(), request.binding.unstored().clone());
    let limits = request.limits.clone();
    async move {
        let found = materials::unwrap_first(&*provider, &header, &context, &limits).await;
        let UnwrappedKeys { data_key, keys } = found.map_err(|failure| {
            let scope = if failure.found_others { Scope::OneMessage } else { Scope::All };
            Failure::new(failure.error, scope)
        })?;
        check_header(&header, &keys, &unstored)
            .map_err(|error| Failure::new(error, Scope::OneMessage))?;
        Ok(data_key)
    }
}

/// The keys of the message, if this is its data key.
fn fitting(request: OpeningRequest<'_>, data_key: &SecretBytes) -> Option<MessageKeys> {
    let keys = materials::keys_of(request.header, data_key).ok()?;
    check_header(request.header, &keys, request.binding.unstored()).ok()?;
    Some(keys)
}
