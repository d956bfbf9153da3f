//! What is opened out of a cache, and what is not.

use std::{sync::Arc, time::Duration};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, DecryptorBuilder, EncryptedDataKey,
    EncryptionContext, Encryptor, Error, Limits, MessagePart, PolicyViolation, Result, SecretBytes,
    blocking,
    cache::{CacheCounters, MaterialsCache},
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, MultiProvider, Properties,
        Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
    ranges::{RangeOptions, RangeReader},
};
use crypto_envelope_tests::{
    client::nothing,
    counting::CountingProvider,
    sides::{SIGNED, UNSIGNED},
    vectors::writing_policy,
};

fn cache() -> Result<MaterialsCache> {
    MaterialsCache::builder(Duration::from_hours(1)).build()
}

fn builder(provider: &Arc<CountingProvider>) -> DecryptorBuilder {
    Decryptor::builder(Arc::clone(provider))
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
}

/// Messages with one and the same data key, and the provider that opens them, with no call yet.
struct Setup {
    provider: Arc<CountingProvider>,
    decryptor: Decryptor,
    messages: Vec<Vec<u8>>,
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue"), ("table", "7")])
}

impl Setup {
    fn new(suite: AlgorithmSuite) -> Result<Self> {
        let provider = CountingProvider::new()?;
        let encryptor = Encryptor::builder(Arc::clone(&provider))
            .suite(suite)
            .commitment_policy(writing_policy(suite))
            .cache(cache()?)
            .build()?;
        let seal = |text: &[u8]| blocking::wait(encryptor.encrypt(text, &context()));
        let messages =
            [&b"one"[..], b"two", b"three"].map(seal).into_iter().collect::<Result<_>>()?;
        let decryptor = builder(&provider).cache(cache()?).build()?;
        let _ = provider.calls();
        Ok(Self { provider, decryptor, messages })
    }

    /// With one message opened.
    fn warm(suite: AlgorithmSuite) -> Result<Self> {
        let setup = Self::new(suite)?;
        open(&setup.decryptor, &setup.messages[0])?;
        assert_eq!(setup.provider.calls(), 1);
        Ok(setup)
    }

    fn counters(&self) -> CacheCounters {
        counters(&self.decryptor)
    }
}

fn counters(decryptor: &Decryptor) -> CacheCounters {
    decryptor.cache().map(MaterialsCache::counters).unwrap_or_default()
}

fn open(decryptor: &Decryptor, message: &[u8]) -> Result<Vec<u8>> {
    open_expecting(decryptor, message, &nothing())
}

