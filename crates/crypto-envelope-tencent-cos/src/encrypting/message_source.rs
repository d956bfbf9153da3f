//! Ranges of an object that is a message.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use crypto_envelope::{
    Error, Result,
    aio::RangeSource,
    provider::async_trait,
    ranges::{FetchedRange, RangeRequest, Version},
};

use super::{client::CosEncryptingClient, request::DecryptObject};
use crate::{
    ByteRange, CosEnvelope, CosError, CosErrorKind, CosObjectError, ETag, GetObject,
    ObjectProperties,
};

/// An object, whose bytes are fetched as they are needed, all of the same version.
#[derive(Clone, Debug)]
pub(super) struct MessageSource {
    client: CosEncryptingClient,
    object: DecryptObject,
    properties: Arc<OnceLock<ObjectProperties>>,
}

impl MessageSource {
    pub(super) fn new(client: &CosEncryptingClient, object: &DecryptObject) -> Self {
        Self { client: client.clone(), object: object.clone(), properties: Arc::default() }
    }

    /// What is known of the object, once something of it was fetched.
    pub(super) fn properties(&self) -> Option<&ObjectProperties> {
        self.properties.get()
    }
}

/// An object with the metadata of another format is no message, whatever its body looks like.
fn check_no_envelope(properties: &ObjectProperties) -> Result<()> {
    match CosEnvelope::of_object(properties)? {
        None => Ok(()),
        Some(envelope) => {
            let (format, carrier) = (envelope.format(), envelope.carrier());
            Err(CosObjectError::NotAccepted { format, carrier }.into())
        }
    }
}

/// Whether a body that begins so is a message: version and type, or version and suite (AWS Encryption SDK
/// specification, "Message Header").
pub(super) fn is_message(front: &[u8]) -> bool {
    matches!(front, [1, 0x80, ..] | [2, 4 | 5, 0x78, ..])
}

#[async_trait]
impl RangeSource for MessageSource {
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>> {
        let range = request.range();
        let length = range.end - range.start;
        let mut call = self.client.get_call(&self.object).range(ByteRange::of(range)?);
        if let Some(version) = request.version() {
            let etag = String::from_utf8_lossy(version.as_bytes());
            call = call.if_match(ETag::new(etag.into_owned())?);
        }
        let opened = match self.client.plain().open(call).await {
            Ok(opened) => opened,
            Err(error) if is_changed(&error) && request.version().is_some() => {
                return Err(Error::SourceChanged);
            }
            // There is not one byte.
            Err(error) if CosError::kind_in(&error) == Some(CosErrorKind::RangeNotSatisfiable) => {
                return Err(CosObjectError::NotEncrypted.into());
            }
            Err(error) => return Err(error),
        };
        let properties = opened.properties().clone();
        check_no_envelope(&properties)?;
        let version = Version::new(properties.etag.as_str());
        let message_length = properties.length;
        let _ = self.properties.set(properties);
        let is_front = request.range().start == 0;
        let bytes = Bytes::from(opened.whole(length).await?);
        if is_front && !is_message(&bytes) {
            return Err(CosObjectError::NotEncrypted.into());
        }
        Ok(FetchedRange::new(bytes, message_length, version))
    }
}

pub(super) fn is_changed(error: &Error) -> bool {
    CosError::kind_in(error) == Some(CosErrorKind::PreconditionFailed)
}

impl CosEncryptingClient {
    /// Of the stored bytes, all of them.
    pub(super) fn get_call(&self, object: &DecryptObject) -> GetObject {
        let mut call = GetObject::new(object.key.clone());
        if let Some(id) = &object.version_id {
            call = call.version_id(id.clone());
        }
        if let Some(etag) = &object.if_match {
            call = call.if_match(etag.clone());
        }
        if let Some(key) = &self.inner().customer_key {
            call = call.customer_key(key.clone());
        }
        call
    }
}
