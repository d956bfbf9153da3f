//! What the tests of ranges share: messages, and readers of them.

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, DecryptorBuilder, EncryptionContext, Encryptor,
    Limits, Result, SecretBytes, UnverifiedHeader, aio, blocking,
    provider::{KeyProvider, RawAesProvider},
    ranges::{RangeOptions, RangeReader},
};
use crypto_envelope_testkit::data;

use crate::{stored::Stored, vectors::writing_policy};

/// A suite without a signature.
pub const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
/// A suite with one.
pub const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

static PROVIDER: LazyLock<Arc<dyn KeyProvider>> = LazyLock::new(|| {
    let key = SecretBytes::from(vec![9; 32]);
    Arc::new(RawAesProvider::new("ranges", "key", &key).expect("a good key"))
});

/// The one key of these tests.
#[must_use]
pub fn provider() -> Arc<dyn KeyProvider> {
    PROVIDER.clone()
}

/// Seals under the one key of these tests.
///
/// # Errors
///
/// Ones that are not expected here.
pub fn seal(suite: AlgorithmSuite, frame_length: u32, plaintext: &[u8]) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(provider())
        .commitment_policy(writing_policy(suite))
        .suite(suite)
        .frame_length(frame_length)
        .build()?;
    blocking::wait(encryptor.encrypt(plaintext, &nothing()))
}

/// Reads every suite.
pub fn builder() -> DecryptorBuilder {
    Decryptor::builder(provider()).commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
}

/// Reads signed messages too.
///
/// # Panics
///
/// Never: the options are good.
#[must_use]
pub fn decryptor() -> Decryptor {
    builder().danger_ignore_signature_in_ranges().build().expect("good options")
}

/// No pairs.
#[must_use]
pub fn nothing() -> EncryptionContext {
    EncryptionContext::new()
}

/// How long the header is.
///
/// # Panics
///
/// Not for a message of ours.
#[must_use]
pub fn header_length(message: &[u8]) -> usize {
    let (header, _) =
        UnverifiedHeader::parse(message, &Limits::default()).expect("a header of ours");
    header.claims().length()
}

/// Fetches the header, exactly, and nothing else in advance.
#[must_use]
pub fn exact(message: &[u8]) -> RangeOptions {
    RangeOptions::default().with_first_fetch(header_length(message)).with_merge_gap(0)
}

/// A reader, after which no fetch was counted yet.
///
/// # Errors
///
/// Those of the reader.
pub fn open(stored: &Stored, options: RangeOptions) -> Result<RangeReader<Stored>> {
    let reader = RangeReader::open_with(&decryptor(), stored.clone(), &nothing(), options)?;
    let _ = stored.fetched();
    Ok(reader)
}

/// The same that is awaited, outside of a runtime.
///
/// # Errors
///
/// Those of the reader.
pub fn open_async(stored: &Stored, options: RangeOptions) -> Result<aio::RangeReader<Stored>> {
    let (decryptor, nothing) = (decryptor(), nothing());
    let open = aio::RangeReader::open_with(&decryptor, stored.clone(), &nothing, options);
    let reader = blocking::wait(open)?;
    let _ = stored.fetched();
    Ok(reader)
}

/// A range of a plaintext, as far as it goes.
#[must_use]
pub fn slice(plaintext: &[u8], range: &Range<u64>) -> Vec<u8> {
    let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX).min(plaintext.len());
    plaintext[index(range.start)..index(range.end)].to_vec()
}

/// A message whose frames can be told by their places.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "it is for tests")]
pub struct Sample {
    /// What is in it.
    pub plaintext: Vec<u8>,
    /// What is stored.
    pub message: Vec<u8>,
    /// Length of the header.
    pub header: u64,
    /// Stored length of a frame.
    pub frame: u64,
}

/// 1000 bytes in ten full frames and an empty final one.
///
/// # Errors
///
/// Ones that are not expected here.
pub fn sample() -> Result<Sample> {
    let plaintext = data::plaintext(1000, 1);
    let message = seal(UNSIGNED, 100, &plaintext)?;
    let header = header_length(&message) as u64;
    Ok(Sample { plaintext, message, header, frame: 132 })
}

impl Sample {
    /// Where some frames are stored.
    #[must_use]
    pub fn frames(&self, frames: Range<u64>) -> Range<u64> {
        self.header + frames.start * self.frame..self.header + frames.end * self.frame
    }

    /// Where a frame is stored, and all behind it.
    #[must_use]
    pub fn to_the_end(&self, first: u64) -> Range<u64> {
        self.header + first * self.frame..self.message.len() as u64
    }
}