fn open_expecting(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Result<Vec<u8>> {
    Ok(blocking::wait(decryptor.decrypt(message, expected))?.into_plaintext())
}

#[test]
fn messages_of_one_data_key_cost_one_call() -> Result<()> {
    for &suite in AlgorithmSuite::ALL {
        let derives = !AlgorithmSuite::ALL[..3].contains(&suite);
        let setup = Setup::new(suite)?;
        for text in [&b"one"[..], b"two", b"three", b"one"].iter().zip([0, 1, 2, 0]) {
            assert_eq!(open(&setup.decryptor, &setup.messages[text.1])?, *text.0, "{suite}");
        }
        assert_eq!(setup.provider.calls(), if derives { 1 } else { 4 }, "{suite}");
        let counters = setup.counters();
        assert_eq!(counters.hits, if derives { 3 } else { 0 }, "{suite}");
        assert_eq!(counters.bypasses_without_derivation, if derives { 0 } else { 4 }, "{suite}");
    }
    Ok(())
}

#[test]
fn ranges_and_streams_are_served_too() -> Result<()> {
    let setup = Setup::warm(UNSIGNED)?;
    let (decryptor, message) = (&setup.decryptor, &setup.messages[2]);
    let reader =
        RangeReader::open_with(decryptor, message.clone(), &nothing(), RangeOptions::default());
    assert_eq!(reader?.read_suffix(3)?, b"ree");
    let mut parser = decryptor.header_parser();
    let used = parser.push(message)?;
    let opener = blocking::wait(decryptor.open(parser.finish()?, &nothing()))?;
    let mut plaintext = Vec::new();
    opener.open_into(&message[used..], &mut plaintext)?;
    assert_eq!(plaintext, b"three");
    assert_eq!((setup.provider.calls(), setup.counters().hits), (0, 2));
    Ok(())
}

#[test]
fn the_expected_context_is_compared_on_a_hit() -> Result<()> {
    let setup = Setup::warm(UNSIGNED)?;
    let expect = |pairs: &EncryptionContext| {
        open_expecting(&setup.decryptor, &setup.messages[0], pairs).map(drop)
    };
    expect(&context())?;
    let wrong = EncryptionContext::from([("tenant", "red")]);
    assert!(matches!(expect(&wrong), Err(Error::Policy(PolicyViolation::ContextMismatch { .. }))));
    let missing = EncryptionContext::from([("colour", "blue")]);
    assert!(matches!(expect(&missing), Err(Error::Policy(PolicyViolation::ContextMissing { .. }))));
    assert_eq!((setup.provider.calls(), setup.counters().hits), (0, 1));
    Ok(())
}

/// A cache must never turn a refusal into anything else, not even into another refusal.
#[test]
fn changed_messages_are_refused_as_without_a_cache() -> Result<()> {
    for suite in [UNSIGNED, SIGNED, AlgorithmSuite::ALL[5], AlgorithmSuite::ALL[8]] {
        let setup = Setup::warm(suite)?;
        let uncached = builder(&setup.provider).build()?;
        let message = &setup.messages[1];
        let mut changed = message.clone();
        for place in 0..message.len() {
            changed[place] ^= 0x20;
            let [plain, cached] = [&uncached, &setup.decryptor]
                .map(|decryptor| open(decryptor, &changed).map_err(|error| error.to_string()));
            assert!(plain.is_err(), "{suite}: {place}");
            assert_eq!(plain, cached, "{suite}: {place}");
            changed[place] ^= 0x20;
        }
        // None of them was kept, nor took the place of the genuine one.
        let _ = setup.provider.calls();
        assert_eq!(open(&setup.decryptor, message)?, b"two");
        assert_eq!(setup.provider.calls(), 0);
    }
    Ok(())
}

/// The wrapped key is part of the name of its entry.
#[test]
fn changed_wrapped_keys_never_hit() -> Result<()> {
    let setup = Setup::warm(UNSIGNED)?;
    let message = &setup.messages[0];
    let hits = setup.counters().hits;
    let text = message.windows(5).position(|window| window == b"tests").expect("the provider id");
    // Behind the context: provider id, info and wrapped key, but not the lengths.
    let wrapped = text + 5 + 2 + 3 + 20 + 2;
    for place in (text + 5 + 2 + 3 + 8..text + 5 + 2 + 3 + 20).chain(wrapped..wrapped + 48) {
        let mut changed = message.clone();
        changed[place] ^= 1;
        assert!(matches!(open(&setup.decryptor, &changed), Err(Error::NoUsableKey { .. })));
    }
    assert_eq!(setup.counters().hits, hits);
    assert_eq!(setup.provider.calls(), 12 + 48);
    Ok(())
}

/// Two providers take the same wrapped key for their own and unwrap it to different data keys.
#[test]
fn a_key_that_does_not_fit_counts_as_not_there() -> Result<()> {
    let both = || MultiProvider::new(Fixed(1)).with_child(Fixed(2));
    let seal = |byte: u8, suite| -> Result<Vec<u8>> {
        let policy = writing_policy(suite);
        let encryptor = Encryptor::builder(Fixed(byte)).suite(suite).commitment_policy(policy);
        blocking::wait(encryptor.build()?.encrypt(&[byte], &nothing()))
    };
    let (one, two) = (seal(1, UNSIGNED)?, seal(2, UNSIGNED)?);
    let decryptor = Decryptor::builder(both()).cache(cache()?).build()?;
    for (message, byte) in [(&one, 1), (&two, 2), (&one, 1), (&two, 2)] {
        assert_eq!(open(&decryptor, message)?, [byte]);
    }
    // The first key stays, and never stands in the way of the second.
    let counters = counters(&decryptor);
    assert_eq!((counters.calls, counters.hits, counters.misfits), (1, 3, 2));

    // Without a commitment the first key is taken for right, with a cache and without one.
    let (one, two) = (seal(1, AlgorithmSuite::ALL[5])?, seal(2, AlgorithmSuite::ALL[5])?);
    let policy = CommitmentPolicy::RequireEncryptAllowDecrypt;
    let decryptor = Decryptor::builder(both()).commitment_policy(policy).cache(cache()?).build()?;
    for _ in 0..2 {
        assert_eq!(open(&decryptor, &one)?, [1]);
        assert!(matches!(
            open(&decryptor, &two),
            Err(Error::Authentication { part: MessagePart::Header, .. })
        ));
    }
    Ok(())
}

/// Always the same data key, and always the same "wrapped" key. No security.
#[derive(Debug)]
struct Fixed(u8);

#[async_trait]
impl KeyProvider for Fixed {
    async fn generate(&self, _: GenerateRequest<'_>) -> Result<GeneratedKey> {
        let data_key = SecretBytes::from(vec![self.0; 32]);
        Ok(GeneratedKey::new(data_key, vec![EncryptedDataKey::new("fixed", "", "")?]))
    }

    async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Ok(Vec::new())
    }

    async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Ok(Unwrapped::Key(SecretBytes::from(vec![self.0; 32])))
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        None
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}

