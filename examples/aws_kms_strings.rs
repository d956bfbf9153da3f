//! Encrypts a string under a key in AWS KMS, decrypts it, and checks the encryption context.
//!
//! It runs against a fake KMS. With a key of yours: `CRYPTO_ENVELOPE_AWS_KMS_KEY=arn:aws:kms:...`

use std::{error::Error, sync::Arc};

use crypto_envelope::{Decryptor, EncryptionContext, Encryptor, blocking};
use crypto_envelope_aws_kms::{AwsKmsClients, AwsKmsProvider};
use crypto_envelope_examples::ExampleKey;

fn cycle_string(clients: &AwsKmsClients, arn: &str, source: &str) -> Result<(), Box<dyn Error>> {
    let provider = Arc::new(AwsKmsProvider::new(clients, arn)?);

    // KMS logs the context in clear, and its policies can ask for it.
    let context = EncryptionContext::from([("tenant", "blue"), ("purpose", "greeting")]);
    let encryptor = Encryptor::new(provider.clone());
    let message = blocking::wait(encryptor.encrypt(source.as_bytes(), &context))?;

    // Only the pairs that this reader knows. More may be in the message; signing suites add one.
    let expected = EncryptionContext::from([("tenant", "blue")]);
    let decryptor = Decryptor::new(provider);
    let opened = blocking::wait(decryptor.decrypt(&message, &expected))?;
    assert_eq!(opened.plaintext(), source.as_bytes());
    assert!(opened.context().contains_all(&context));

    // A reader who expects another tenant gets an error, and KMS is not even asked.
    let wrong = EncryptionContext::from([("tenant", "red")]);
    assert!(blocking::wait(decryptor.decrypt(&message, &wrong)).is_err());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // In real life: `AwsKmsClients::load` once, and the ARN of your key.
    let key = ExampleKey::from_env()?;
    cycle_string(&key.clients, &key.arn, "Hallo, Wörld!")
}
