//! Headers that are known already.

use std::{sync::Arc, time::Duration};

use crypto_envelope::cache::MaterialsCache;
use crypto_envelope_object_store::{EncryptedStore, object_decryptor, object_store};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::{
    support::{
        Counted, named_provider, part, path, provider, read, read_range, text, watched_with,
        with_frames,
    },
    watched::{Read, Tags, Watched},
};

#[tokio::test]
async fn the_next_range_is_one_request() {
    let (store, below) = watched_with(with_frames(1000));
    let (a, plaintext) = (path("a"), text(100_000));
    store.put(&a, plaintext.clone().into()).await.expect("stored");
    below.reads();
    for (number, start) in [50_000, 20_500, 20_500].into_iter().enumerate() {
        let range = start..start + 10;
        let found = read_range(&store, &a, GetRange::Bounded(range.clone())).await;
        assert_eq!(found.expect("read"), part(&plaintext, range));
        let reads = below.reads();
        assert_eq!(reads.len(), if number == 0 { 2 } else { 1 }, "{reads:?}");
        let frame = |read: &Read| matches!(read, Read::Range(fetched) if fetched.end - fetched.start == 1032);
        assert!(reads.last().is_some_and(frame), "the frame that it is in: {reads:?}");
    }
    store.get_ranges(&a, &[5..10, 70_000..70_010]).await.expect("read");
    assert_eq!(below.reads().len(), 2);
    read(&store, &a).await.expect("read");
    assert_eq!(below.reads(), [Read::Whole]);
}

#[tokio::test]
async fn another_object_is_noticed() {
    let (store, _) = watched_with(with_frames(1000));
    let a = path("a");
    let range = || GetRange::Bounded(5000..5010);
    for byte in 0..5_u8 {
        store.put(&a, vec![byte; 10_000].into()).await.expect("stored");
        assert_eq!(read_range(&store, &a, range()).await.expect("read"), [byte; 10].as_slice());
        // By somebody else.
        let other = EncryptedStore::new(store.inner().clone(), provider()).expect("a store");
        other.put(&a, vec![byte + 100; 9000].into()).await.expect("stored");
        let found = read_range(&store, &a, range()).await.expect("read");
        assert_eq!(found, [byte + 100; 10].as_slice());
    }
    store.delete(&a).await.expect("deleted");
    let gone = read_range(&store, &a, range()).await;
    assert!(matches!(gone, Err(object_store::Error::NotFound { .. })), "{gone:?}");
}

/// The header of before may be one that cannot be opened any more.
#[tokio::test]
async fn an_old_header_does_not_keep_from_the_new_object() {
    let below = Watched::default();
    let old = named_provider("old", 1);
    let before = EncryptedStore::builder(below.clone(), provider());
    let both = crypto_envelope::provider::MultiProvider::new(provider()).with_child(old);
    let store = before
        .decryptor(object_decryptor(both).build().expect("a decryptor"))
        .build()
        .expect("a store");
    let a = path("a");
    let other = EncryptedStore::new(below.clone(), named_provider("old", 1)).expect("a store");
    other.put(&a, text(100).into()).await.expect("stored");
    read(&store, &a).await.expect("read");
    store.put(&a, "new".into()).await.expect("stored");
    let found = read_range(&store, &a, GetRange::Offset(0)).await.expect("read");
    assert_eq!(found, "new");
}

#[tokio::test]
async fn without_a_strong_entity_tag_nothing_is_known() {
    for tags in [Tags::Weak, Tags::None] {
        let below = Watched::with_tags(tags);
        let store = EncryptedStore::new(below.clone(), provider()).expect("a store");
        store.put(&path("a"), text(1 << 20).into()).await.expect("stored");
        below.reads();
        for _ in 0..2 {
            let range = GetRange::Bounded(500_000..500_010);
            read_range(&store, &path("a"), range).await.expect("read");
            assert_eq!(below.reads().len(), 2, "{tags:?}");
        }
    }
}

#[tokio::test]
async fn none_are_kept_without_room() {
    let (store, below) = watched_with(|builder| builder.header_cache(0));
    store.put(&path("a"), text(1 << 20).into()).await.expect("stored");
    below.reads();
    for _ in 0..2 {
        let range = GetRange::Bounded(500_000..500_010);
        read_range(&store, &path("a"), range).await.expect("read");
        assert_eq!(below.reads().len(), 2);
    }
}

/// What is known of a header opens nothing: that takes the key, or a cache for keys with limits of its own.
#[tokio::test]
async fn the_key_is_asked_for_each_time() {
    for (cache, calls) in [(false, 5), (true, 1)] {
        let provider = Arc::new(Counted::default());
        let mut decryptor = object_decryptor(Arc::clone(&provider));
        if cache {
            let cache = MaterialsCache::builder(Duration::from_mins(5)).build();
            decryptor = decryptor.cache(cache.expect("a cache"));
        }
        let (store, _) =
            watched_with(|builder| builder.decryptor(decryptor.build().expect("a decryptor")));
        store.put(&path("a"), text(1000).into()).await.expect("stored");
        for _ in 0..5 {
            let range = GetRange::Bounded(0..10);
            read_range(&store, &path("a"), range).await.expect("read");
        }
        assert_eq!(provider.unwraps(), calls);
    }
}

/// What fails fails once.
#[tokio::test]
async fn a_key_that_is_denied_is_asked_for_once() {
    let provider = Arc::new(Counted::default());
    let decryptor = object_decryptor(Arc::clone(&provider)).build().expect("a decryptor");
    let (store, _) = watched_with(|builder| builder.decryptor(decryptor));
    store.put(&path("a"), text(100_000).into()).await.expect("stored");
    let range = || GetRange::Bounded(0..10);
    read_range(&store, &path("a"), range()).await.expect("read");
    provider.deny();
    let before = provider.unwraps();
    let refused = read_range(&store, &path("a"), range()).await;
    let is_denied = matches!(refused, Err(object_store::Error::PermissionDenied { .. }));
    assert!(is_denied, "{refused:?}");
    assert_eq!(provider.unwraps(), before + 1);
}

#[tokio::test]
async fn conditions_are_for_the_store_to_judge() {
    let (store, _) = watched_with(with_frames(1000));
    let a = path("a");
    let first = store.put(&a, text(5000).into()).await.expect("stored").e_tag;
    let with = |if_match: Option<String>, if_none_match: Option<String>| {
        let range = Some(GetRange::Bounded(10..20));
        let mut options = GetOptions::new().with_range(range);
        options.if_match = if_match;
        options.if_none_match = if_none_match;
        options
    };
    store.get_opts(&a, with(first.clone(), None)).await.expect("it is that one");
    let same = store.get_opts(&a, with(None, first.clone())).await;
    assert!(matches!(same, Err(object_store::Error::NotModified { .. })), "{same:?}");
    store.put(&a, text(5000).into()).await.expect("stored");
    let other = store.get_opts(&a, with(first.clone(), None)).await;
    assert!(matches!(other, Err(object_store::Error::Precondition { .. })), "{other:?}");
    store.get_opts(&a, with(None, first)).await.expect("it is another one");
}
