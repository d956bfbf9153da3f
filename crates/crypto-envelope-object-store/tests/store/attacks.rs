//! What whoever can write to the store below cannot do.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use crypto_envelope::{EncryptionContext, provider::MultiProvider, ranges::RangeOptions};
use crypto_envelope_object_store::{
    EncryptedStore, Error, HeadSize, LOCATION_KEY, object_decryptor, object_encryptor, object_store,
};
use futures_util::TryStreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, Result, path::Path};
use proptest::prelude::*;

use crate::{
    support::{
        Unsure, named_provider, over, part, path, provider, read, read_range, refusal, text,
        watched, watched_with, with_frames,
    },
    watched::Watched,
};

/// All ways to read bytes of an object of this plaintext; each either fails or gives them as they were.
async fn read_in_all_ways(store: &dyn ObjectStore, location: &Path, plaintext: &[u8]) -> usize {
    let length = plaintext.len() as u64;
    let mut failed = 0;
    let mut check = |found: Result<Bytes>, expected: &[u8]| match found {
        Ok(found) => assert_eq!(found, expected),
        Err(_) => failed += 1,
    };
    check(read(store, location).await, plaintext);
    for start in [0, length / 2, length - 1] {
        let expected = part(plaintext, start..length);
        check(read_range(store, location, GetRange::Offset(start)).await, expected);
        check(read_range(store, location, GetRange::Suffix(length - start)).await, expected);
        let first = read_range(store, location, GetRange::Bounded(start..start + 1)).await;
        check(first, &expected[..1]);
    }
    match store.head(location).await {
        Ok(meta) => assert_eq!(meta.size, length),
        Err(_) => failed += 1,
    }
    failed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changes_are_noticed(length in 1_usize..400, place in 0..1000_usize, bit in 0..8, cached: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (store, below) = watched_with(with_frames(64));
            let (a, plaintext) = (path("a"), text(length));
            store.put(&a, plaintext.clone().into()).await.expect("stored");
            if cached {
                assert_eq!(read_in_all_ways(&store, &a, &plaintext).await, 0);
            }
            let mut stored = below.stored(&a).await.to_vec();
            let at = place * stored.len() / 1000;
            stored[at] ^= 1_u8 << bit;
            below.store(&a, stored).await;
            assert!(read(&store, &a).await.is_err());
            read_in_all_ways(&store, &a, &plaintext).await;
        });
    }

    #[test]
    fn another_end_is_noticed(length in 1_usize..400, cut in 1_usize..500, behind in 0_usize..300) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (store, below) = watched_with(with_frames(64));
            let (a, plaintext) = (path("a"), text(length));
            store.put(&a, plaintext.clone().into()).await.expect("stored");
            let mut stored = below.stored(&a).await.to_vec();
            stored.truncate(stored.len().saturating_sub(cut));
            stored.extend(text(behind));
            below.store(&a, stored).await;
            assert!(read(&store, &a).await.is_err());
            assert!(store.head(&a).await.is_err());
            assert!(read_range(&store, &a, GetRange::Suffix(1)).await.is_err());
            assert!(read_range(&store, &a, GetRange::Offset(0)).await.is_err());
            assert!(read_range(&store, &a, GetRange::Bounded(length as u64..500)).await.is_err());
            read_in_all_ways(&store, &a, &plaintext).await;
        });
    }
}

#[tokio::test]
async fn nothing_comes_out_under_another_name() {
    let (store, below) = watched();
    let (a, b) = (path("tenants/a"), path("tenants/b"));
    store.put(&a, "of a".into()).await.expect("stored");
    store.put(&b, "of b".into()).await.expect("stored");
    read(&store, &b).await.expect("read, and its header known");
    below.memory.copy(&a, &b).await.expect("copied");
    for refused in [
        read(&store, &b).await,
        read_range(&store, &b, GetRange::Bounded(0..1)).await,
        store.get_ranges(&b, &[0..1, 1..2]).await.map(|mut read| read.remove(0)),
        store.head(&b).await.map(|_| Bytes::new()),
    ] {
        let refused = refusal(refused);
        assert!(refused.contains("ContextMismatch"), "{refused}");
    }
    assert_eq!(read(&store, &a).await.expect("read"), "of a");
}

