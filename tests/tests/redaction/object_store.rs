//! Stores that encrypt: what they hold, and what they say when something goes wrong.

use std::{error::Error, sync::Arc, time::Duration};

use crypto_envelope::{SecretBytes, cache::MaterialsCache, provider::RawAesProvider};
use crypto_envelope_object_store::{EncryptedStore, object_decryptor, object_encryptor};
use crypto_envelope_testkit::{
    data,
    redaction::{hunt_debug, hunt_error},
};
use object_store::{GetRange, ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};

type TestResult = Result<(), Box<dyn Error>>;

fn provider(key: &[u8]) -> crypto_envelope::Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("redaction", "key", &SecretBytes::from(key))?))
}

#[tokio::test]
async fn stores_uploads_and_results() -> TestResult {
    let (key, plaintext) = (data::plaintext(32, 1), data::plaintext(300, 2));
    let secrets = [key.as_slice(), plaintext.as_slice()];
    let cache = || MaterialsCache::builder(Duration::from_mins(1)).build();
    let builder = EncryptedStore::builder(InMemory::new(), provider(&key)?)
        .encryptor(object_encryptor(provider(&key)?).cache(cache()?).build()?)
        .decryptor(object_decryptor(provider(&key)?).cache(cache()?).build()?);
    hunt_debug(&builder, &secrets)?;
    let store = builder.build()?;
    let location = Path::from("a");
    store.put(&location, plaintext.clone().into()).await?;
    let result = store.get(&location).await?;
    hunt_debug(&result, &secrets)?;
    assert_eq!(result.bytes().await?, plaintext);
    hunt_debug(&store, &secrets)?;

    let mut upload = store.put_multipart(&location).await?;
    upload.put_part(plaintext.clone().into()).await?;
    hunt_debug(&upload, &secrets)?;
    upload.complete().await?;
    hunt_debug(&upload, &secrets)?;
    Ok(())
}

#[tokio::test]
async fn errors() -> TestResult {
    let (key, plaintext) = (data::plaintext(32, 1), data::plaintext(300, 2));
    let secrets = [key.as_slice(), plaintext.as_slice()];
    let below = Arc::new(InMemory::new());
    let store = EncryptedStore::new(Arc::clone(&below), provider(&key)?)?;
    let (location, other) = (Path::from("a"), Path::from("b"));
    store.put(&location, plaintext.clone().into()).await?;
    below.copy(&location, &other).await?;
    let stored = below.get(&location).await?.bytes().await?;
    let mut changed = stored.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    below.put(&Path::from("changed"), changed.into()).await?;
    below.put(&Path::from("cut"), stored.slice(..stored.len() - 1).into()).await?;
    below.put(&Path::from("plain"), plaintext.clone().into()).await?;
    let stranger = EncryptedStore::new(below, provider(&data::plaintext(32, 3))?)?;
    for (store, name) in
        [(&store, "b"), (&store, "changed"), (&store, "cut"), (&store, "plain"), (&stranger, "a")]
    {
        let whole = async { store.get(&Path::from(name)).await?.bytes().await };
        hunt_error(&whole.await.expect_err(name), &secrets)?;
        let end = object_store::GetOptions::new().with_range(Some(GetRange::Suffix(1)));
        let end = store.get_opts(&Path::from(name), end).await;
        hunt_error(&end.expect_err(name), &secrets)?;
    }
    Ok(())
}
