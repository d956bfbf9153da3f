//! Lists, and the sizes in them.

use crypto_envelope_object_store::{EncryptedStore, HeadSize, ListSizes, object_store};
use futures_util::TryStreamExt;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::{
    support::{path, provider, text, watched, watched_with, with_frames},
    watched::{Read, Tags, Watched},
};

async fn listed(store: &dyn ObjectStore) -> Vec<(String, u64)> {
    let mut all = store.list(None).try_collect::<Vec<ObjectMeta>>().await.expect("listed");
    all.sort_by(|a, b| a.location.cmp(&b.location));
    all.into_iter().map(|meta| (meta.location.to_string(), meta.size)).collect()
}

#[tokio::test]
async fn sizes_are_those_of_the_plaintext() {
    let (store, below) = watched_with(with_frames(100));
    let lengths = [0, 1, 99, 100, 101, 5000];
    for length in lengths {
        let name = format!("folder/{length:04}");
        store.put(&path(&name), text(length).into()).await.expect("stored");
    }
    below.reads();
    let expected = lengths.map(|length| (format!("folder/{length:04}"), length as u64));
    assert_eq!(listed(&store).await, expected);
    assert_eq!(below.reads().len(), lengths.len(), "one for each header");
    assert_eq!(listed(&store).await, expected);
    assert_eq!(below.reads(), [], "they are known");

    let offset = store.list_with_offset(None, &path("folder/0100"));
    let offset = offset.try_collect::<Vec<_>>().await.expect("listed");
    assert_eq!(offset.iter().map(|meta| meta.size).collect::<Vec<_>>(), [101, 5000]);
    let level = store.list_with_delimiter(Some(&path("folder"))).await.expect("listed");
    assert_eq!(level.objects.iter().map(|meta| meta.size).sum::<u64>(), 5301);
    for (name, size) in expected {
        assert_eq!(store.head(&path(&name)).await.expect("there").size, size);
    }
}

#[tokio::test]
async fn sizes_of_replaced_objects_are_looked_up_again() {
    let (store, _) = watched();
    for length in [5, 70_000, 3] {
        store.put(&path("a"), text(length).into()).await.expect("stored");
        assert_eq!(listed(&store).await, [("a".to_owned(), length as u64)]);
    }
}

#[tokio::test]
async fn sizes_of_the_ciphertext_cost_nothing() {
    let (store, below) = watched_with(|builder| builder.list_sizes(ListSizes::Ciphertext));
    store.put(&path("a"), "text".into()).await.expect("stored");
    let stored = below.stored(&path("a")).await.len() as u64;
    below.reads();
    assert_eq!(listed(&store).await, [("a".to_owned(), stored)]);
    assert_eq!(below.reads(), []);
}

/// One of them must not hide the others.
#[tokio::test]
async fn what_is_no_message_is_listed_as_it_is() {
    let (store, below) = watched();
    store.put(&path("message"), "text".into()).await.expect("stored");
    let message = below.stored(&path("message")).await;
    below.store(&path("cut"), message.slice(..20)).await;
    below.store(&path("empty"), "").await;
    below.store(&path("plain"), "plain").await;
    let mut long = message.to_vec();
    long[40..42].fill(0xff);
    below.store(&path("strange"), long.clone()).await;
    let expected =
        [("cut", 20), ("empty", 0), ("message", 4), ("plain", 5), ("strange", long.len())];
    let expected = expected.map(|(name, size)| (name.to_owned(), size as u64));
    assert_eq!(listed(&store).await, expected);
}

/// Archived, or under a key of somebody else.
#[tokio::test]
async fn what_nobody_may_read_is_listed_as_it_is() {
    let (store, below) = watched();
    for name in ["a", "b", "c"] {
        store.put(&path(name), "text".into()).await.expect("stored");
    }
    let stored = below.stored(&path("b")).await.len() as u64;
    below.deny(&path("b"));
    let expected = [("a", 4), ("b", stored), ("c", 4)];
    assert_eq!(listed(&store).await, expected.map(|(name, size)| (name.to_owned(), size)));
}

/// As those of Azure do.
#[tokio::test]
async fn lists_may_leave_out_quotes() {
    let below = Watched::with_tags(Tags::UnquotedInLists);
    let store = EncryptedStore::new(below.clone(), provider()).expect("a store");
    store.put(&path("a"), "text".into()).await.expect("stored");
    listed(&store).await;
    below.reads();
    assert_eq!(listed(&store).await, [("a".to_owned(), 4)]);
    assert_eq!(below.reads(), [], "it is known");
}

/// A length is proved by the final frame, or it is not, and that is a choice.
#[tokio::test]
async fn head_says_what_it_was_told_to() {
    let lie = |stored: &[u8]| [stored, &[0; 100][..]].concat();
    for (size, is_believed) in [(HeadSize::Proved, false), (HeadSize::Estimated, true)] {
        let (store, below) = watched_with(|builder| with_frames(1000)(builder).head_size(size));
        let a = path("a");
        store.put(&a, text(5500).into()).await.expect("stored");
        assert_eq!(store.head(&a).await.expect("there").size, 5500);
        let stored = below.stored(&a).await;
        below.store(&a, lie(&stored)).await;
        match store.head(&a).await {
            Ok(meta) => assert!(is_believed && meta.size == 5600),
            Err(error) => assert!(!is_believed, "{error}"),
        }
        assert!(matches!(store.head(&path("b")).await, Err(Error::NotFound { .. })));
    }
}

#[tokio::test]
async fn head_reads_what_it_needs() {
    let (store, below) = watched_with(with_frames(100_000));
    store.put(&path("a"), text(250_000).into()).await.expect("stored");
    below.reads();
    store.head(&path("a")).await.expect("there");
    let reads = below.reads();
    assert_eq!((reads.len(), &reads[0]), (2, &Read::Range(0..4096)));
    assert!(matches!(&reads[1], Read::Range(range) if range.end - range.start < 51_000));
}
