//! The integration tests of `object_store` itself, which stores have to pass.

use crypto_envelope_object_store::object_store;
use object_store::{ObjectStore, integration::*, local::LocalFileSystem, memory::InMemory};

use crate::support::over;

#[tokio::test]
async fn passes_over_memory() {
    let store = over(InMemory::new());
    all_of(&store).await;
    put_opts(&store, true).await;
    put_get_attributes(&store).await;
    multipart_race_condition(&store, true).await;
    multipart_out_of_order(&store).await;
}

#[tokio::test]
async fn passes_over_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = over(LocalFileSystem::new_with_prefix(folder.path()).expect("a store"));
    all_of(&store).await;
    copy_rename_nonexistent_object(&store).await;
    put_opts(&store, false).await;
}

async fn all_of(store: &dyn ObjectStore) {
    put_get_delete_list(store).await;
    list_with_offset_exclusivity(store).await;
    get_opts(store).await;
    list_uses_directories_correctly(store).await;
    list_with_delimiter(store).await;
    rename_and_copy(store).await;
    copy_if_not_exists(store).await;
    stream_get(store).await;
    get_nonexistent_object(store, None).await.expect_err("it is not there");
}
