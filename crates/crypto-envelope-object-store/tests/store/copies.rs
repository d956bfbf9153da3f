//! Copies and renames.

use crypto_envelope::{EncryptionContext, MessageId, provider::MultiProvider};
use crypto_envelope_object_store::{
    EncryptedStore, ExpectedMessage, object_decryptor, object_store,
};
use futures_util::TryStreamExt;
use object_store::{
    Attribute, Attributes, CopyMode, CopyOptions, Error, ObjectStore, ObjectStoreExt, PutOptions,
    RenameOptions,
};

use crate::{
    support::{named_provider, over, path, provider, read, refusal, text, watched, watched_with},
    watched::{Offer, Tags, Watched},
};

#[tokio::test]
async fn copies_are_sealed_for_where_they_are() {
    let (store, below) = watched();
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "text".into()).await.expect("stored");
    store.copy(&a, &b).await.expect("copied");
    assert_eq!(below.server_copies(), 0);
    assert_eq!(read(&store, &a).await.expect("read"), "text");
    assert_eq!(read(&store, &b).await.expect("read"), "text");
    store.rename(&b, &path("c")).await.expect("renamed");
    assert!(matches!(store.get(&b).await, Err(Error::NotFound { .. })));
    assert_eq!(read(&store, &path("c")).await.expect("read"), "text");
}

#[tokio::test]
async fn the_store_below_copies_what_is_bound_to_no_place() {
    let below = Watched::default();
    let store = EncryptedStore::builder(below.clone(), provider())
        .danger_without_location()
        .encryption_context(|location| {
            let tenant = location.parts().next().map(|part| part.as_ref().to_owned());
            EncryptionContext::from([("tenant", tenant.unwrap_or_default())])
        })
        .build()
        .expect("a store");
    store.put(&path("blue/a"), "text".into()).await.expect("stored");
    store.copy(&path("blue/a"), &path("blue/b")).await.expect("copied");
    store.rename(&path("blue/b"), &path("blue/c")).await.expect("renamed");
    assert_eq!(below.server_copies(), 2);
    assert_eq!(below.stored(&path("blue/a")).await, below.stored(&path("blue/c")).await);
    store.copy(&path("blue/a"), &path("red/a")).await.expect("copied");
    assert_eq!(below.server_copies(), 2);
    assert_eq!(read(&store, &path("red/a")).await.expect("read"), "text");
}

#[tokio::test]
async fn the_mode_is_honoured() {
    let (store, _) = watched();
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "new".into()).await.expect("stored");
    store.put(&b, "old".into()).await.expect("stored");
    for refused in [
        store.copy_if_not_exists(&a, &b).await,
        store.rename_if_not_exists(&a, &b).await,
        store.rename_if_not_exists(&a, &a).await,
    ] {
        assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    }
    assert_eq!(read(&store, &a).await.expect("read"), "new");
    assert_eq!(read(&store, &b).await.expect("read"), "old");
    store.copy(&a, &b).await.expect("copied");
    assert_eq!(read(&store, &b).await.expect("read"), "new");
}

/// Also where the store below makes copies.
#[tokio::test]
async fn a_copy_onto_itself_is_encrypted_with_the_key_of_today() {
    let below = Watched::default();
    let store = |name: &str, byte: u8| {
        let (new, old) = (named_provider(name, byte), provider());
        let both = MultiProvider::new(named_provider(name, byte)).with_child(old);
        EncryptedStore::builder(below.clone(), new)
            .decryptor(object_decryptor(both).build().expect("a decryptor"))
            .danger_without_location()
            .encryption_context(|_| EncryptionContext::from([("table", "orders")]))
            .build()
            .expect("a store")
    };
    let a = path("a");
    store("key", 7).put(&a, "text".into()).await.expect("stored");
    store("new", 8).copy(&a, &a).await.expect("copied");
    assert_eq!(below.server_copies(), 0);
    let today = EncryptedStore::builder(below.clone(), named_provider("new", 8))
        .danger_without_location()
        .danger_further_pairs()
        .build()
        .expect("a store");
    assert_eq!(read(&today, &a).await.expect("read"), "text");
}