/// Of a store that tells its objects apart by more.
#[tokio::test]
async fn what_is_bound_to_more_is_for_somebody_else() {
    let below = Watched::default();
    let other = EncryptedStore::builder(below.clone(), provider())
        .encryption_context(|_| EncryptionContext::from([("bucket", "other")]))
        .build()
        .expect("a store");
    other.put(&path("a"), "theirs".into()).await.expect("stored");
    let store = over(below.clone());
    for _ in 0..2 {
        let refused = refusal(read(&store, &path("a")).await);
        assert_eq!(refused, r#"FurtherPair { key: "bucket" }"#);
        let refused = refusal(read_range(&store, &path("a"), GetRange::Bounded(0..2)).await);
        assert_eq!(refused, r#"FurtherPair { key: "bucket" }"#);
    }
    let lax = EncryptedStore::builder(below, provider()).danger_further_pairs();
    let lax = lax.build().expect("a store");
    assert_eq!(read(&lax, &path("a")).await.expect("read"), "theirs");
    assert_eq!(lax.get_range(&path("a"), 0..2).await.expect("read"), "th");
}

#[tokio::test]
async fn nothing_comes_out_for_another_tenant() {
    let store_of = |tenant: &'static str, below: &Watched| {
        EncryptedStore::builder(below.clone(), provider())
            .danger_without_location()
            .encryption_context(move |_| EncryptionContext::from([("tenant", tenant)]))
            .build()
            .expect("a store")
    };
    let below = Watched::default();
    let (blue, red) = (store_of("blue", &below), store_of("red", &below));
    blue.put(&path("a"), "blue".into()).await.expect("stored");
    assert_eq!(read(&blue, &path("a")).await.expect("read"), "blue");
    let refused = refusal(read(&red, &path("a")).await);
    assert!(refused.contains("ContextMismatch"), "{refused}");
    // Without the location there is nothing against this.
    below.memory.copy(&path("a"), &path("b")).await.expect("copied");
    assert_eq!(read(&blue, &path("b")).await.expect("read"), "blue");
}

#[tokio::test]
async fn a_location_without_a_context_is_refused() {
    let (store, _) = watched_with(|builder| {
        builder.try_encryption_context(|location| match location.parts().next() {
            Some(tenant) if location.parts().count() > 1 => {
                Ok(EncryptionContext::from([("tenant", tenant.as_ref())]))
            }
            _ => Err(crypto_envelope::Error::invalid_input("there is no tenant")),
        })
    });
    store.put(&path("blue/a"), "text".into()).await.expect("stored");
    for refused in [
        store.put(&path("a"), "text".into()).await.map(drop),
        store.put_multipart(&path("a")).await.map(drop),
        store.copy(&path("blue/a"), &path("a")).await,
        store.rename(&path("blue/a"), &path("a")).await,
    ] {
        assert!(refusal(refused).contains("there is no tenant"));
    }
    assert_eq!(read(&store, &path("blue/a")).await.expect("read"), "text");
    let (store, _) = watched_with(|builder| {
        builder.encryption_context(|_| EncryptionContext::from([(LOCATION_KEY, "elsewhere")]))
    });
    let refused = refusal(store.put(&path("a"), "text".into()).await);
    assert!(refused.contains("the store's own"), "{refused}");
}

#[tokio::test]
async fn other_keys_open_nothing() {
    let (store, below) = watched();
    store.put(&path("a"), "text".into()).await.expect("stored");
    for other in [named_provider("key", 8), named_provider("other", 7)] {
        let other = EncryptedStore::new(below.clone(), other).expect("a store");
        let refused = refusal(read(&other, &path("a")).await);
        assert!(refused.contains("NoUsableKey"), "{refused}");
        let refused = refusal(store_range(&other).await);
        assert!(refused.contains("NoUsableKey"), "{refused}");
    }
}

async fn store_range(store: &dyn ObjectStore) -> Result<Bytes> {
    read_range(store, &path("a"), GetRange::Bounded(0..1)).await
}

/// What is written with one key is read with any that is accepted.
#[tokio::test]
async fn keys_for_reading_are_chosen() {
    let below = Watched::default();
    let old = EncryptedStore::new(below.clone(), named_provider("old", 1)).expect("a store");
    old.put(&path("old"), "old".into()).await.expect("stored");
    let both = MultiProvider::new(named_provider("new", 2)).with_child(named_provider("old", 1));
    let store = EncryptedStore::builder(below, named_provider("new", 2))
        .decryptor(object_decryptor(both).build().expect("a decryptor"))
        .build()
        .expect("a store");
    store.put(&path("new"), "new".into()).await.expect("stored");
    assert_eq!(read(&store, &path("old")).await.expect("read"), "old");
    assert_eq!(read(&store, &path("new")).await.expect("read"), "new");
    assert!(refusal(read(&old, &path("new")).await).contains("NoUsableKey"));
}

#[tokio::test]
async fn two_objects_are_never_mixed() {
    let ranges = RangeOptions::default().with_read_ahead(2000).with_first_fetch(500);
    let (store, below) = watched_with(|builder| with_frames(100)(builder).ranges(ranges));
    let (a, first, second) = (path("a"), text(50_000), vec![0; 50_000]);
    store.put(&a, second.clone().into()).await.expect("stored");
    let stored_second = below.stored(&a).await;
    for before in 0..4 {
        store.put(&a, first.clone().into()).await.expect("stored");
        below.replace_before(before, &a, stored_second.clone());
        for length in [10, 3000, 40_000] {
            let range = 1000..1000 + length;
            let found = read_range(&store, &a, GetRange::Bounded(range.clone())).await;
            match found {
                Ok(found) => {
                    let matches = |text: &[u8]| found == part(text, range.clone());
                    assert!(matches(&first) || matches(&second), "{before}");
                }
                // Some of it had come out already.
                Err(error) => {
                    let has_begun = length > 2000 && before > 1;
                    let is_gone = matches!(error, object_store::Error::Precondition { .. });
                    assert!(is_gone && has_begun, "{before}, {length}: {error:?}");
                }
            }
        }
        below.reads();
    }
    let found = read(&store, &a).await.expect("read");
    assert!(found == first || found == second);
}

/// A stream that began is not changed to another object.
#[tokio::test]
async fn a_stream_ends_when_its_object_is_replaced() {
    let ranges = RangeOptions::default().with_read_ahead(500).with_first_fetch(500);
    let (store, _) = watched_with(|builder| with_frames(100)(builder).ranges(ranges));
    let (a, plaintext) = (path("a"), text(50_000));
    store.put(&a, plaintext.clone().into()).await.expect("stored");
    let options = GetOptions::new().with_range(Some(GetRange::Bounded(0..40_000)));
    let result = store.get_opts(&a, options).await.expect("opened");
    store.put(&a, vec![0; 5000].into()).await.expect("stored");
    let mut pieces = result.into_stream();
    let mut found = Vec::new();
    let error = loop {
        match pieces.try_next().await {
            Ok(piece) => found.extend(piece.expect("it does not come to an end")),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, object_store::Error::Precondition { .. }), "{error:?}");
    assert_eq!(found, plaintext[..found.len()]);
}

#[tokio::test]
async fn somebody_who_replaces_all_the_time_does_not_keep_us() {
    let (store, below) = watched_with(with_frames(100));
    let a = path("a");
    store.put(&a, text(5000).into()).await.expect("stored");
    let stored = below.stored(&a).await;
    (0..99).for_each(|read| below.replace_before(read, &a, stored.clone()));
    let ranges = read_range(&store, &a, GetRange::Bounded(4000..4010));
    let refused = tokio::time::timeout(Duration::from_secs(10), pin!(ranges)).await;
    let error = refused.expect("it ends").expect_err("it is refused");
    assert!(matches!(error, object_store::Error::Precondition { .. }), "{error:?}");
}

#[tokio::test]
async fn plain_objects_are_refused() {
    let (store, below) = watched();
    for plain in [&b""[..], b"x", b"plain text, and more of it", b"\x02\x04", b"AQIDBA=="] {
        below.store(&path("a"), Bytes::from(plain)).await;
        for refused in [
            read(&store, &path("a")).await,
            read_range(&store, &path("a"), GetRange::Offset(0)).await,
            store.head(&path("a")).await.map(|_| Bytes::new()),
        ] {
            assert_eq!(refusal(refused), "Unencrypted", "{plain:?}");
        }
    }
}

#[tokio::test]
async fn providers_that_cannot_keep_objects_apart_are_refused() {
    for (provider, expected) in [
        (Unsure { binds_context: false }, "does not bind the encryption context"),
        (Unsure { binds_context: true }, "anybody may wrap keys"),
    ] {
        let refused = EncryptedStore::new(Watched::default(), provider).map(drop);
        let refused = refused.expect_err("it is refused");
        assert!(matches!(refused, Error::ContextNotBound { .. }), "{refused}");
        assert!(refused.to_string().contains(expected), "{refused}");
        let store = EncryptedStore::builder(Watched::default(), provider);
        let store = store.danger_context_not_authenticated().build().expect("a store");
        store.put(&path("a"), "text".into()).await.expect("stored");
        assert_eq!(read(&store, &path("a")).await.expect("read"), "text");
        // Where nothing is bound, nothing is promised.
        let store = EncryptedStore::builder(Watched::default(), provider);
        store.danger_without_location().build().expect("a store");
    }
}

#[tokio::test]
async fn errors_say_where_and_what_to_do() {
    let (store, below) = watched();
    below.store(&path("some/where"), "plain").await;
    let error = read(&store, &path("some/where")).await.expect_err("it is refused").to_string();
    assert!(error.contains("some/where") && error.contains("danger_read_unencrypted"), "{error}");
    let error = store.head(&path("nowhere")).await.expect_err("it is not there");
    assert!(matches!(error, object_store::Error::NotFound { .. }), "{error:?}");
}

/// Signed messages are read as a whole.
#[tokio::test]
async fn signed_objects_are_verified_before_anything_comes_out() {
    let suite = crypto_envelope::AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let encryptor = object_encryptor(provider()).suite(suite).build().expect("an encryptor");
    let (store, below) =
        watched_with(|builder| builder.encryptor(encryptor).head_size(HeadSize::Estimated));
    let a = path("a");
    store.put(&a, text(200_000).into()).await.expect("stored");
    assert_eq!(read(&store, &a).await.expect("read"), text(200_000));
    assert_eq!(store.head(&a).await.expect("there").size, 200_000);
    let refused = refusal(read_range(&store, &a, GetRange::Bounded(0..1)).await);
    assert!(refused.contains("SignedRange"), "{refused}");

    let mut stored = below.stored(&a).await.to_vec();
    let last = stored.len() - 1;
    stored[last] ^= 1;
    below.store(&a, stored).await;
    let mut pieces = store.get(&a).await.expect("opened").into_stream();
    assert!(pieces.try_next().await.is_err(), "a byte came out");
}
