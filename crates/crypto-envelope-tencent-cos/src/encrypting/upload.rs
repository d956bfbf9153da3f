//! Uploads in parts.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use crypto_envelope::{Error, MessageId, Result, service};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    begun::Begun,
    cipher::PartCipher,
    client::CosEncryptingClient,
    put::{Written, WrittenObject},
    request::{EncryptObject, Existing},
};
use crate::{
    AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CosClient, CosError,
    CosErrorKind, CosObjectError, Crc64, CustomerKey, ETag, HeadObject, InitiateMultipartUpload,
    ObjectKey, ObjectMetadata, PartNumber, StoredObject, UploadId, UploadPart,
    format::envelope::Shape,
};

/// An upload that was begun.
///
/// If it is dropped before it is complete, what was uploaded is removed in the background, unless it is
/// [to be gone on with](Self::keep).
pub(super) struct OpenUpload {
    channel: UploadChannel,
    is_over: AtomicBool,
}

/// Sends parts of an upload, also several at the same time.
#[derive(Clone)]
pub(super) struct UploadChannel {
    client: CosClient,
    key: ObjectKey,
    id: UploadId,
    customer_key: Option<CustomerKey>,
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
            Err(error) if kind(&error) != Some(CosErrorKind::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    /// The object, if it is what was sent.
    async fn found(&self, whole: &Crc64) -> Option<StoredObject> {
        let mut call = HeadObject::new(self.key.clone());
        if let Some(key) = &self.customer_key {
            call = call.customer_key(key.clone());
        }
        let properties = self.client.call(call).await.ok()?;
        let is_it = properties.length == whole.length()
            && properties.crc64.is_some_and(|found| found == whole.value());
        is_it.then(|| StoredObject::of(properties))
    }
}

impl OpenUpload {
    pub(super) async fn begin(
        client: &CosEncryptingClient,
        object: &EncryptObject,
        metadata: ObjectMetadata,
    ) -> Result<Self> {
        let mut call = InitiateMultipartUpload::new(object.key.clone()).metadata(metadata);
        if let Some(key) = &client.inner().customer_key {
            call = call.customer_key(key.clone());
        }
        let id = client.plain().call(call).await?;
        Ok(Self::again(client, object.key.clone(), id))
    }

    /// One that another process began.
    pub(super) fn again(client: &CosEncryptingClient, key: ObjectKey, id: UploadId) -> Self {
        let customer_key = client.inner().customer_key.clone();
        let client = client.plain().clone();
        let channel = UploadChannel { client, key, id, customer_key };
        Self { channel, is_over: AtomicBool::new(false) }
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
        existing: Existing,
        on_failure: OnFailure,
    ) -> Result<StoredObject> {
        let mut whole = Crc64::new();
        for part in parts.values() {
            whole.append(&part.crc64);
        }
        match self.complete_call(parts, existing).await {
            Ok(stored) => {
                self.keep();
                self.check_stored(stored, &whole).await
            }
            Err(error) if is_perhaps_done(&error) => match self.channel.found(&whole).await {
                Some(stored) => {
                    self.keep();
                    Ok(stored)
                }
                None => Err(self.give_up(error, on_failure).await),
            },
            Err(error) => Err(self.give_up(error, on_failure).await),
        }
    }

    async fn complete_call(
        &self,
        parts: BTreeMap<u32, SentPart>,
        existing: Existing,
    ) -> Result<StoredObject> {
        let completed = parts
            .into_values()
            .map(|part| Ok(CompletedPart::new(PartNumber::new(part.number)?, part.etag)));
        let completed = completed.collect::<Result<Vec<_>>>()?;
        let UploadChannel { client, key, id, .. } = &self.channel;
        let mut call = CompleteMultipartUpload::new(key.clone(), id.clone(), completed);
        if existing == Existing::Kept {
            call = call.forbid_overwrite();
        }
        client.call(call).await
    }

