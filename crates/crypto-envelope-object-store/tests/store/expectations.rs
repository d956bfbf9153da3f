//! This very message, and no older one.

use crypto_envelope::MessageId;
use crypto_envelope_object_store::{
    EncryptedStore, ExpectedMessage, HeadSize, Receipt, object_store,
};
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    PutOptions,
};

use crate::support::{path, provider, refusal, watched, watched_with};

fn expecting(message_id: MessageId) -> GetOptions {
    let mut options = GetOptions::default();
    options.extensions.insert(ExpectedMessage(message_id));
    options
}

#[tokio::test]
async fn an_older_message_is_refused() {
    let (store, below) = watched();
    let a = path("a");
    let put = async |text: &'static str| {
        let receipt = Receipt::new();
        assert_eq!(receipt.message_id(), None);
        let mut options = PutOptions::default();
        options.extensions.insert(receipt.clone());
        store.put_opts(&a, text.into(), options).await.expect("stored");
        receipt.message_id().expect("it was stored")
    };
    let old = put("old").await;
    let replayed = below.stored(&a).await;
    let new = put("new").await;
    let whole = || expecting(new);
    let range = || GetOptions { range: Some(GetRange::Bounded(0..2)), ..expecting(new) };
    let head = || GetOptions { head: true, ..expecting(new) };
    for options in [whole(), range(), head()] {
        store.get_opts(&a, options).await.expect("it is this one");
    }
    below.store(&a, replayed).await;
    for options in [whole(), range(), head()] {
        let refused = refusal(store.get_opts(&a, options).await);
        assert!(
            refused.contains("OtherMessage") && refused.contains(&old.to_string()),
            "{refused}"
        );
    }
    store.get_opts(&a, expecting(old)).await.expect("it is the old one");
    store.get(&a).await.expect("whoever expects nothing takes it");
}

/// Not where other objects would be taken as they are, nor where nobody asks for a key.
#[tokio::test]
async fn an_expectation_holds_everywhere() {
    let (store, below) = watched_with(|builder| {
        builder.danger_read_unencrypted(|_| true).head_size(HeadSize::Estimated)
    });
    let (a, b) = (path("a"), path("b"));
    let receipt = Receipt::new();
    let mut options = PutOptions::default();
    options.extensions.insert(receipt.clone());
    store.put_opts(&a, "old".into(), options.clone()).await.expect("stored");
    let expected = receipt.message_id().expect("it was stored");
    store.put_opts(&a, "new".into(), options).await.expect("stored");
    assert_ne!(receipt.message_id(), Some(expected), "the last one counts");
    for replacement in [below.stored(&a).await, "plain text".into()] {
        below.store(&a, replacement).await;
        let whole = || expecting(expected);
        let range = || GetOptions { range: Some(GetRange::Bounded(0..2)), ..expecting(expected) };
        let head = || GetOptions { head: true, ..expecting(expected) };
        for options in [whole(), range(), head()] {
            let refused = refusal(store.get_opts(&a, options).await);
            assert!(refused.contains("OtherMessage") || refused == "Unencrypted", "{refused}");
        }
        let mut options = CopyOptions::new();
        options.extensions.insert(ExpectedMessage(expected));
        let refused = refusal(store.copy_opts(&a, &b, options).await);
        assert!(refused.contains("OtherMessage") || refused == "Unencrypted", "{refused}");
    }
}

/// For readers that have no options.
#[tokio::test]
async fn a_store_can_expect_messages() {
    let (store, below) = watched();
    let a = path("a");
    store.put(&a, "text".into()).await.expect("stored");
    let receipt = Receipt::new();
    let mut options = GetOptions::default();
    options.extensions.insert(receipt.clone());
    store.get_opts(&a, options).await.expect("read");
    let expected = receipt.message_id();
    assert!(expected.is_some(), "a reader is told which one it was");
    let reader = EncryptedStore::builder(below, provider())
        .expected_messages(move |_| expected)
        .build()
        .expect("a store");
    let ranges = [0..1, 2..3];
    reader.get_ranges(&a, &ranges).await.expect("it is this one");
    store.put(&a, "next".into()).await.expect("stored");
    assert!(refusal(reader.get_ranges(&a, &ranges).await).contains("OtherMessage"));
    assert!(refusal(reader.get(&a).await).contains("OtherMessage"));
}

#[tokio::test]
async fn uploads_and_copies_have_receipts() {
    let (store, _) = watched();
    let (a, b) = (path("a"), path("b"));
    let receipt = Receipt::new();
    let mut options = PutMultipartOptions::default();
    options.extensions.insert(receipt.clone());
    let mut upload = store.put_multipart_opts(&a, options).await.expect("it begins");
    upload.put_part("text".into()).await.expect("taken");
    assert_eq!(receipt.message_id(), None);
    upload.complete().await.expect("complete");
    let message_id = receipt.message_id().expect("it was stored");
    store.get_opts(&a, expecting(message_id)).await.expect("it is this one");

    for (mode, to) in [(CopyMode::Overwrite, &b), (CopyMode::Create, &path("c"))] {
        let receipt = Receipt::new();
        let mut options = CopyOptions::new().with_mode(mode);
        options.extensions.insert(receipt.clone());
        store.copy_opts(&a, to, options).await.expect("copied");
        let copy = receipt.message_id().expect("it was stored");
        assert_ne!(copy, message_id);
        store.get_opts(to, expecting(copy)).await.expect("it is this one");
    }

    let receipt = Receipt::new();
    let mut options = CopyOptions::new().with_mode(CopyMode::Create);
    options.extensions.insert(receipt.clone());
    store.copy_opts(&a, &b, options).await.expect_err("something is there");
    assert_eq!(receipt.message_id(), None);
}
