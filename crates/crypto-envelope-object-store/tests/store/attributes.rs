//! What is kept beside the bytes.

use crypto_envelope_object_store::object_store;
use object_store::{
    Attribute, Attributes, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions,
    UpdateVersion,
};

use crate::support::{path, read, watched};

#[tokio::test]
async fn attributes_are_kept() {
    let (store, _) = watched();
    let attributes = Attributes::from_iter([
        (Attribute::ContentType, "text/plain"),
        (Attribute::Metadata("owner".into()), "somebody"),
    ]);
    let options = PutOptions { attributes: attributes.clone(), ..PutOptions::default() };
    store.put_opts(&path("a"), "text".into(), options).await.expect("stored");
    let options =
        PutMultipartOptions { attributes: attributes.clone(), ..PutMultipartOptions::default() };
    let mut upload = store.put_multipart_opts(&path("b"), options).await.expect("it begins");
    upload.put_part("text".into()).await.expect("taken");
    upload.complete().await.expect("complete");
    for name in ["a", "b"] {
        assert_eq!(store.get(&path(name)).await.expect("there").attributes, attributes);
        let range = object_store::GetOptions::new().with_range(Some(0..2_u64));
        let result = store.get_opts(&path(name), range).await.expect("there");
        assert_eq!(result.attributes, attributes);
    }
}

/// What a put returned is what the next one may depend on.
#[tokio::test]
async fn writes_can_have_conditions() {
    let (store, _) = watched();
    let a = path("a");
    let first = store.put(&a, "1".into()).await.expect("stored");
    let update = |e_tag: Option<String>| {
        let version = UpdateVersion { e_tag, version: None };
        PutOptions { mode: PutMode::Update(version), ..PutOptions::default() }
    };
    let second = store.put_opts(&a, "2".into(), update(first.e_tag.clone())).await;
    let second = second.expect("it was that one");
    let late = store.put_opts(&a, "3".into(), update(first.e_tag)).await;
    assert!(matches!(late, Err(object_store::Error::Precondition { .. })), "{late:?}");
    let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let there = store.put_opts(&a, "4".into(), create).await;
    assert!(matches!(there, Err(object_store::Error::AlreadyExists { .. })), "{there:?}");
    assert_eq!(read(&store, &a).await.expect("read"), "2");
    assert_eq!(store.head(&a).await.expect("there").e_tag, second.e_tag);
}