#[test]
fn policies_and_limits_hold_on_a_hit() -> Result<()> {
    let setup = Setup::warm(SIGNED)?;
    let message = &setup.messages[0];
    let strict = |choose: fn(DecryptorBuilder) -> DecryptorBuilder| {
        // A builder from a decryptor keeps its cache.
        open(&choose(setup.decryptor.to_builder()).build()?, message)
    };
    assert!(matches!(
        strict(DecryptorBuilder::unsigned_only),
        Err(Error::Policy(PolicyViolation::SignedMessage { .. }))
    ));
    assert!(matches!(
        strict(|builder| builder.limits(Limits::default().with_max_encrypted_data_keys(0))),
        Err(Error::Limit { .. })
    ));
    assert!(matches!(
        strict(|builder| builder.limits(Limits::default().with_max_header(100))),
        Err(Error::Limit { .. })
    ));
    assert!(matches!(
        strict(|builder| builder.required_context_keys(["tenant"])),
        Err(Error::Policy(PolicyViolation::ContextMissing { .. }))
    ));
    let reader = RangeReader::open(&setup.decryptor, message.clone(), &nothing());
    assert!(matches!(reader, Err(Error::Policy(PolicyViolation::SignedRange { .. }))));
    assert_eq!(setup.provider.calls(), 0);

    let uncommitted = Setup::warm(AlgorithmSuite::ALL[5])?;
    let default = CommitmentPolicy::default();
    let strict = uncommitted.decryptor.to_builder().commitment_policy(default).build()?;
    assert!(matches!(
        open(&strict, &uncommitted.messages[0]),
        Err(Error::Policy(PolicyViolation::Commitment { .. }))
    ));
    assert_eq!(uncommitted.provider.calls(), 0);
    Ok(())
}

#[test]
fn other_options_have_entries_of_their_own() -> Result<()> {
    let setup = Setup::new(UNSIGNED)?;
    let store = cache()?;
    let few_failures = Limits::default().with_max_failed_unwraps(1);
    let decryptors = [
        builder(&setup.provider).cache(store.share()),
        builder(&setup.provider).cache(store.share_as("other")),
        builder(&setup.provider).cache(store.share()).limits(few_failures),
        builder(&setup.provider).cache(store.share()).required_context_keys(["tenant"]),
        builder(&setup.provider)
            .cache(store.share())
            .commitment_policy(CommitmentPolicy::RequireEncryptRequireDecrypt),
        Decryptor::builder(CountingProvider::new()?).cache(store.share()),
    ];
    for (index, decryptor) in decryptors.into_iter().enumerate() {
        let decryptor = decryptor.build()?;
        let before = counters(&decryptor).hits;
        let opened = open_expecting(&decryptor, &setup.messages[0], &context());
        assert_eq!(counters(&decryptor).hits, before, "{index}");
        assert_eq!((opened.is_ok(), setup.provider.calls()), (index < 5, usize::from(index < 5)));
        let again = open_expecting(&decryptor, &setup.messages[1], &context());
        assert_eq!((again.is_ok(), setup.provider.calls()), (index < 5, 0));
    }
    Ok(())
}

/// What the header leaves out is part of the name, too.
#[test]
fn unstored_pairs_are_told_apart() -> Result<()> {
    let provider = CountingProvider::new()?;
    let encryptor = Encryptor::builder(Arc::clone(&provider))
        .suite(UNSIGNED)
        .required_context_keys(["tenant"])
        .build()?;
    let message = blocking::wait(encryptor.encrypt(b"text", &context()))?;
    let decryptor = builder(&provider).required_context_keys(["tenant"]).cache(cache()?).build()?;
    open_expecting(&decryptor, &message, &context())?;
    let _ = provider.calls();
    let wrong = EncryptionContext::from([("tenant", "red")]);
    assert!(matches!(open_expecting(&decryptor, &message, &wrong), Err(Error::NoUsableKey { .. })));
    assert_eq!((provider.calls(), counters(&decryptor).hits), (1, 0));
    open_expecting(&decryptor, &message, &context())?;
    assert_eq!((provider.calls(), counters(&decryptor).hits), (0, 1));
    Ok(())
}

#[test]
fn sealing_and_opening_keep_to_themselves() -> Result<()> {
    let provider = CountingProvider::new()?;
    let store = cache()?;
    let encryptor =
        Encryptor::builder(Arc::clone(&provider)).suite(UNSIGNED).cache(store.share()).build()?;
    let decryptor = builder(&provider).cache(store.share()).build()?;
    let message = blocking::wait(encryptor.encrypt(b"text", &nothing()))?;
    assert_eq!(provider.calls(), 1);
    open(&decryptor, &message)?;
    assert_eq!(provider.calls(), 1);
    let message = blocking::wait(encryptor.encrypt(b"text", &nothing()))?;
    open(&decryptor, &message)?;
    assert_eq!((provider.calls(), store.counters().hits), (0, 2));
    Ok(())
}
