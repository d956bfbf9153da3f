//! The shortest ways through the client, for tests of its rules.

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Result, blocking,
    provider::KeyProvider,
};

/// Encrypts with frames of 100 bytes.
///
/// # Errors
///
/// What the encryptor says.
pub fn encrypt(
    provider: impl KeyProvider,
    suite: AlgorithmSuite,
    plaintext: &[u8],
    context: &EncryptionContext,
) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(provider).suite(suite).frame_length(100).build()?;
    blocking::wait(encryptor.encrypt(plaintext, context))
}

/// Decrypts with default options.
///
/// # Errors
///
/// What the decryptor says.
pub fn decrypt(
    provider: impl KeyProvider,
    message: &[u8],
    expected: &EncryptionContext,
) -> Result<Vec<u8>> {
    let opened = blocking::wait(Decryptor::new(provider).decrypt(message, expected))?;
    Ok(opened.into_plaintext())
}

/// The context of a message that has none.
#[must_use]
pub fn nothing() -> EncryptionContext {
    EncryptionContext::new()
}
