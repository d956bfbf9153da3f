//! What is sealed out of a cache, and what is not.

use std::{collections::HashSet, sync::Arc, time::Duration};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, EncryptionContext, Encryptor, EncryptorBuilder, Error,
    Header, Limits, PolicyViolation, Result, UnverifiedHeader, blocking,
    cache::{CacheCounters, MaterialsCache, MaterialsCacheBuilder},
};
use crypto_envelope_tests::{
    client::{decrypt, nothing},
    counting::CountingProvider,
    sides::{SIGNED, UNSIGNED, random_provider},
    vectors::writing_policy,
};

const PUBLIC_KEY: &str = "aws-crypto-public-key";

fn new_cache() -> MaterialsCacheBuilder {
    MaterialsCache::builder(Duration::from_hours(1))
}

/// A provider, and an encryptor with a cache in front of it.
fn cached(suite: AlgorithmSuite) -> Result<(Arc<CountingProvider>, Encryptor)> {
    with_cache(suite, new_cache().build()?)
}

fn with_cache(
    suite: AlgorithmSuite,
    cache: MaterialsCache,
) -> Result<(Arc<CountingProvider>, Encryptor)> {
    let provider = CountingProvider::new()?;
    let encryptor = builder(&provider, suite).cache(cache).build()?;
    Ok((provider, encryptor))
}

fn builder(provider: &Arc<CountingProvider>, suite: AlgorithmSuite) -> EncryptorBuilder {
    let policy = writing_policy(suite);
    Encryptor::builder(Arc::clone(provider)).suite(suite).commitment_policy(policy)
}

fn seal(encryptor: &Encryptor, plaintext: &[u8], context: &EncryptionContext) -> Result<Vec<u8>> {
    blocking::wait(encryptor.encrypt(plaintext, context))
}

fn seal_any(encryptor: &Encryptor) -> Result<Vec<u8>> {
    seal(encryptor, b"text", &nothing())
}

fn counters(encryptor: &Encryptor) -> CacheCounters {
    encryptor.cache().map(MaterialsCache::counters).unwrap_or_default()
}

fn header(message: &[u8]) -> Result<Header> {
    Ok(UnverifiedHeader::parse(message, &Limits::default())?.0.claims().clone())
}

#[test]
fn one_data_key_makes_messages_that_differ() -> Result<()> {
    for &suite in &AlgorithmSuite::ALL[3..] {
        let (provider, encryptor) = cached(suite)?;
        let context = EncryptionContext::from([("tenant", "blue")]);
        let messages =
            (0..10).map(|_| seal(&encryptor, b"text", &context)).collect::<Result<Vec<_>>>()?;
        assert_eq!(provider.calls(), 1, "{suite}");
        let headers = messages.iter().map(|message| header(message)).collect::<Result<Vec<_>>>()?;
        let ids: HashSet<_> = headers.iter().map(|header| header.message_id().to_owned()).collect();
        let bodies: HashSet<_> =
            headers.iter().zip(&messages).map(|(header, m)| &m[header.length()..]).collect();
        assert_eq!((ids.len(), bodies.len()), (10, 10), "{suite}");
        for (message, header) in messages.iter().zip(&headers) {
            assert_eq!(header.encrypted_data_keys(), headers[0].encrypted_data_keys());
            assert_eq!(header.stored_context(), headers[0].stored_context());
            assert_eq!(header.stored_context().value(PUBLIC_KEY).is_some(), suite.is_signing());
            let opened = blocking::wait(
                crypto_envelope::Decryptor::builder(Arc::clone(&provider))
                    .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
                    .build()?
                    .decrypt(message, &context),
            )?;
            assert_eq!(opened.plaintext(), b"text");
        }
    }
    Ok(())
}

#[test]
fn commitments_differ_and_signatures_are_of_their_own_message() -> Result<()> {
    let (provider, encryptor) = cached(SIGNED)?;
    let (one, other) = (seal_any(&encryptor)?, seal_any(&encryptor)?);
    // The same key signed both, and the signature of one does not fit the other.
    let footer = 2 + 103;
    let mixed = [&one[..one.len() - footer], &other[other.len() - footer..]].concat();
    assert_eq!(mixed.len(), one.len());
    let key = |message: &[u8]| -> Result<Option<String>> {
        Ok(header(message)?.stored_context().value(PUBLIC_KEY).map(String::from))
    };
    assert_eq!(key(&one)?, key(&other)?);
    assert!(decrypt(Arc::clone(&provider), &one, &nothing()).is_ok());
    assert!(matches!(
        decrypt(provider, &mixed, &nothing()),
        Err(Error::Authentication { part: crypto_envelope::MessagePart::Signature, .. })
    ));
    Ok(())
}

