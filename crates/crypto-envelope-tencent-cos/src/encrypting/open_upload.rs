//! An upload in parts, as COS has it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use crypto_envelope::{Error, Result, service};

use super::storing::{Storing, find_stored, is_perhaps_done};
use crate::{
    AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CosClient, CosError,
    CosErrorKind, CosObjectError, Crc64, ETag, ListParts, ObjectKey, ObjectMetadata, PartNumber,
    SseCustomerKey, StoredObject, UploadId, UploadPart, calls::put_object::Existing,
};

/// An upload that was begun.
///
/// If it is dropped before it is complete, what was uploaded is removed in the background, unless it is
/// [to be gone on with](Self::keep).
pub(super) struct OpenUpload {
    channel: UploadChannel,
    existing: Existing,
    is_over: AtomicBool,
}

/// Sends parts of an upload, also several at the same time.
#[derive(Clone)]
pub(super) struct UploadChannel {
    client: CosClient,
    key: ObjectKey,
    id: UploadId,
    customer_key: Option<SseCustomerKey>,
}

/// A part that COS has.
#[derive(Clone, Debug)]
pub(super) struct SentPart {
    pub(super) number: u32,
    pub(super) etag: ETag,
    /// Of the stored bytes, and how many there are.
    pub(super) crc64: Crc64,
}

/// What becomes of an upload that cannot be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnFailure {
    Remove,
    /// It can be gone on with.
    Keep,
}

impl UploadChannel {
    /// What COS says of the bytes that it got is compared with them.
    pub(super) async fn send(&self, number: u32, body: Bytes) -> Result<SentPart> {
        let crc64 = Crc64::of(&body);
        let number = PartNumber::new(number)?;
        let mut call = UploadPart::new(self.key.clone(), self.id.clone(), number, body);
        if let Some(key) = &self.customer_key {
            call = call.customer_key(key.clone());
        }
        let part = self.client.call(call).await?;
        Ok(SentPart { number: number.get(), etag: part.etag, crc64 })
    }

    /// Removes what was uploaded, if there is anything.
    async fn abort(&self) -> Result<()> {
        let call = AbortMultipartUpload::new(self.key.clone(), self.id.clone());
        match self.client.call(call).await {
            Err(error) if CosError::kind_in(&error) != Some(CosErrorKind::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    /// The object, if it is what was sent.
    async fn found(&self, whole: &Crc64) -> Option<StoredObject> {
        let found = find_stored(&self.client, &self.key, self.customer_key.as_ref(), whole).await;
        found.map(StoredObject::of)
    }

    /// Whether COS knows nothing of the upload, as when it is complete.
    async fn is_gone(&self) -> bool {
        let listed = self.client.call(ListParts::new(self.key.clone(), self.id.clone())).await;
        listed.is_err_and(|error| CosError::kind_in(&error) == Some(CosErrorKind::NotFound))
    }

    /// The object, if this upload has made it, and not another one of the same bytes.
    async fn made(&self, whole: &Crc64) -> Option<StoredObject> {
        let found = self.found(whole).await?;
        self.is_gone().await.then_some(found)
    }
}

impl OpenUpload {
    pub(super) async fn begin(storing: &Storing, metadata: ObjectMetadata) -> Result<Self> {
        let id = storing.initiate(metadata).await?;
        Ok(Self::again(storing, id))
    }

    /// One that another process began.
    pub(super) fn again(storing: &Storing, id: UploadId) -> Self {
        let (client, object) = (storing.client.clone(), &storing.object);
        let (key, customer_key) = (object.key.clone(), object.customer_key.clone());
        let channel = UploadChannel { client, key, id, customer_key };
        Self { channel, existing: object.existing, is_over: AtomicBool::new(false) }
    }

    pub(super) fn id(&self) -> &UploadId {
        &self.channel.id
    }

    pub(super) fn channel(&self) -> &UploadChannel {
        &self.channel
    }

    /// Makes the object, of which COS must have what was sent.
    pub(super) async fn complete(
        self,
        parts: BTreeMap<u32, SentPart>,
        on_failure: OnFailure,
    ) -> Result<StoredObject> {
        let mut whole = Crc64::new();
        for part in parts.values() {
            whole.append(&part.crc64);
        }
        match self.complete_call(parts).await {
            Ok(stored) => {
                self.keep();
                self.check_stored(stored, &whole).await
            }
            Err(error) if is_perhaps_done(&error) => match self.channel.made(&whole).await {
                Some(stored) => {
                    self.keep();
                    Ok(stored)
                }
                None => Err(self.give_up(error, on_failure).await),
            },
            Err(error) => Err(self.give_up(error, on_failure).await),
        }
    }

    async fn complete_call(&self, parts: BTreeMap<u32, SentPart>) -> Result<StoredObject> {
        let completed = parts
            .into_values()
            .map(|part| Ok(CompletedPart::new(PartNumber::new(part.number)?, part.etag)));
        let completed = completed.collect::<Result<Vec<_>>>()?;
        let UploadChannel { client, key, id, .. } = &self.channel;
        let mut call = CompleteMultipartUpload::new(key.clone(), id.clone(), completed);
        if self.existing == Existing::Kept {
            call = call.forbid_overwrite();
        }
        client.call(call).await
    }

    async fn check_stored(&self, stored: StoredObject, whole: &Crc64) -> Result<StoredObject> {
        let wrongly = |what| Err(CosObjectError::Differs { what }.into());
        match stored.crc64 {
            Some(found) if found == whole.value() => Ok(stored),
            Some(_) => wrongly("the checksum of the object is not that of what was sent"),
            // The answer does not always say it.
            None if self.channel.found(whole).await.is_some() => Ok(stored),
            None => {
                wrongly("the length or the checksum of the object is not that of what was sent")
            }
        }
    }

    /// It is there to be gone on with, or it is over.
    pub(super) fn keep(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Removes what was uploaded, unless it can be gone on with.
    pub(super) async fn give_up(&self, error: Error, on_failure: OnFailure) -> Error {
        self.keep();
        if on_failure == OnFailure::Remove {
            // What went wrong is worth more than that something is left, which a listing of uploads shows.
            let _ = self.channel.abort().await;
        }
        error
    }

    /// As [`give_up`](Self::give_up), with nothing left of it.
    pub(super) async fn fail(self, error: Error) -> Error {
        self.give_up(error, OnFailure::Remove).await
    }

    /// Removes what was uploaded.
    pub(super) async fn abort(&self) -> Result<()> {
        self.keep();
        self.channel.abort().await
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        if !self.is_over.load(Ordering::Relaxed) {
            let channel = self.channel.clone();
            // Nobody is told, as nobody waits.
            service::spawn(async move {
                let _ = channel.abort().await;
            });
        }
    }
}