#[tokio::test]
async fn a_rename_to_the_same_name_loses_nothing() {
    let (store, _) = watched();
    store.put(&path("a"), "text".into()).await.expect("stored");
    store.rename(&path("a"), &path("a")).await.expect("renamed");
    assert_eq!(read(&store, &path("a")).await.expect("read"), "text");
    let other = "07".repeat(32).parse::<MessageId>().expect("an id");
    let mut options = RenameOptions::default();
    options.extensions.insert(ExpectedMessage(other));
    let refused = refusal(store.rename_opts(&path("a"), &path("a"), options).await);
    assert!(refused.starts_with("OtherMessage"), "{refused}");
    let missing = store.rename(&path("b"), &path("b")).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
}

#[tokio::test]
async fn long_ones_are_copied_in_parts() {
    let (store, below) = watched();
    let plaintext = text(20 << 20);
    store.put(&path("a"), plaintext.clone().into()).await.expect("stored");
    store.rename(&path("a"), &path("b")).await.expect("renamed");
    assert!(below.parts().len() >= 3, "{:?}", below.parts());
    assert!(read(&store, &path("b")).await.expect("read") == plaintext);
}

/// What is not whole does not arrive, and the source stays.
#[tokio::test]
async fn damaged_ones_are_not_copied() {
    for length in [100_000, 20 << 20] {
        let (store, below) = watched();
        let (a, b) = (path("a"), path("b"));
        store.put(&a, text(length).into()).await.expect("stored");
        let mut stored = below.stored(&a).await.to_vec();
        let last = stored.len() - 1;
        stored[last] ^= 1;
        below.store(&a, stored.clone()).await;
        let refused = refusal(store.rename(&a, &b).await);
        assert!(refused.contains("Authentication"), "{refused}");
        assert!(store.get(&b).await.is_err());
        assert_eq!(below.stored(&a).await, stored);
    }
}

#[tokio::test]
async fn a_long_one_is_not_copied_under_a_condition() {
    let (store, _) = watched_with(|builder| builder.whole_copy_limit(1000));
    store.put(&path("a"), text(1001).into()).await.expect("stored");
    let error = store.copy_if_not_exists(&path("a"), &path("b")).await.expect_err("too long");
    assert!(matches!(error, Error::NotSupported { .. }), "{error:?}");
    assert!(error.to_string().contains("whole_copy_limit"), "{error}");
    store.put(&path("a"), text(1000).into()).await.expect("stored");
    store.copy_if_not_exists(&path("a"), &path("b")).await.expect("copied");
}

/// Where a condition can be put to copies alone.
#[tokio::test]
async fn what_must_be_new_comes_by_way_of_another_name() {
    let (store, below) = offering(Offer::Http);
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "text".into()).await.expect("stored");
    store.copy_if_not_exists(&a, &b).await.expect("copied");
    assert_eq!(read(&store, &b).await.expect("read"), "text");
    assert_eq!(below.server_copies(), 1);
    let beside = below.puts().pop().expect("it was put somewhere");
    assert_ne!(beside, b);
    assert_eq!(names(&below).await, ["a", "b"]);
    for refused in
        [store.copy_if_not_exists(&a, &b).await, store.rename_if_not_exists(&a, &b).await]
    {
        assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    }
    store.rename_if_not_exists(&a, &path("c")).await.expect("renamed");
    assert_eq!(names(&below).await, ["b", "c"]);
}

/// Nobody deletes it here.
#[tokio::test]
async fn what_stands_under_another_name_does_not_open() {
    let (store, below) = offering(Offer::HttpWithoutDeletion);
    let (a, b) = (path("folder/a"), path("folder/b"));
    store.put(&a, "text".into()).await.expect("stored");
    store.copy_if_not_exists(&a, &b).await.expect("copied");
    assert_eq!(read(&store, &b).await.expect("read"), "text");
    let beside = below.puts().pop().expect("it was put somewhere");
    assert!(beside.prefix_matches(&path("folder")), "{beside}");
    let refused = refusal(read(&store, &beside).await);
    assert!(refused.contains("ContextMismatch"), "{refused}");
}

