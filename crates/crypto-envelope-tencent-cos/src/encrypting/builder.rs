//! The options of an encrypting client.

use std::sync::Arc;

use crypto_envelope::{
    AlgorithmSuite, Decryptor, Encryptor, Error, Limits as MessageLimits, Result,
    provider::KeyProvider,
};

use super::client::{Acceptance, CosEncryptingClient, Inner, Limits};
use crate::{CosCarrier, CosClient, CosFormat, SseCustomerKey};

/// Chooses the options of a [`CosEncryptingClient`].
#[derive(Debug)]
#[must_use]
pub struct CosEncryptingClientBuilder {
    client: CosClient,
    provider: Arc<dyn KeyProvider>,
    format: CosFormat,
    description: Option<String>,
    encryptor: Option<Encryptor>,
    decryptor: Option<Decryptor>,
    acceptance: Acceptance,
    limits: Limits,
    customer_key: Option<SseCustomerKey>,
}

impl CosEncryptingClientBuilder {
    pub(super) fn new(client: CosClient, provider: Arc<dyn KeyProvider>) -> Self {
        Self {
            client,
            provider,
            format: CosFormat::Message,
            description: None,
            encryptor: None,
            decryptor: None,
            acceptance: Acceptance::default(),
            limits: Limits::default(),
            customer_key: None,
        }
    }

    /// The format of new objects. Default: [`CosFormat::Message`]; the others are for what the
    /// official SDKs have to read. One that is written is read as well.
    pub fn format(mut self, format: CosFormat) -> Self {
        self.format = format;
        self.accept(format)
    }

    /// Also reads this format. Default: messages alone, since whoever can write the bucket could put an
    /// object without authentication in the place of one that has it.
    pub fn accept(mut self, format: CosFormat) -> Self {
        self.acceptance.formats.push(format);
        self
    }

    /// Also reads objects whose wrapped keys stand there. Default: [`CosCarrier::Metadata`] alone.
    pub fn accept_carrier(mut self, carrier: CosCarrier) -> Self {
        self.acceptance.carriers.push(carrier);
        self
    }

    /// Also reads ranges of [`CosFormat::JavaGcm`], of which nothing shows that they are genuine: the tag is
    /// over the object as a whole.
    pub fn danger_accept_unauthenticated_ranges(mut self) -> Self {
        self.acceptance.unauthenticated_ranges = true;
        self
    }

    /// Gives objects that are not encrypted as they are. Default: an error. Whoever can write the bucket can put
    /// one in the place of one that is encrypted.
    pub fn danger_accept_unencrypted(mut self) -> Self {
        self.acceptance.unencrypted = true;
        self
    }

    /// What is said of the master key in the metadata of the formats for Java, as JSON: one object of texts.
    pub fn material_description(mut self, json: impl Into<String>) -> Self {
        self.description = Some(json.into());
        self
    }

    /// How messages are sealed. Default: the unsigned suite that commits to its key, frames of 64 KiB, and
    /// the key provider of this client, which then serves reading alone.
    pub fn encryptor(mut self, encryptor: Encryptor) -> Self {
        self.encryptor = Some(encryptor);
        self
    }

    /// How messages are opened. Default: with the key provider of this client.
    pub fn decryptor(mut self, decryptor: Decryptor) -> Self {
        self.decryptor = Some(decryptor);
        self
    }

    /// How many bytes of plaintext a part of an upload or a download has, 1 MiB to 4 GiB. Default: 8 MiB.
    /// What needs more than 10 000 parts gets longer ones. A stream, whose length nobody knows, does not, and fails
    /// behind the last one.
    pub fn part_length(mut self, bytes: u64) -> Self {
        self.limits.part_length = bytes;
        self
    }

    /// How many parts are on their way at once, each of which takes up to twice its length of memory.
    /// Default: 4.
    pub fn parallel_parts(mut self, parts: usize) -> Self {
        self.limits.parallel = parts;
        self
    }

    /// How many bytes of plaintext are held until an object that is authenticated as a whole, or a message
    /// that is signed, is verified. Default: 64 MiB. A [decryptor](Self::decryptor) that is given has a
    /// limit of its own.
    pub fn max_held_plaintext(mut self, bytes: usize) -> Self {
        self.limits.held = bytes;
        self
    }

    /// COS encrypts all objects once more, with this key (SSE-C).
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the options cannot be.
    pub fn build(self) -> Result<CosEncryptingClient> {
        let refused = |what: &str| Err(Error::invalid_input(what));
        let Limits { part_length, parallel, .. } = self.limits;
        if !(SHORTEST_PART..=LONGEST_PART).contains(&part_length) {
            return refused("the parts of an object have 1 MiB to 4 GiB");
        }
        if !(1..=MOST_PARALLEL).contains(&parallel) {
            return refused("1 to 256 parts can be on their way at once");
        }
        if self.format == CosFormat::UnauthenticatedJavaCbc {
            return refused("objects in the format unauthenticated-java-cbc are read only");
        }
        let encryptor = match self.encryptor {
            Some(encryptor) => encryptor,
            None => Encryptor::builder(Arc::clone(&self.provider))
                .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
                .frame_length(FRAME_LENGTH)
                .build()?,
        };
        let decryptor = if let Some(decryptor) = self.decryptor {
            decryptor
        } else {
            let limits = MessageLimits::default().with_max_held_plaintext(self.limits.held);
            Decryptor::builder(Arc::clone(&self.provider)).limits(limits).build()?
        };
        Ok(CosEncryptingClient::new(Inner {
            client: self.client,
            provider: self.provider,
            format: self.format,
            description: self.description,
            encryptor,
            decryptor,
            acceptance: self.acceptance,
            limits: self.limits,
            customer_key: self.customer_key,
        }))
    }
}

const SHORTEST_PART: u64 = 1 << 20;
const LONGEST_PART: u64 = 4 << 30;
const MOST_PARALLEL: usize = 256;
const FRAME_LENGTH: u32 = 64 << 10;
