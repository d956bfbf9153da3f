//! What is known of a message that was written.

use crate::{EncryptionContext, Header};

/// What there is to know about a message that was written as a whole.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub(super) header: Header,
    pub(super) context: EncryptionContext,
    pub(super) plaintext_length: u64,
    pub(super) message_length: u64,
}

impl Sealed {
    /// The header of the message.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All pairs that the message is bound to, also those that its header does not hold.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Length of the whole plaintext in bytes.
    #[must_use]
    pub fn plaintext_length(&self) -> u64 {
        self.plaintext_length
    }

    /// Length of the whole message in bytes.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.message_length
    }
}
