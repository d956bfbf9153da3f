//! Objects that were there before.

use crypto_envelope_object_store::{EncryptedStore, object_store};
use futures_util::TryStreamExt;
use object_store::{GetRange, ObjectStore, ObjectStoreExt};

use crate::{
    support::{path, provider, read, read_range, refusal, watched_with},
    watched::{Tags, Watched},
};

#[tokio::test]
async fn are_read_where_that_is_allowed() {
    let (store, below) = watched_with(|builder| {
        builder.danger_read_unencrypted(|location| location.as_ref().starts_with("old/"))
    });
    let (old, new) = (path("old/a"), path("new/a"));
    for plain in ["", "abc", "plain text"] {
        below.store(&old, plain).await;
        below.store(&new, plain).await;
        assert_eq!(read(&store, &old).await.expect("read"), plain);
        assert_eq!(store.head(&old).await.expect("there").size, plain.len() as u64);
        assert_eq!(refusal(read(&store, &new).await), "Unencrypted");
    }
    let found = read_range(&store, &old, GetRange::Bounded(2..5)).await;
    assert_eq!(found.expect("read"), "ain");
    let found = store.get_ranges(&old, &[0..1, 5..6]).await.expect("read");
    assert_eq!(found, ["p", " "]);
    let refused = refusal(store.get_ranges(&new, &[0..1, 1..2]).await);
    assert_eq!(refused, "Unencrypted");
    let sizes = store.list(None).map_ok(|meta| meta.size).try_collect::<Vec<_>>().await;
    assert_eq!(sizes.expect("listed"), [10, 10]);

    // What is written there is encrypted, and stays readable; a copy encrypts.
    store.copy(&old, &path("new/b")).await.expect("copied");
    assert_eq!(read(&store, &path("new/b")).await.expect("read"), "plain text");
    store.put(&old, "text".into()).await.expect("stored");
    assert_eq!(read(&store, &old).await.expect("read"), "text");
    assert!(!below.stored(&old).await.windows(4).any(|bytes| bytes == b"text"));
}

/// Somebody made it shorter than its readers believe.
#[tokio::test]
async fn ranges_behind_their_end_are_refused() {
    for tags in [Tags::Strong, Tags::None] {
        let below = Watched::with_tags(tags);
        let builder = EncryptedStore::builder(below.clone(), provider());
        let store = builder.danger_read_unencrypted(|_| true).build().expect("a store");
        let a = path("a");
        below.store(&a, "0123456789").await;
        for ranges in [&[0..1, 1000..1100][..], &[10..11, 0..1], &[0..10, 10..20]] {
            let refused = refusal(store.get_ranges(&a, ranges).await);
            assert_eq!(refused, "BehindTheEnd { length: 10 }");
        }
        let found = store.get_ranges(&a, &[0..2, 8..1000]).await.expect("read");
        assert_eq!(found, ["01", "89"]);
    }
}

#[tokio::test]
async fn ranges_are_of_one_object() {
    for tags in [Tags::Strong, Tags::None] {
        let below = Watched::with_tags(tags);
        let builder = EncryptedStore::builder(below.clone(), provider());
        let store = builder.danger_read_unencrypted(|_| true).build().expect("a store");
        let a = path("a");
        below.store(&a, vec![1; 5 << 20]).await;
        below.replace_behind(&a, vec![2; 5 << 20].into());
        let found = store.get_ranges(&a, &[0..2, (4 << 20)..(4 << 20) + 2]).await;
        assert!(found.is_err(), "{found:?}");
    }
}

/// Where no request can name the object that was found.
#[tokio::test]
async fn are_read_without_strong_entity_tags() {
    for tags in [Tags::Weak, Tags::None] {
        let below = Watched::with_tags(tags);
        let builder = EncryptedStore::builder(below.clone(), provider());
        let store = builder.danger_read_unencrypted(|_| true).build().expect("a store");
        below.store(&path("a"), "plain text").await;
        let found = read_range(&store, &path("a"), GetRange::Bounded(2..5)).await;
        assert_eq!(found.expect("read"), "ain", "{tags:?}");
        assert_eq!(store.head(&path("a")).await.expect("there").size, 10);
    }
}

/// A message there is opened, and not given out as bytes, also if it cannot be.
#[tokio::test]
async fn messages_are_messages_there() {
    let (store, below) = watched_with(|builder| builder.danger_read_unencrypted(|_| true));
    store.put(&path("a"), "text".into()).await.expect("stored");
    below.memory.copy(&path("a"), &path("b")).await.expect("copied");
    let refused = refusal(read(&store, &path("b")).await);
    assert!(refused.contains("ContextMismatch"), "{refused}");
    let refused = refusal(read_range(&store, &path("b"), GetRange::Offset(0)).await);
    assert!(refused.contains("ContextMismatch"), "{refused}");
}
