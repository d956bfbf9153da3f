//! What is known of an object that was read into a file.

use crypto_envelope::{EncryptionContext, MessageId};

use crate::{CosFormat, ETag};

/// An object that was read into a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadObject {
    /// Which object it is.
    pub etag: ETag,
    /// How it is encrypted. None if it is not at all, or was read as it is stored.
    pub format: Option<CosFormat>,
    /// The pairs that a message is bound to.
    pub context: EncryptionContext,
    /// Which message it is. None if it is no message, or was read as it is stored.
    pub message_id: Option<MessageId>,
    /// Length of the plaintext in bytes; as it is, that of the stored body.
    pub plaintext_length: u64,
}
