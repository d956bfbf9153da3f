//! What the client makes of the answers of key providers, good ones and bad ones.

use std::sync::Arc;

use async_trait::async_trait;
use crypto_envelope::{
    Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, Error, Limits, MessagePart, Result,
    SecretBytes, UnwrapAttempt, blocking,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, RawAesProvider,
        Target, Targets, UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use crypto_envelope_tests::{
    client::{decrypt, encrypt, nothing},
    sides::{UNSIGNED, random_provider},
};

#[test]
fn every_attempt_is_reported() -> Result<()> {
    let message = encrypt(random_provider()?, UNSIGNED, b"text", &nothing())?;
    let attempts_of = |result| match result {
        Err(Error::NoUsableKey { attempts, .. }) => attempts,
        _ => Vec::new(),
    };
    let attempts = attempts_of(decrypt(random_provider()?, &message, &nothing()));
    assert_eq!((attempts.len(), attempts[0].provider_id()), (1, "tests"));
    assert_eq!(attempts[0].key_id(), "key");
    assert!(matches!(
        attempts[0].error(),
        Some(Error::Authentication { part: MessagePart::EncryptedDataKey, .. })
    ));

    let other_name = RawAesProvider::new("tests", "other", &SecretBytes::random(32)?)?;
    let attempts = attempts_of(decrypt(other_name, &message, &nothing()));
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].error().is_none());
    Ok(())
}

#[test]
fn attempts_of_several_providers_are_all_reported() -> Result<()> {
    let message = encrypt(random_provider()?, UNSIGNED, b"text", &nothing())?;
    let several = Broken { unwrap: || Err(Error::no_usable_key(two_attempts())), ..GOOD };
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(several, &message, &nothing()) else {
        return Err(Error::invalid_input("it opened"));
    };
    let ids: Vec<_> = attempts.iter().map(UnwrapAttempt::key_id).collect();
    assert_eq!(ids, ["one", "two"]);
    Ok(())
}

fn two_attempts() -> Vec<UnwrapAttempt> {
    ["one", "two"].map(|id| UnwrapAttempt::new("several", id, None)).into()
}

#[test]
fn an_unwrapped_key_of_a_wrong_length_is_not_used() -> Result<()> {
    let message = encrypt(random_provider()?, UNSIGNED, b"text", &nothing())?;
    let short = Broken { unwrap: || Ok(Unwrapped::Key(SecretBytes::from(vec![5; 31]))), ..GOOD };
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(short, &message, &nothing()) else {
        return Err(Error::invalid_input("it opened"));
    };
    assert!(matches!(attempts[0].error(), Some(Error::Provider(_))));
    Ok(())
}

#[test]
fn a_provider_that_makes_bad_keys_is_found_out() -> Result<()> {
    let short: fn() -> GeneratedKey = || fixed(31, 1);
    let unwrapped: fn() -> GeneratedKey = || fixed(32, 0);
    let too_many: fn() -> GeneratedKey = || fixed(32, 3);
    for (make, limit) in [(short, 9), (unwrapped, 9), (too_many, 2)] {
        let encryptor = Encryptor::builder(Broken { make, ..GOOD })
            .limits(Limits::default().with_max_encrypted_data_keys(limit))
            .build()?;
        assert!(blocking::wait(encryptor.prepare(&nothing())).is_err());
    }
    Ok(())
}

/// Binds nothing and keeps the data key: all that protects the unstored pairs is the header tag.
#[test]
fn unstored_pairs_are_bound_by_the_header_too() -> Result<()> {
    let provider = Arc::new(GOOD);
    let context = EncryptionContext::from([("tenant", "blue")]);
    let encryptor = Encryptor::builder(provider.clone())
        .suite(UNSIGNED)
        .required_context_keys(["tenant"])
        .build()?;
    let message = blocking::wait(encryptor.encrypt(b"text", &context))?;
    let decryptor = Decryptor::builder(provider).required_context_keys(["tenant"]).build()?;
    assert!(blocking::wait(decryptor.decrypt(&message, &context)).is_ok());
    let red = EncryptionContext::from([("tenant", "red")]);
    assert!(matches!(
        blocking::wait(decryptor.decrypt(&message, &red)),
        Err(Error::Authentication { part: MessagePart::Header, .. })
    ));
    Ok(())
}

#[test]
fn bad_keys_and_names_are_refused() -> Result<()> {
    for length in [0, 15, 31, 33] {
        let key = SecretBytes::from(vec![1; length]);
        assert!(matches!(RawAesProvider::new("n", "k", &key), Err(Error::InvalidInput { .. })));
    }
    let key = SecretBytes::random(32)?;
    for namespace in ["", "aws-kms", "aws-kms-rsa", &"n".repeat(65_536)] {
        assert!(RawAesProvider::new(namespace, "k", &key).is_err());
    }
    assert!(RawAesProvider::new("n", "k".repeat(65_516), &key).is_err());
    assert!(RawAesProvider::new("n", "k".repeat(65_515), &key).is_ok());
    assert!(Encryptor::builder(random_provider()?).frame_length(0).build().is_err());
    Ok(())
}

/// A raw AES key of the right name whose wrapping says another tag length.
#[test]
fn an_unknown_wrapping_of_an_own_key_is_said() -> Result<()> {
    let provider = random_provider()?;
    let info = [&b"key"[..], &[0, 0, 0, 96, 0, 0, 0, 12], &[0; 12]].concat();
    let key = EncryptedDataKey::new("tests", info, vec![0; 44])?;
    let context = nothing();
    let target = Target::Message(UNSIGNED);
    let answer = blocking::wait(provider.unwrap(UnwrapRequest::new(&key, target, &context)));
    assert!(matches!(answer, Err(Error::Unsupported { .. })));
    assert!(provider.describe(&key).is_some());
    Ok(())
}

/// Makes and unwraps keys as it is told, without any security.
#[derive(Clone, Debug)]
struct Broken {
    make: fn() -> GeneratedKey,
    unwrap: fn() -> Result<Unwrapped>,
}

/// Nothing is broken yet: one and the same key, always.
const GOOD: Broken =
    Broken { make: || fixed(32, 1), unwrap: || Ok(Unwrapped::Key(SecretBytes::from(vec![5; 32]))) };

fn fixed(length: usize, count: usize) -> GeneratedKey {
    let wrapped = EncryptedDataKey::new("broken", "", "").expect("short parts");
    GeneratedKey::new(SecretBytes::from(vec![5; length]), vec![wrapped; count])
}

#[async_trait]
impl KeyProvider for Broken {
    async fn generate(&self, _: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Ok((self.make)())
    }

    async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Ok(Vec::new())
    }

    async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
        (self.unwrap)()
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        None
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}
