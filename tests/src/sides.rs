//! Both sides of a message: an encryptor, and a decryptor with the same key.

use std::sync::Arc;

use bytes::Bytes;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, DecryptorBuilder, EncryptionContext, Encryptor, Limits, Opener,
    Result, Sealer, SecretBytes, UnverifiedHeader,
    aio::{self, BodyStream},
    provider::RawAesProvider,
};
use futures_core::Stream;

/// What seals and what opens, with one random key and without a context.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sides {
    /// What seals.
    pub encryptor: Encryptor,
    /// What opens.
    pub decryptor: Decryptor,
}

impl Sides {
    /// Opens by default.
    ///
    /// # Errors
    ///
    /// If they cannot be built.
    pub fn new(suite: AlgorithmSuite, frame_length: u32) -> Result<Self> {
        Self::with_decryptor(suite, frame_length, |builder| builder)
    }

    /// Opens as `configure` has it.
    ///
    /// # Errors
    ///
    /// If they cannot be built.
    pub fn with_decryptor(
        suite: AlgorithmSuite,
        frame_length: u32,
        configure: impl FnOnce(DecryptorBuilder) -> DecryptorBuilder,
    ) -> Result<Self> {
        let provider = random_provider()?;
        let builder = Encryptor::builder(Arc::clone(&provider)).suite(suite);
        let encryptor = builder.frame_length(frame_length).build()?;
        Ok(Self { encryptor, decryptor: configure(Decryptor::builder(provider)).build()? })
    }

    /// The sealer of a new message.
    ///
    /// # Errors
    ///
    /// What the encryptor says.
    pub async fn sealer(&self) -> Result<Sealer> {
        self.encryptor.prepare(&EncryptionContext::new()).await
    }

    /// A message in memory.
    ///
    /// # Errors
    ///
    /// What the encryptor says.
    pub async fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>> {
        self.encryptor.encrypt(plaintext, &EncryptionContext::new()).await
    }

    /// The opener of a message, and its body.
    ///
    /// # Errors
    ///
    /// What the parser or the decryptor says.
    pub async fn opener<'m>(&self, message: &'m [u8]) -> Result<(Opener, &'m [u8])> {
        let (header, body) = UnverifiedHeader::parse(message, &Limits::default())?;
        Ok((self.decryptor.open(header, &EncryptionContext::new()).await?, body))
    }

    /// The opener of a message that is a stream, and its body.
    ///
    /// # Errors
    ///
    /// What the stream, the parser or the decryptor says.
    pub async fn stream_opener<S>(&self, message: S) -> Result<(Opener, BodyStream<S>)>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Unpin,
    {
        let (header, body) = aio::take_header(self.decryptor.header_parser(), message).await?;
        Ok((self.decryptor.open(header, &EncryptionContext::new()).await?, body))
    }

    /// The plaintext of a message in memory.
    ///
    /// # Errors
    ///
    /// What the decryptor says.
    pub async fn open(&self, message: &[u8]) -> Result<Vec<u8>> {
        let opened = self.decryptor.decrypt(message, &EncryptionContext::new()).await?;
        Ok(opened.into_plaintext())
    }
}

/// A provider with a random key.
///
/// # Errors
///
/// If the system has no randomness.
pub fn random_provider() -> Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("tests", "key", &SecretBytes::random(32)?)?))
}

/// Where the body of a message begins.
///
/// # Errors
///
/// If it does not begin with a header.
pub fn header_length(message: &[u8]) -> Result<usize> {
    let (header, _) = UnverifiedHeader::parse(message, &Limits::default())?;
    Ok(header.claims().length())
}

/// Commits to the key, and is not signed.
pub const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
/// Commits to the key, and is signed.
pub const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
