//! Encrypts and decrypts a string, and checks the encryption context the way a careful reader
//! does. With AWS KMS in place of the raw key this is the first example of the AWS Encryption SDK
//! for Python.

use std::{error::Error, sync::Arc};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
    provider::{KeyProvider, RawAesProvider},
};

/// Encrypts `source`, decrypts the message again, and makes sure that it is the same and that
/// its context holds every pair it was encrypted under.
fn cycle_string(provider: Arc<dyn KeyProvider>, source: &str) -> Result<(), Box<dyn Error>> {
    // Without options: the suite with key commitment and signature, frames of 4096 bytes.
    let encryptor = Encryptor::new(provider.clone());
    let decryptor = Decryptor::new(provider);

    let context = EncryptionContext::from([("tenant", "blue"), ("purpose", "greeting")]);
    let sealer = blocking::wait(encryptor.prepare(&context))?;
    let message_id = *sealer.header().message_id();
    let message = sealer.seal(source.as_bytes())?;

    // Only the pairs that this reader knows. More may be in the message; signing suites add one.
    let expected = EncryptionContext::from([("tenant", "blue")]);
    let opened = blocking::wait(decryptor.decrypt(&message, &expected))?;

    assert_eq!(opened.plaintext(), source.as_bytes());
    assert_eq!(*opened.header().message_id(), message_id);
    assert!(opened.context().contains_all(&context));

    // A reader who expects another tenant gets an error, and no plaintext.
    let wrong = EncryptionContext::from([("tenant", "red")]);
    let refused = blocking::wait(decryptor.decrypt(&message, &wrong));
    assert!(matches!(refused, Err(crypto_envelope::Error::Policy(_))));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let wrapping_key = SecretBytes::random(32)?;
    let provider = RawAesProvider::new("examples", "strings", &wrapping_key)?;
    cycle_string(Arc::new(provider), "Hallo, Wörld!")
}
