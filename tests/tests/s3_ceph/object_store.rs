//! Stores that encrypt, on Ceph.

use crypto_envelope_tests::{
    object_stores::{bucket, encrypted, passes_what_the_store_passes},
    vectors::Result,
};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, path::Path};

/// In Ceph 16.2, names of metadata come back with hyphens in place of underscores, and no write on the condition of an
/// entity tag succeeds.
#[tokio::test]
async fn passes() -> Result<()> {
    let (bare, to_encrypt) =
        (bucket(crate::ceph()?.https()).await?, bucket(crate::ceph()?.https()).await?);
    let fails = ["put_get_attributes", "put_opts"];
    passes_what_the_store_passes(bare, to_encrypt, &fails).await
}

#[tokio::test]
async fn conditions_that_it_knows_are_kept() -> Result<()> {
    let store = encrypted(bucket(crate::ceph()?.https()).await?)?;
    let create = || PutOptions::from(PutMode::Create);
    store.put_opts(&Path::from("once"), "first".into(), create()).await?;
    let second = store.put_opts(&Path::from("once"), "second".into(), create()).await;
    assert!(matches!(second, Err(Error::AlreadyExists { .. })), "{second:?}");

    // What may be replaced by nobody else is, on a condition that it does not know.
    let once = Path::from("once");
    store.copy(&once, &once).await?;
    assert_eq!(store.get(&once).await?.bytes().await?, "first");
    Ok(())
}
