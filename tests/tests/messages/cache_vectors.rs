//! The official vectors with a cache: each message twice, and the second time it is a hit.

use std::time::Duration;

use crypto_envelope::{
    Decryptor, EncryptionContext, Limits, UnverifiedHeader, blocking, cache::MaterialsCache,
};
use crypto_envelope_tests::vectors::{Faults, Manifest, Result, Vector};

/// The plaintext and the context, or what is wrong.
type Opened = Result<(Vec<u8>, EncryptionContext), String>;

fn open(decryptor: &Decryptor, message: &[u8], expected: &EncryptionContext) -> Opened {
    let opened = blocking::wait(decryptor.decrypt(message, expected)).map_err(|e| e.to_string())?;
    let context = opened.context().clone();
    Ok((opened.into_plaintext(), context))
}

/// Without key derivation nothing is cached.
fn derives(message: &[u8]) -> Result<bool> {
    let (header, _) = UnverifiedHeader::parse(message, &Limits::default())?;
    Ok(header.claims().suite().id() > 0x00ff)
}

/// Returns how many hits there were when the message was opened twice.
fn check(manifest: &Manifest, vector: &Vector) -> Result<u64> {
    let plain = manifest.decryptor(vector, None, Faults::Refused)?;
    let cache = MaterialsCache::builder(Duration::from_hours(1)).build()?;
    let cached = plain.to_builder().cache(cache).build()?;
    let (message, expected) = (manifest.message(vector)?, vector.reproduced_context()?);
    let without = open(&plain, &message, &expected);
    for _ in 0..2 {
        let with = open(&cached, &message, &expected);
        assert_eq!(without, with, "{} {}", vector.id(), vector.note());
    }
    let counters = cached.cache().map(MaterialsCache::counters).unwrap_or_default();
    if without.is_ok() {
        let hits = u64::from(derives(&message)?);
        let bypasses = 2 - 2 * hits;
        let all = (counters.calls, counters.hits, counters.bypasses_without_derivation);
        assert_eq!(all, (hits, hits, bypasses), "{} {}", vector.id(), vector.note());
    }
    assert_eq!(counters.misfits, 0, "{} {}", vector.id(), vector.note());
    Ok(counters.hits)
}

#[test]
fn a_hit_says_what_a_miss_says() -> Result<()> {
    let manifest = Manifest::official()?;
    let (mut checked, mut hits) = (0, 0);
    for vector in manifest.tests.iter().filter(|vector| vector.is_raw()) {
        hits += check(&manifest, vector)?;
        checked += 1;
    }
    assert_eq!((checked, hits), (789, 547));
    Ok(())
}
