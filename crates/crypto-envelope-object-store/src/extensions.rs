//! What callers say and learn beyond the options of `object_store`, by way of its `extensions`.

use std::sync::{Arc, Mutex, PoisonError};

use crypto_envelope::MessageId;

/// Put into [`GetOptions::extensions`](object_store::GetOptions::extensions): the object has to be this very message,
/// else reading it is [`Error::OtherMessage`](crate::Error::OtherMessage). Against whoever can put an
/// older message back under its own name, which is genuine in every other respect. Whoever may wrap keys for the key
/// provider chooses the ids of what he writes, and so does who knows the data key of that very message.
///
/// In the extensions of [`CopyOptions`](object_store::CopyOptions) and
/// [`RenameOptions`](object_store::RenameOptions) it is about the source, which is then always read.
///
/// ```
/// # use crypto_envelope_object_store::{
/// #     EncryptedStore, ExpectedMessage, Receipt, crypto_envelope as core,
/// #     object_store::{self, GetOptions, ObjectStore, PutOptions, memory::InMemory},
/// # };
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let provider = core::provider::RawAesProvider::new("app", "key", &core::SecretBytes::random(32)?)?;
/// # let store = EncryptedStore::new(InMemory::new(), provider)?;
/// # let location = object_store::path::Path::from("balance");
/// let receipt = Receipt::new();
/// let mut options = PutOptions::default();
/// options.extensions.insert(receipt.clone());
/// store.put_opts(&location, "100".into(), options).await?;
/// let message_id = receipt.message_id().expect("it was stored"); // keep it in a safe place
///
/// let mut options = GetOptions::default();
/// options.extensions.insert(ExpectedMessage(message_id));
/// store.get_opts(&location, options).await?;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a name for a value")]
pub struct ExpectedMessage(pub MessageId);

/// Put into the extensions of [`PutOptions`](object_store::PutOptions),
/// [`PutMultipartOptions`](object_store::PutMultipartOptions), [`CopyOptions`](object_store::CopyOptions) or
/// [`RenameOptions`](object_store::RenameOptions): says which message was stored last, for an [`ExpectedMessage`] later.
/// In those of [`GetOptions`](object_store::GetOptions): which one was opened last, whose header was verified. Clones
/// share what they learn: take one for each call.
#[derive(Clone, Debug, Default)]
pub struct Receipt(Arc<Mutex<Option<MessageId>>>);

impl Receipt {
    /// Nothing was stored yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of the message, once it was stored. There is none for a copy that the store below made by itself.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fill(&self, message_id: MessageId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message_id);
    }
}
