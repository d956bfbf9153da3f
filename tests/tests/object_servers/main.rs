//! Servers of objects that do not speak S3: stores that encrypt work over them as those do that do not.

use std::sync::OnceLock;

use crypto_envelope_tests::{
    object_stores::{Azurite, Deviation, Gcs, WebDav, deviates, encrypted, passes_suite},
    s3_servers::shared,
    vectors::Result,
};
use object_store::{Error, ObjectStore, ObjectStoreExt, integration, path::Path};

#[tokio::test]
async fn passes_on_azure() -> Result<()> {
    let deviation = Deviation::Azure;
    assert!(deviates(azurite()?.container().await?, deviation).await);
    passes_suite(&encrypted(azurite()?.container().await?)?, Some(deviation)).await;
    Ok(())
}

#[tokio::test]
async fn passes_on_google_cloud_storage() -> Result<()> {
    passes_suite(&encrypted(gcs()?.bucket()?)?, None).await;
    Ok(())
}

/// All that the store for HTTP can do by itself.
#[tokio::test]
async fn passes_on_webdav() -> Result<()> {
    let webdav = WebDav::start()?;
    let store = encrypted(webdav.store()?)?;
    integration::put_get_delete_list(&store).await;
    integration::list_with_offset_exclusivity(&store).await;
    integration::list_uses_directories_correctly(&store).await;
    integration::list_with_delimiter(&store).await;
    integration::rename_and_copy(&store).await;
    integration::copy_if_not_exists(&store).await;
    integration::copy_rename_nonexistent_object(&store).await;
    Ok(())
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

fn azurite() -> Result<&'static Azurite> {
    static AZURITE: OnceLock<Result<Azurite, String>> = OnceLock::new();
    shared(&AZURITE, Azurite::start)
}

fn gcs() -> Result<&'static Gcs> {
    static GCS: OnceLock<Result<Gcs, String>> = OnceLock::new();
    shared(&GCS, Gcs::start)
}
