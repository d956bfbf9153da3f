//! One data key for several messages, within thresholds: each call saved is a request to AWS KMS, and
//! the wait for it.
//!
//! It runs against a fake KMS. With a key of yours: `CRYPTO_ENVELOPE_AWS_KMS_KEY=arn:aws:kms:...`

use std::{error::Error, sync::Arc, time::Duration};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, blocking, cache::MaterialsCache, provider::KeyProvider,
};
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_examples::ExampleKey;

/// Most messages under one data key. Whoever gets hold of it reads all of them.
const MAX_ENTRY_MESSAGES: u64 = 100;

/// An encryptor that uses a data key again for at most `max_age`, and keeps at most `capacity` of
/// them.
fn encryptor_with_cache(
    provider: Arc<dyn KeyProvider>,
    max_age: Duration,
    capacity: usize,
) -> crypto_envelope::Result<Encryptor> {
    let cache = MaterialsCache::builder(max_age)
        .capacity(capacity)
        .max_messages(MAX_ENTRY_MESSAGES)
        .build()?;
    Encryptor::builder(provider).cache(cache).build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let key = ExampleKey::from_env()?;
    let provider: Arc<dyn KeyProvider> = Arc::new(AwsKmsProvider::new(&key.clients, &key.arn)?);
    let encryptor = encryptor_with_cache(provider.clone(), Duration::from_mins(1), 10)?;

    // Only messages with the same context share a data key: here, those of one purpose.
    let context = EncryptionContext::from([("purpose", "test")]);
    let encrypt = |text: String| blocking::wait(encryptor.encrypt(text.as_bytes(), &context));
    let messages = (0..150)
        .map(|number| encrypt(format!("My plaintext data, number {number}")))
        .collect::<crypto_envelope::Result<Vec<_>>>()?;

    // A hundred messages with the first data key, fifty with the second.
    let counters = encryptor.cache().ok_or("it has a cache")?.counters();
    assert_eq!((counters.calls, counters.exhaustions), (2, 1));

    // A stream is served, too, if it says how long it can be.
    let sealer = blocking::wait(encryptor.prepare_at_most(&context, 1 << 20))?;
    let from_stream = sealer.seal(b"at most a mebibyte")?;

    // The reader's cache bounds only for how long a data key is kept.
    let cache = MaterialsCache::builder(Duration::from_mins(1)).build()?;
    let decryptor = Decryptor::builder(provider).cache(cache).build()?;
    for (number, message) in messages.iter().enumerate() {
        let opened = blocking::wait(decryptor.decrypt(message, &context))?;
        let expected = format!("My plaintext data, number {number}");
        assert_eq!(opened.plaintext(), expected.as_bytes());
    }
    let opened = blocking::wait(decryptor.decrypt(&from_stream, &context))?;
    assert_eq!(opened.plaintext(), b"at most a mebibyte");
    let counters = decryptor.cache().ok_or("it has a cache")?.counters();
    assert_eq!((counters.calls, counters.hits), (2, 149));
    Ok(())
}