#[tokio::test]
async fn a_lost_answer_is_not_somebody_else() {
    let (store, _) = offering(Offer::AllTwice);
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "text".into()).await.expect("stored");
    store.copy_if_not_exists(&a, &b).await.expect("copied");
    let refused = store.copy_if_not_exists(&a, &b).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    store.copy(&a, &a).await.expect("encrypted again");
    assert_eq!(read(&store, &a).await.expect("read"), "text");
}

#[tokio::test]
async fn what_others_put_there_meanwhile_stays() {
    let (store, below) = offering(Offer::HttpWithOthers);
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "ours".into()).await.expect("stored");
    let refused = store.rename_if_not_exists(&a, &b).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    assert_eq!(below.stored(&b).await, "theirs");
    assert_eq!(read(&store, &a).await.expect("read"), "ours");
    assert_eq!(names(&below).await, ["a", "b"]);
}

#[tokio::test]
async fn a_condition_that_the_store_has_not_is_not_left_out() {
    let (store, below) = offering(Offer::Nothing);
    store.put(&path("a"), "text".into()).await.expect("stored");
    let refused = store.rename_if_not_exists(&path("a"), &path("b")).await;
    assert!(matches!(refused, Err(Error::NotImplemented { .. })), "{refused:?}");
    assert_eq!(names(&below).await, ["a"]);
}

/// Without uploads in parts, and so long that they would be used.
#[tokio::test]
async fn long_ones_are_copied_as_a_whole_where_there_are_no_parts() {
    let plaintext = text(9 << 20);
    let (store, below) = offering(Offer::Http);
    store.put(&path("a"), plaintext.clone().into()).await.expect("stored");
    store.rename(&path("a"), &path("b")).await.expect("renamed");
    assert!(read(&store, &path("b")).await.expect("read") == plaintext);
    assert_eq!(names(&below).await, ["b"]);

    let below = Watched::offering(Offer::Http);
    let builder = EncryptedStore::builder(below, provider()).whole_copy_limit((9 << 20) - 1);
    let store = builder.build().expect("a store");
    store.put(&path("a"), plaintext.into()).await.expect("stored");
    let refused = refusal(store.copy(&path("a"), &path("b")).await);
    assert_eq!(refused, "CopyTooLong { limit: 9437183 }");
}

fn offering(offer: Offer) -> (EncryptedStore<Watched>, Watched) {
    let below = Watched::offering(offer);
    (over(below.clone()), below)
}

async fn names(store: &Watched) -> Vec<String> {
    let listed = store.memory.list(None).map_ok(|meta| meta.location.to_string());
    let mut names = listed.try_collect::<Vec<_>>().await.expect("listed");
    names.sort_unstable();
    names
}

/// Somebody writes the source between its copy and its end.
#[tokio::test]
async fn a_source_that_was_replaced_is_kept() {
    let (store, below) = watched();
    let (a, b) = (path("a"), path("b"));
    store.put(&a, "newer".into()).await.expect("stored");
    let newer = below.stored(&a).await;
    store.put(&a, "old".into()).await.expect("stored");
    below.reads();
    below.replace_before(1, &a, newer);
    let refused = refusal(store.rename(&a, &b).await);
    assert_eq!(refused, "SourceReplaced");
    assert_eq!(read(&store, &a).await.expect("read"), "newer");
    assert_eq!(read(&store, &b).await.expect("read"), "old");
}

/// Also in stores that say little of what is there: time and length are the same.
#[tokio::test]
async fn a_source_that_looks_the_same_is_kept() {
    for tags in [Tags::Strong, Tags::Weak, Tags::NoneAtOneTime] {
        let below = Watched::with_tags(tags);
        let store = over(below.clone());
        let (a, b) = (path("a"), path("b"));
        store.put(&a, "newer".into()).await.expect("stored");
        let newer = below.stored(&a).await;
        store.put(&a, "older".into()).await.expect("stored");
        below.reads();
        below.replace_before(1, &a, newer);
        assert_eq!(refusal(store.rename(&a, &b).await), "SourceReplaced", "{tags:?}");
        assert_eq!(read(&store, &a).await.expect("read"), "newer");
    }
}