/// Where the data key is the content key, a second message would use IVs again.
#[test]
fn suites_without_derivation_are_never_cached() -> Result<()> {
    for &suite in &AlgorithmSuite::ALL[..3] {
        let (provider, encryptor) = cached(suite)?;
        for _ in 0..3 {
            seal_any(&encryptor)?;
        }
        assert_eq!(provider.calls(), 3, "{suite}");
        assert_eq!(counters(&encryptor).bypasses_without_derivation, 3);
        assert_eq!(counters(&encryptor).misses, 0);
    }
    Ok(())
}

#[test]
fn plaintext_of_unknown_length_is_not_served() -> Result<()> {
    let (provider, encryptor) = cached(UNSIGNED)?;
    seal_any(&encryptor)?;
    for _ in 0..2 {
        blocking::wait(encryptor.prepare(&nothing()))?.seal(b"text")?;
    }
    assert_eq!(provider.calls(), 3);
    blocking::wait(encryptor.prepare_at_most(&nothing(), 10))?.seal(b"text")?;
    assert_eq!(provider.calls(), 0);
    let counters = counters(&encryptor);
    assert_eq!((counters.bypasses_of_unknown_length, counters.hits), (2, 1));
    Ok(())
}

#[test]
fn plaintext_that_fills_an_entry_is_not_served() -> Result<()> {
    let (provider, encryptor) = with_cache(UNSIGNED, new_cache().max_bytes(5).build()?)?;
    for (text, calls) in [("12345", 1), ("12345", 1), ("123456", 1), ("1234", 1), ("1", 0)] {
        seal(&encryptor, text.as_bytes(), &nothing())?;
        assert_eq!(provider.calls(), calls, "{text}");
    }
    assert_eq!(counters(&encryptor).bypasses_of_long_plaintext, 3);
    let (provider, encryptor) = with_cache(UNSIGNED, new_cache().max_bytes(0).build()?)?;
    (0..2).try_for_each(|_| seal(&encryptor, b"", &nothing()).map(drop))?;
    assert_eq!(provider.calls(), 2);
    Ok(())
}

#[test]
fn messages_and_bytes_use_an_entry_up() -> Result<()> {
    let (provider, encryptor) = with_cache(UNSIGNED, new_cache().max_messages(3).build()?)?;
    let calls: Vec<_> =
        (0..7).map(|_| seal_any(&encryptor).map(|_| provider.calls())).collect::<Result<_>>()?;
    assert_eq!(calls, [1, 0, 0, 1, 0, 0, 1]);
    assert_eq!(counters(&encryptor).exhaustions, 2);

    let (provider, encryptor) = with_cache(UNSIGNED, new_cache().max_bytes(10).build()?)?;
    for (length, calls) in [(4, 1), (6, 0), (0, 0), (1, 1), (9, 0), (1, 1), (9, 0), (9, 1)] {
        seal(&encryptor, &vec![7; length], &nothing())?;
        assert_eq!(provider.calls(), calls, "{length}");
    }
    // What was said is counted, not what came.
    let sealer = |most| blocking::wait(encryptor.prepare_at_most(&nothing(), most));
    sealer(2)?.seal(b"")?;
    assert_eq!(provider.calls(), 1);
    sealer(9)?.seal(b"")?;
    assert_eq!(provider.calls(), 1);
    Ok(())
}

#[test]
fn other_wishes_have_entries_of_their_own() -> Result<()> {
    let provider = CountingProvider::new()?;
    let store = new_cache().build()?;
    let context = EncryptionContext::from([("a", "1"), ("b", "2")]);
    let policy = CommitmentPolicy::RequireEncryptAllowDecrypt;
    let encryptors = [
        builder(&provider, UNSIGNED),
        builder(&provider, SIGNED),
        builder(&provider, UNSIGNED).commitment_policy(policy),
        builder(&provider, UNSIGNED).required_context_keys(["a"]),
        builder(&provider, UNSIGNED).required_context_keys(["b"]),
        builder(&provider, UNSIGNED).required_context_keys(["a", "b"]),
    ]
    .map(|builder| builder.cache(store.share()).build());
    for encryptor in encryptors {
        let encryptor = encryptor?;
        let changed = EncryptionContext::from([("a", "1"), ("b", "3")]);
        for context in [&context, &changed] {
            seal(&encryptor, b"text", context)?;
            assert_eq!(provider.calls(), 1, "{encryptor:?}");
            seal(&encryptor, b"text", context)?;
            assert_eq!(provider.calls(), 0, "{encryptor:?}");
        }
    }
    // What makes no difference to materials shares them.
    let framed = builder(&provider, UNSIGNED).frame_length(7).cache(store.share()).build()?;
    seal(&framed, b"text", &context)?;
    assert_eq!(provider.calls(), 0);
    Ok(())
}

