//! Uploads in parts.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crypto_envelope::{Error, MessageId, Result};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    cipher::PartCipher,
    client::CosEncryptingClient,
    open_upload::{OnFailure, OpenUpload, SentPart},
    put::{Written, WrittenObject},
    request::EncryptObject,
    storing::Storing,
};
use crate::{CosObjectError, PartNumber, UploadId, format::envelope::Shape};

/// An upload whose parts the caller gives, in any order and several at the same time. The object is
/// the same as if all of it had been written from its front to its end.
///
/// If it is dropped before it is [complete](Self::complete), what was uploaded is removed in the background.
pub struct EncryptedUpload {
    upload: OpenUpload,
    cipher: Arc<PartCipher>,
    length: u64,
    message_id: Option<MessageId>,
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
        let storing = Storing::encrypted(self, object);
        let begun = storing.begin(Some(length)).await?;
        let shape = Shape::Parts { length: Some(length), part: None };
        let metadata = begun.metadata(&storing.object.metadata, shape)?;
        let message_id = begun.message_id();
        let cipher = begun.into_parts(length)?.ok_or_else(no_parts)?;
        let upload = OpenUpload::begin(&storing, metadata).await?;
        let (cipher, parts) = (Arc::new(cipher), Mutex::default());
        Ok(EncryptedUpload { upload, cipher, length, message_id, parts })
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
            PartCipher::Stream { .. } | PartCipher::AsItIs { .. } => 1,
        }
    }

    /// Encrypts and sends the part with this number, from 1 to 10 000, whose plaintext begins at `offset`. It
    /// may be given again, if it is the same.
    ///
    /// # Errors
    ///
    /// [`CosObjectError::UsedTwice`] if another plaintext was given for the same place;
    /// [`Error::Misuse`] if the part of a message is not in whole frames; as
    /// [`CosClient::call`](crate::CosClient::call).
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
    /// [`Error::InvalidInput`] if something of it is missing; as [`CosClient::call`](crate::CosClient::call).
    pub async fn complete(self) -> Result<WrittenObject> {
        let Self { upload, cipher, length, message_id, parts } = self;
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
        let sent: BTreeMap<_, _> =
            sent.filter_map(|(number, given)| Some((number, given.sent?))).collect();
        let is_whole =
            sent.values().map(|part| part.crc64.length()).sum::<u64>() == cipher.stored_length();
        if !is_whole {
            let what = "the parts are not the whole object";
            return Err(upload.fail(Error::invalid_input(what)).await);
        }
        let stored = upload.complete(sent, OnFailure::Remove).await?;
        let stored_length = cipher.stored_length();
        Ok(Written { message_id, plaintext_length: length, stored_length }.stored_as(stored))
    }

    /// Removes what was uploaded.
    ///
    /// # Errors
    ///
    /// As [`CosClient::call`](crate::CosClient::call).
    pub async fn abort(self) -> Result<()> {
        self.upload.abort().await
    }

    /// A place of the plaintext is encrypted once, and again to the same only.
    fn take(&self, number: u32, offset: u64, length: u64, hash: [u8; 32]) -> Result<()> {
        let mut parts = self.lock();
        // With the last byte comes what ends the object, once.
        if length == 0 && self.length != 0 {
            return Err(Error::invalid_input("a part without a byte"));
        }
        if let Some(given) = parts.get(&number) {
            let is_same = given.offset == offset && given.length == length && given.hash == hash;
            return if is_same { Ok(()) } else { Err(CosObjectError::UsedTwice.into()) };
        }
        let end = offset + length;
        if self.length == 0 && !parts.is_empty() {
            return Err(CosObjectError::UsedTwice.into());
        }
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
