//! Servers of objects that do not speak S3: stores that encrypt work over them as those do that do not.

use crypto_envelope_tests::{
    object_stores::{Azurite, Gcs, WebDav, encrypted, passes_what_the_store_passes},
    vectors::Result,
};
use object_store::{Error, ObjectStore, ObjectStoreExt, path::Path};

/// Lists of Azurite that are to begin behind a name begin with the first one. With Azure, of two uploads to one name the
/// one that ends first counts.
#[tokio::test]
async fn passes_on_azure() -> Result<()> {
    let azurite = Azurite::start()?;
    let (bare, to_encrypt) = (azurite.container().await?, azurite.container().await?);
    let fails = ["put_get_delete_list", "list_with_offset_exclusivity", "multipart_race_condition"];
    passes_what_the_store_passes(bare, to_encrypt, &fails).await
}

#[tokio::test]
async fn passes_on_google_cloud_storage() -> Result<()> {
    let gcs = Gcs::start()?;
    passes_what_the_store_passes(gcs.bucket()?, gcs.bucket()?, &[]).await
}

/// The store for HTTP has no attributes, no conditions of `put`, and no uploads in parts.
#[tokio::test]
async fn passes_on_webdav() -> Result<()> {
    let [bare, to_encrypt] = [WebDav::start()?, WebDav::start()?];
    let fails = [
        "put_get_attributes",
        "put_opts",
        "stream_get",
        "multipart_race_condition",
        "multipart_out_of_order",
    ];
    passes_what_the_store_passes(bare.store()?, to_encrypt.store()?, &fails).await
}

/// Longer than what is copied in parts where there are parts.
#[tokio::test]
async fn long_objects_are_copied_on_webdav() -> Result<()> {
    let webdav = WebDav::start()?;
    let store = encrypted(webdav.store()?)?;
    let (a, b, c) = (Path::from("a"), Path::from("b"), Path::from("c"));
    let plaintext = vec![1; 9 << 20];
    store.put(&a, plaintext.clone().into()).await?;
    store.rename(&a, &b).await?;
    store.copy_if_not_exists(&b, &c).await?;
    let refused = store.copy_if_not_exists(&b, &c).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    assert!(store.get(&c).await?.bytes().await? == plaintext);
    let names = store.inner().list_with_delimiter(None).await?.objects;
    assert_eq!(names.iter().map(|meta| &meta.location).collect::<Vec<_>>(), [&b, &c]);
    Ok(())
}