/// To encrypt what is there, or with another key, in place.
#[tokio::test]
async fn a_copy_onto_itself_does_not_undo_what_others_write() {
    for (offer, tags) in [
        (Offer::All, Tags::Strong),
        (Offer::All, Tags::NoneAtOneTime),
        (Offer::Http, Tags::Strong),
        (Offer::Http, Tags::NoneAtOneTime),
    ] {
        for length in [5, 9 << 20] {
            let below = Watched::with_tags(tags);
            below.offer(offer);
            let builder = EncryptedStore::builder(below.clone(), provider());
            let store = builder.danger_read_unencrypted(|_| true).build().expect("a store");
            let a = path("a");
            store.put(&a, text(length).into()).await.expect("stored");
            let before = below.stored(&a).await;
            store.copy(&a, &a).await.expect("copied");
            assert_ne!(below.stored(&a).await, before);
            assert!(read(&store, &a).await.expect("read") == text(length));

            store.put(&a, vec![1; length].into()).await.expect("stored");
            let newer = below.stored(&a).await;
            store.put(&a, text(length).into()).await.expect("stored");
            below.replace_behind(&a, newer);
            let refused = refusal(store.copy(&a, &a).await);
            assert_eq!(refused, "SourceReplaced", "{offer:?} {tags:?} {length}");
            assert!(read(&store, &a).await.expect("read") == vec![1; length]);
        }
    }
}

/// Parts may be longer than what may be in memory.
#[tokio::test]
async fn parts_are_used_for_what_may_not_be_in_memory() {
    let (store, below) =
        watched_with(|builder| builder.part_length(64 << 20).whole_copy_limit(1000));
    store.put(&path("a"), text(1001).into()).await.expect("stored");
    store.copy(&path("a"), &path("b")).await.expect("copied");
    assert_eq!(below.parts().len(), 1);
    assert_eq!(read(&store, &path("b")).await.expect("read"), text(1001));
}

/// A copy encrypts what is not encrypted, also where a message could stay as it is.
#[tokio::test]
async fn plaintext_is_not_copied_as_it_is() {
    let below = Watched::default();
    let store = EncryptedStore::builder(below.clone(), provider())
        .danger_without_location()
        .danger_read_unencrypted(|location| location.as_ref().starts_with("old/"))
        .build()
        .expect("a store");
    for name in ["old/a", "old/b"] {
        below.store(&path(name), "plain text").await;
    }
    store.copy(&path("old/a"), &path("new/a")).await.expect("copied");
    store.rename(&path("old/b"), &path("new/b")).await.expect("renamed");
    store.copy(&path("old/a"), &path("old/a")).await.expect("copied");
    for name in ["new/a", "new/b", "old/a"] {
        assert_eq!(read(&store, &path(name)).await.expect("read"), "plain text");
        let stored = below.stored(&path(name)).await;
        assert!(!stored.windows(5).any(|bytes| bytes == b"plain"), "{name}");
    }
    assert_eq!(below.server_copies(), 0);
}

#[tokio::test]
async fn attributes_go_along() {
    let (store, _) = watched();
    let attributes = Attributes::from_iter([
        (Attribute::ContentType, "text/plain"),
        (Attribute::Metadata("owner".into()), "somebody"),
    ]);
    for length in [10, 10 << 20] {
        let options = PutOptions { attributes: attributes.clone(), ..PutOptions::default() };
        store.put_opts(&path("a"), text(length).into(), options).await.expect("stored");
        let mode = CopyOptions::new().with_mode(CopyMode::Overwrite);
        store.copy_opts(&path("a"), &path("b"), mode).await.expect("copied");
        let copy = store.get(&path("b")).await.expect("there");
        assert_eq!(copy.attributes, attributes);
    }
}
