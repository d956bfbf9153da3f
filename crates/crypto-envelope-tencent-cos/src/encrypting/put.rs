//! Objects that are written at once.

use crypto_envelope::{MessageId, Result};

use super::{client::CosEncryptingClient, request::EncryptObject, storing::Storing};
use crate::{ETag, StoredObject, format::envelope::Shape};

/// An object that was written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WrittenObject {
    /// Which object it is.
    pub etag: ETag,
    /// Which version it is, in a bucket that keeps them.
    pub version_id: Option<String>,
    /// Which message it is: keep it, and [expect](super::DecryptObject::expect_message) it, to notice if
    /// somebody brings an older one back. None if it is no message.
    pub message_id: Option<MessageId>,
    /// Length of the plaintext in bytes; as it is, that of the stored body.
    pub plaintext_length: u64,
    /// Length of the stored body in bytes.
    pub stored_length: u64,
}

/// What is known of an object before it is stored.
pub(super) struct Written {
    pub(super) message_id: Option<MessageId>,
    pub(super) plaintext_length: u64,
    pub(super) stored_length: u64,
}

impl Written {
    pub(super) fn stored_as(self, stored: StoredObject) -> WrittenObject {
        let StoredObject { etag, version_id, .. } = stored;
        let Self { message_id, plaintext_length, stored_length } = self;
        WrittenObject { etag, version_id, message_id, plaintext_length, stored_length }
    }
}

impl CosEncryptingClient {
    /// Encrypts `plaintext`, and stores it in one call.
    ///
    /// # Errors
    ///
    /// As [`CosClient::call`](crate::CosClient::call); what the key provider says;
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if the object cannot be written so.
    pub async fn put(
        &self,
        object: EncryptObject,
        plaintext: impl AsRef<[u8]> + Send,
    ) -> Result<WrittenObject> {
        let plaintext = plaintext.as_ref();
        let length = plaintext.len() as u64;
        let storing = Storing::encrypted(self, object);
        let begun = storing.begin(Some(length)).await?;
        let metadata = begun.metadata(&storing.object.metadata, Shape::Whole { length })?;
        let message_id = begun.message_id();
        let mut body = Vec::new();
        let mut cipher = begun.into_serial()?;
        cipher.push(plaintext, &mut body)?;
        cipher.finish(&mut body)?;
        let stored_length = body.len() as u64;
        let stored = storing.put(metadata, body.into()).await?;
        let written = Written { message_id, plaintext_length: length, stored_length };
        Ok(written.stored_as(stored))
    }
}