#[test]
fn providers_and_partitions_do_not_meet() -> Result<()> {
    let store = new_cache().build()?;
    let key = random_provider()?;
    let (one, other) = (CountingProvider::of(Arc::clone(&key)), CountingProvider::of(key));
    let encryptor = |provider: &Arc<CountingProvider>, cache: MaterialsCache| {
        builder(provider, UNSIGNED).cache(cache).build()
    };
    let shared = encryptor(&one, store.share())?;
    seal_any(&shared)?;
    assert_eq!(one.calls(), 1);
    for (cache, calls) in [
        (store.share(), 0),
        (store.share_as("mine"), 1),
        (store.share_as("mine"), 0),
        (store.share_as(*b"yours"), 1),
        (new_cache().build()?, 1),
        (new_cache().partition_id("mine").build()?, 1),
    ] {
        seal_any(&encryptor(&one, cache)?)?;
        assert_eq!(one.calls(), calls);
    }
    // The same key in another provider.
    seal_any(&encryptor(&other, store.share())?)?;
    assert_eq!((one.calls(), other.calls()), (0, 1));
    // A clone is the same manager.
    seal_any(&shared.clone())?;
    assert_eq!(one.calls(), 0);
    Ok(())
}

/// Another provider at the address of one that was dropped must not get its keys.
#[test]
fn an_entry_keeps_its_provider_alive() -> Result<()> {
    let store = new_cache().build()?;
    let provider = CountingProvider::new()?;
    let weak = Arc::downgrade(&provider);
    let encryptor = builder(&provider, UNSIGNED).cache(store.share()).build()?;
    drop(provider);
    seal_any(&encryptor)?;
    drop(encryptor);
    assert!(weak.upgrade().is_some());
    store.clear();
    assert!(weak.upgrade().is_none());
    Ok(())
}

#[test]
fn the_longest_unused_entry_makes_room() -> Result<()> {
    let (provider, encryptor) = with_cache(UNSIGNED, new_cache().capacity(2).build()?)?;
    for (tenant, calls) in [("a", 1), ("b", 1), ("a", 0), ("c", 1), ("a", 0), ("b", 1), ("c", 1)] {
        seal(&encryptor, b"text", &EncryptionContext::from([("tenant", tenant)]))?;
        assert_eq!(provider.calls(), calls, "{tenant}");
    }
    assert_eq!(counters(&encryptor).evictions, 3);
    Ok(())
}

#[test]
fn rules_hold_with_a_full_cache() -> Result<()> {
    let provider = CountingProvider::new()?;
    let store = new_cache().build()?;
    let encryptor = builder(&provider, UNSIGNED).cache(store.share()).build()?;
    seal_any(&encryptor)?;
    let reserved = EncryptionContext::from([("aws-crypto-x", "1")]);
    assert!(matches!(
        seal(&encryptor, b"text", &reserved),
        Err(Error::Policy(PolicyViolation::ReservedContextKey { .. }))
    ));
    let requiring = builder(&provider, UNSIGNED).required_context_keys(["a"]);
    assert!(matches!(
        seal_any(&requiring.cache(store.share()).build()?),
        Err(Error::Policy(PolicyViolation::ContextMissing { .. }))
    ));
    let strict = Limits::default().with_max_encrypted_data_keys(0);
    let strict = builder(&provider, UNSIGNED).limits(strict).cache(store.share()).build()?;
    assert!(matches!(seal_any(&strict), Err(Error::Limit { .. })));
    assert_eq!(provider.calls(), 1);
    Ok(())
}

#[test]
fn thresholds_out_of_bounds_are_refused() {
    for builder in [
        MaterialsCache::builder(Duration::ZERO),
        new_cache().capacity(0),
        new_cache().max_messages(0),
        new_cache().max_messages((1 << 32) + 1),
        new_cache().max_bytes(1 << 63),
    ] {
        assert!(matches!(builder.build(), Err(Error::InvalidInput { .. })));
    }
}

#[test]
fn a_forgotten_entry_is_asked_for_again() -> Result<()> {
    let (provider, encryptor) = cached(UNSIGNED)?;
    for _ in 0..2 {
        seal_any(&encryptor)?;
        seal_any(&encryptor)?;
        assert_eq!(provider.calls(), 1);
        encryptor.cache().expect("there is one").clear();
    }
    let counters = counters(&encryptor);
    assert_eq!((counters.calls, counters.misses, counters.hits), (2, 2, 2));
    assert_eq!((counters.evictions, counters.expirations, counters.exhaustions), (0, 0, 0));
    Ok(())
}