    async fn check_stored(&self, stored: StoredObject, whole: &Crc64) -> Result<StoredObject> {
        let wrongly = |what| Err(CosObjectError::StoredWrongly { what }.into());
        match stored.crc64 {
            Some(found) if found == whole.value() => Ok(stored),
            Some(_) => wrongly("the checksum of the object"),
            // The answer does not always say it.
            None if self.channel.found(whole).await.is_some() => Ok(stored),
            None => wrongly("the length or the checksum of the object"),
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

/// Whether the upload may be complete although the call failed.
fn is_perhaps_done(error: &Error) -> bool {
    CosError::find_in(error).is_some_and(CosError::is_after_lost_attempt)
}

pub(super) fn kind(error: &Error) -> Option<CosErrorKind> {
    CosError::find_in(error).map(CosError::kind)
}

/// An upload whose parts the caller gives, in any order and several at the same time. The object is
/// the same as if all of it had been written from its front to its end.
///
/// If it is dropped before it is [complete](Self::complete), what was uploaded is removed in the background.
pub struct EncryptedUpload {
    upload: OpenUpload,
    cipher: Arc<PartCipher>,
    length: u64,
    message_id: Option<MessageId>,
    existing: Existing,
    parts: Mutex<BTreeMap<u32, Given>>,
}

/// A part that the caller gave.
struct Given {
    offset: u64,
    length: u64,
    /// Of its ciphertext.
    hash: [u8; 32],
    sent: Option<SentPart>,
}

impl CosEncryptingClient {
    /// Begins an upload of exactly `length` bytes of plaintext, whose parts the caller gives.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put); [`Error::InvalidInput`] if the format, or the suite of the messages, has no parts
    /// that are encrypted by themselves: [`put_stream`](Self::put_stream) writes these.
    pub async fn begin_upload(
        &self,
        object: EncryptObject,
        length: u64,
    ) -> Result<EncryptedUpload> {
        let begun = Begun::new(self.inner(), &object, Some(length)).await?;
        let part = self.part_length(length, 16);
        let metadata =
            begun.metadata(&object.metadata, Shape::Parts { length: Some(length), part })?;
        let message_id = begun.message_id();
        let cipher = begun.into_parts(length)?.ok_or_else(no_parts)?;
        let upload = OpenUpload::begin(self, &object, metadata).await?;
        let (cipher, parts) = (Arc::new(cipher), Mutex::default());
        let existing = object.existing;
        Ok(EncryptedUpload { upload, cipher, length, message_id, existing, parts })
    }
}

pub(super) fn no_parts() -> Error {
    Error::invalid_input(
        "objects of this format, or messages of a suite that signs, are written from the front to the end",
    )
}

impl EncryptedUpload {
    /// The id by which COS knows it.
    #[must_use]
    pub fn id(&self) -> &UploadId {
        self.upload.id()
    }

    /// Parts of messages begin at multiples of this: their frames. Those of other formats begin anywhere.
    #[must_use]
    pub fn unit(&self) -> u64 {
        match &*self.cipher {
            PartCipher::Message(parts) => parts.frame_length(),
            PartCipher::Stream { .. } => 1,
        }
    }

    /// Encrypts and sends the part with this number, from 1 to 10 000, whose plaintext begins at `offset`. It
    /// may be given again, if it is the same.
    ///
    /// # Errors
    ///
    /// [`CosObjectError::UsedTwice`] if another plaintext was given for the same place;
    /// [`Error::Misuse`] if the part of a message is not in whole frames; as
    /// [`CosClient::call`].
    pub async fn part(&self, number: u32, offset: u64, plaintext: &[u8]) -> Result<()> {
        PartNumber::new(number)?;
        let length = plaintext.len() as u64;
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(Error::invalid_input("a part goes beyond the end of the object"));
        }
        let stored = self.cipher.encrypt(offset, Zeroizing::new(plaintext.to_vec()))?;
        self.take(number, offset, length, Sha256::digest(&stored).into())?;
        let sent = self.upload.channel().send(number, stored.into()).await?;
        if let Some(given) = self.lock().get_mut(&number) {
            given.sent = Some(sent);
        }
        Ok(())
    }

    /// Makes the object of the parts, which must be all of it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if something of it is missing; as [`CosClient::call`].
    pub async fn complete(self) -> Result<WrittenObject> {
        let Self { upload, cipher, length, message_id, existing, parts } = self;
        let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut end = 0;
        for given in parts.values() {
            if given.offset != end {
                let message =
                    format!("the plaintext from byte {end} on is in no part, or out of order");
                return Err(upload.fail(Error::invalid_input(message)).await);
            }
            end += given.length;
        }
        let is_sent = parts.values().all(|given| given.sent.is_some());
        if end != length || !is_sent {
            let message = format!("{end} of {length} bytes were given, or some were not sent");
            return Err(upload.fail(Error::invalid_input(message)).await);
        }
        let sent = parts.into_iter();
        let sent = sent.filter_map(|(number, given)| Some((number, given.sent?))).collect();
        let stored = upload.complete(sent, existing, OnFailure::Remove).await?;
        let stored_length = cipher.stored_length();
        Ok(Written { message_id, plaintext_length: length, stored_length }.stored_as(stored))
    }

    /// Removes what was uploaded.
    ///
    /// # Errors
    ///
    /// As [`CosClient::call`].
    pub async fn abort(self) -> Result<()> {
        self.upload.abort().await
    }

    /// A place of the plaintext is encrypted once, and again to the same only.
    fn take(&self, number: u32, offset: u64, length: u64, hash: [u8; 32]) -> Result<()> {
        let mut parts = self.lock();
        if let Some(given) = parts.get(&number) {
            let is_same = given.offset == offset && given.length == length && given.hash == hash;
            return if is_same { Ok(()) } else { Err(CosObjectError::UsedTwice.into()) };
        }
        let end = offset + length;
        let overlaps = |given: &Given| given.offset < end && offset < given.offset + given.length;
        if parts.values().any(overlaps) {
            return Err(CosObjectError::UsedTwice.into());
        }
        parts.insert(number, Given { offset, length, hash, sent: None });
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Given>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EncryptedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedUpload")
            .field("id", self.id())
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
