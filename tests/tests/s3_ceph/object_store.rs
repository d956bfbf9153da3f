//! Stores that encrypt, on Ceph.

use crypto_envelope_tests::{
    object_stores::{Deviation, bucket, deviates, encrypted, passes_suite},
    vectors::Result,
};
use object_store::{Error, ObjectStore, PutMode, PutOptions, path::Path};

#[tokio::test]
async fn passes() -> Result<()> {
    let deviation = Deviation::NamesAndConditions;
    assert!(deviates(bucket(crate::ceph()?.https()).await?, deviation).await);
    let store = encrypted(bucket(crate::ceph()?.https()).await?)?;
    passes_suite(&store, Some(deviation)).await;

    let create = || PutOptions::from(PutMode::Create);
    store.put_opts(&Path::from("once"), "first".into(), create()).await?;
    let second = store.put_opts(&Path::from("once"), "second".into(), create()).await;
    assert!(matches!(second, Err(Error::AlreadyExists { .. })), "{second:?}");
    Ok(())
}
