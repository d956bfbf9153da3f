//! Storing a whole object.

use crypto_envelope::{self as core, MessageId, Sealer, parallel::Parallel, service};
use object_store::{ObjectStore, PutOptions, PutPayload, PutResult, Result, path::Path};

use crate::{
    Error, Receipt,
    error::{at, through_core},
    store::Shared,
};

impl<S: ObjectStore> Shared<S> {
    /// Encrypts `payload`, and stores the message under the same conditions, with the same tags and attributes.
    pub(crate) async fn put(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let receipt = options.extensions.get::<Receipt>().cloned();
        let (message_id, message) = self.sealed_for(location, payload).await?;
        let stored = self.store.put_opts(location, message, options).await?;
        self.stored(location, message_id, receipt.as_ref());
        Ok(stored)
    }

    /// Something else is at a location now.
    pub(crate) fn stored(&self, location: &Path, message_id: MessageId, receipt: Option<&Receipt>) {
        self.headers.forget(location);
        if let Some(receipt) = receipt {
            receipt.fill(message_id);
        }
    }

    /// The message of a payload, bound to `location`.
    pub(crate) async fn sealed_for(
        &self,
        location: &Path,
        payload: PutPayload,
    ) -> Result<(MessageId, PutPayload)> {
        let context = self.context_of(location)?;
        let length = payload.content_length();
        let sealer = self.encryptor.prepare_at_most(&context, length as u64).await;
        let sealer = sealer.map_err(|error| at(location, error))?;
        let message_id = *sealer.header().message_id();
        let message = compute_some(length, move || seal(sealer, &payload)).await;
        let message = message.map_err(|error| at(location, error))?;
        Ok((message_id, message.into()))
    }
}

/// The message of a payload.
fn seal(mut sealer: Sealer, payload: &PutPayload) -> core::Result<Vec<u8>> {
    const TOO_LONG: Error = Error::Misuse { what: "the payload is too long" };
    let parallel = Parallel::new();
    let pieces = payload.as_ref();
    let Some((last, pieces)) = pieces.split_last() else { return sealer.seal(&[]) };
    let length = sealer.message_length(payload.content_length() as u64);
    let length = length
        .and_then(|length| usize::try_from(length).ok())
        .ok_or_else(|| through_core(TOO_LONG))?;
    let mut message = vec![0; length];
    let mut rest = &mut message[..];
    for piece in pieces {
        let written = parallel.seal_piece(&mut sealer, piece, rest)?;
        rest = &mut rest[written..];
    }
    parallel.seal_last(sealer, last, rest)?;
    Ok(message)
}

/// Does so many bytes of work: here, or if that takes long, where it keeps nobody else waiting.
pub(crate) async fn compute_some<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> core::Result<T> + Send + 'static,
) -> core::Result<T> {
    if length > INLINE { service::compute(work).await } else { work() }
}

/// Bytes that are sealed sooner than a thread for them is found.
pub(crate) const INLINE: usize = 80 << 10;
