//! How an object comes to be stored: by whom, and encrypted or as it is.

use bytes::Bytes;
use crypto_envelope::{EncryptionContext, Error, Result};

use super::{
    begun::Begun,
    client::{CosEncryptingClient, Limits},
    request::{EncryptObject, StoreObject},
};
use crate::{
    CosClient, CosError, CosErrorKind, CosFormat, Crc64, HeadObject, InitiateMultipartUpload,
    ObjectKey, ObjectMetadata, ObjectProperties, PutObject, SseCustomerKey, StoredObject, UploadId,
    calls::put_object::Existing,
};

/// An object to store, and all that is known of how.
#[derive(Clone)]
pub(super) struct Storing {
    pub(super) client: CosClient,
    /// None if the bytes are stored as they are.
    pub(super) encrypting: Option<CosEncryptingClient>,
    pub(super) object: StoreObject,
    pub(super) context: EncryptionContext,
    pub(super) limits: Limits,
}

impl Storing {
    pub(super) fn encrypted(client: &CosEncryptingClient, object: EncryptObject) -> Self {
        let EncryptObject { key, context, metadata, existing } = object;
        let customer_key = client.inner().customer_key.clone();
        Self {
            client: client.plain().clone(),
            encrypting: Some(client.clone()),
            object: StoreObject { key, metadata, existing, customer_key },
            context,
            limits: client.inner().limits,
        }
    }

    pub(super) fn as_it_is(client: &CosClient, object: StoreObject) -> Self {
        let (client, context) = (client.clone(), EncryptionContext::new());
        Self { client, encrypting: None, object, context, limits: Limits::default() }
    }

    /// With a new data key. `length` is that of the plaintext, as far as it is known.
    pub(super) async fn begin(&self, length: Option<u64>) -> Result<Begun> {
        match &self.encrypting {
            Some(client) => {
                let metadata = &self.object.metadata;
                Begun::new(client.inner(), metadata, &self.context, length).await
            }
            None => Ok(Begun::AsItIs),
        }
    }

    /// None if it is stored as it is.
    pub(super) fn format(&self) -> Option<CosFormat> {
        self.encrypting.as_ref().map(|client| client.inner().format)
    }

    pub(super) fn bucket(&self) -> &str {
        self.client.endpoint().bucket().name()
    }

    /// How long the parts of so much plaintext are, in whole `unit`s: longer ones if it would be too many.
    pub(super) fn part_length(&self, plaintext: u64, unit: u64) -> u64 {
        let length = self.limits.part_length.max(plaintext.div_ceil(MOST_PARTS));
        length.checked_next_multiple_of(unit).unwrap_or(length)
    }

    /// Stores all of it at once.
    pub(super) async fn put(&self, metadata: ObjectMetadata, body: Bytes) -> Result<StoredObject> {
        let (user, sent) = (metadata.user.clone(), body.clone());
        let mut call = PutObject::new(self.object.key.clone(), body).metadata(metadata);
        if self.object.existing == Existing::Kept {
            call = call.forbid_overwrite();
        }
        if let Some(key) = &self.object.customer_key {
            call = call.customer_key(key.clone());
        }
        match self.client.call(call).await {
            Err(error) if is_perhaps_done(&error) => {
                let Self { client, object, .. } = self;
                let (key, customer_key) = (&object.key, object.customer_key.as_ref());
                match find_stored(client, key, customer_key, &Crc64::of(&sent)).await {
                    Some(found) if found.metadata.user == user => Ok(StoredObject::of(found)),
                    _ => Err(error),
                }
            }
            stored => stored,
        }
    }

    /// Begins an upload in parts.
    pub(super) async fn initiate(&self, metadata: ObjectMetadata) -> Result<UploadId> {
        let key = self.object.key.clone();
        let mut call = InitiateMultipartUpload::new(key).metadata(metadata);
        if self.object.existing == Existing::Kept {
            call = call.forbid_overwrite();
        }
        if let Some(key) = &self.object.customer_key {
            call = call.customer_key(key.clone());
        }
        self.client.call(call).await
    }
}

/// The object, if its bytes are those that were sent.
pub(super) async fn find_stored(
    client: &CosClient,
    key: &ObjectKey,
    customer_key: Option<&SseCustomerKey>,
    whole: &Crc64,
) -> Option<ObjectProperties> {
    let mut call = HeadObject::new(key.clone());
    if let Some(key) = customer_key {
        call = call.customer_key(key.clone());
    }
    let found = client.call(call).await.ok()?;
    let is_it = found.length == whole.length() && found.crc64 == Some(whole.value());
    is_it.then_some(found)
}

/// Whether an object may be stored although the call failed.
pub(super) fn is_perhaps_done(error: &Error) -> bool {
    use CosErrorKind::{Damaged, Unavailable, Unreadable};
    CosError::find_in(error).is_some_and(|error| {
        error.is_after_lost_attempt() || matches!(error.kind(), Damaged | Unavailable | Unreadable)
    })
}

/// COS takes 10 000; the last one may have nothing but the end of a message in it.
const MOST_PARTS: u64 = 9_999;
