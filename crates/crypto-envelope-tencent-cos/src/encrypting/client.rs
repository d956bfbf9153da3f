//! The client.

use std::{fmt, sync::Arc};

use crypto_envelope::{Decryptor, Encryptor, Result, provider::KeyProvider};

use super::builder::CosEncryptingClientBuilder;
use crate::{CosCarrier, CosClient, CosEnvelope, CosFormat, CosObjectError, SseCustomerKey};

/// Stores objects encrypted, and reads them decrypted: whole ones, ranges, files, streams of unknown
/// length, in parts that go at the same time.
///
/// New objects are messages in the AWS Encryption SDK format, for any key provider. What the official SDKs
/// for COS wrote, or have to read, is read and written if it is [enabled by name](CosFormat).
///
/// Clones share connections. All methods take `&self`, and any number of them can run at the same
/// time: no state of one object is ever seen by another. They work in any async runtime, and
/// with [`blocking::wait`](crypto_envelope::blocking::wait) in none.
#[derive(Clone)]
pub struct CosEncryptingClient(Arc<Inner>);

pub(super) struct Inner {
    pub(super) client: CosClient,
    pub(super) provider: Arc<dyn KeyProvider>,
    pub(super) format: CosFormat,
    pub(super) description: Option<String>,
    pub(super) encryptor: Encryptor,
    pub(super) decryptor: Decryptor,
    pub(super) acceptance: Acceptance,
    pub(super) limits: Limits,
    pub(super) customer_key: Option<SseCustomerKey>,
}

impl CosEncryptingClient {
    /// Starts to choose options, with the keys of `provider`. Pass an [`Arc`] to share it.
    pub fn builder(client: CosClient, provider: impl KeyProvider) -> CosEncryptingClientBuilder {
        CosEncryptingClientBuilder::new(client, Arc::new(provider))
    }

    /// The client below, which neither encrypts nor decrypts: for deleting, listing, and whatever else is not
    /// about the bytes of objects.
    #[must_use]
    pub fn plain(&self) -> &CosClient {
        &self.0.client
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl fmt::Debug for CosEncryptingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CosEncryptingClient")
            .field("client", &self.0.client)
            .field("provider", &self.0.provider)
            .field("format", &self.0.format)
            .finish_non_exhaustive()
    }
}

/// What is read.
#[derive(Clone, Debug)]
pub(super) struct Acceptance {
    pub(super) formats: Vec<CosFormat>,
    pub(super) carriers: Vec<CosCarrier>,
    pub(super) unauthenticated_ranges: bool,
    pub(super) unencrypted: bool,
}

impl Default for Acceptance {
    fn default() -> Self {
        Self {
            formats: vec![CosFormat::Message],
            carriers: vec![CosCarrier::Metadata],
            unauthenticated_ranges: false,
            unencrypted: false,
        }
    }
}

impl Acceptance {
    /// Refuses an object that was not enabled by name.
    pub(super) fn check(&self, envelope: &CosEnvelope) -> Result<()> {
        let (format, carrier) = (envelope.format(), envelope.carrier());
        if self.formats.contains(&format) && self.carriers.contains(&carrier) {
            return Ok(());
        }
        Err(CosObjectError::NotAccepted { format, carrier }.into())
    }

    /// Whether anything but messages is read.
    pub(super) fn has_envelopes(&self) -> bool {
        self.formats.iter().any(|format| *format != CosFormat::Message)
    }

    pub(super) fn has_instruction_files(&self) -> bool {
        self.has_envelopes() && self.carriers.contains(&CosCarrier::InstructionFile)
    }
}

/// How much at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) part_length: u64,
    pub(super) parallel: usize,
    pub(super) held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { part_length: 8 << 20, parallel: 4, held: 64 << 20 }
    }
}
