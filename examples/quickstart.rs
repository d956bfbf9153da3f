//! The shortest way from plaintext to ciphertext and back: one key of your own, no cloud.

use std::sync::Arc;

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Result, SecretBytes, blocking,
    provider::RawAesProvider,
};

fn main() -> Result<()> {
    // In real life this key comes from where you keep your keys.
    let wrapping_key = SecretBytes::random(32)?;
    let provider = Arc::new(RawAesProvider::new("quickstart", "key-1", &wrapping_key)?);

    // What the reader knows already: bound to the message, stored in clear.
    let context = EncryptionContext::from([("purpose", "quickstart")]);
    let encryptor = Encryptor::new(provider.clone());
    let message = blocking::wait(encryptor.encrypt(b"my secret text", &context))?;

    let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &context))?;
    assert_eq!(opened.plaintext(), b"my secret text");
    Ok(())
}
