//! What is asked for.

use crypto_envelope::{EncryptionContext, MessageId};

use crate::{
    ByteRange, ETag, ObjectKey, ObjectMetadata, SseCustomerKey, calls::put_object::Existing,
};

/// An object to store as it is.
#[derive(Clone, Debug)]
#[must_use]
pub struct StoreObject {
    pub(super) key: ObjectKey,
    pub(super) metadata: ObjectMetadata,
    pub(super) existing: Existing,
    pub(super) customer_key: Option<SseCustomerKey>,
}

impl StoreObject {
    /// Under this key.
    pub fn new(key: ObjectKey) -> Self {
        let (metadata, existing) = (ObjectMetadata::new(), Existing::Overwritten);
        Self { key, metadata, existing, customer_key: None }
    }

    /// What is stored beside the bytes.
    pub fn metadata(mut self, metadata: ObjectMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Only if there is no such object yet. A bucket that keeps versions takes no notice.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }

    /// Encrypted by COS with a key that it does not keep.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }
}

/// An object to encrypt.
#[derive(Clone, Debug)]
#[must_use]
pub struct EncryptObject {
    pub(super) key: ObjectKey,
    pub(super) context: EncryptionContext,
    pub(super) metadata: ObjectMetadata,
    pub(super) existing: Existing,
}

impl EncryptObject {
    /// Under this key.
    pub fn new(key: ObjectKey) -> Self {
        let (context, metadata) = (EncryptionContext::new(), ObjectMetadata::new());
        Self { key, context, metadata, existing: Existing::Overwritten }
    }

    /// Bound to these pairs, which a reader has to expect. Stored in clear. Messages alone have them.
    pub fn context(mut self, context: EncryptionContext) -> Self {
        self.context = context;
        self
    }

    /// What is stored beside the bytes, in clear.
    pub fn metadata(mut self, metadata: ObjectMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Only if there is no such object yet. A bucket that keeps versions takes no notice.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }
}

/// An object to read.
#[derive(Clone, Debug)]
#[must_use]
pub struct DecryptObject {
    pub(super) key: ObjectKey,
    pub(super) expected: EncryptionContext,
    pub(super) range: Option<ByteRange>,
    pub(super) version_id: Option<String>,
    pub(super) if_match: Option<ETag>,
    pub(super) message_id: Option<MessageId>,
}

impl DecryptObject {
    /// Under this key.
    pub fn new(key: ObjectKey) -> Self {
        let (expected, range) = (EncryptionContext::new(), None);
        Self { key, expected, range, version_id: None, if_match: None, message_id: None }
    }

    /// Only if it is bound to these pairs. An object that is no message has none.
    pub fn expect(mut self, context: EncryptionContext) -> Self {
        self.expected = context;
        self
    }

    /// Only if it is this very message, and no older one of the same key: what
    /// [`WrittenObject::message_id`](super::WrittenObject) said.
    pub fn expect_message(mut self, id: MessageId) -> Self {
        self.message_id = Some(id);
        self
    }

    /// These bytes of the plaintext.
    pub fn range(mut self, range: ByteRange) -> Self {
        self.range = Some(range);
        self
    }

    /// In this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Only as long as it is this object.
    pub fn if_match(mut self, etag: ETag) -> Self {
        self.if_match = Some(etag);
        self
    }
}
