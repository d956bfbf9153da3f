//! The integration tests of `object_store`.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};
use object_store::{ObjectStore, integration};

use super::encrypted;
use crate::vectors::Result;

/// Passes all tests that a store passes, and fails those that it is said to fail: else there is something more to test.
/// Both stores are empty, the first one bare, and the second one the same to encrypt into. Tests panic.
///
/// # Errors
///
/// If a name is that of no test, or the store passes a test that it is said to fail.
pub async fn passes_what_the_store_passes(
    bare: impl ObjectStore,
    to_encrypt: impl ObjectStore,
    fails: &[&str],
) -> Result<()> {
    for name in fails {
        let (_, test) = TESTS.iter().find(|(known, _)| known == name).ok_or("no such test")?;
        if AssertUnwindSafe(test(&bare)).catch_unwind().await.is_ok() {
            return Err(format!("the store passes {name} now").into());
        }
    }
    let store = encrypted(to_encrypt)?;
    for (_, test) in TESTS.iter().filter(|(name, _)| !fails.contains(name)) {
        test(&store).await;
    }
    Ok(())
}

type Test = for<'s> fn(&'s dyn ObjectStore) -> BoxFuture<'s, ()>;

/// Those that are for all stores.
const TESTS: &[(&str, Test)] = &[
    ("put_get_delete_list", |store| integration::put_get_delete_list(store).boxed()),
    ("list_with_offset_exclusivity", |store| {
        integration::list_with_offset_exclusivity(store).boxed()
    }),
    ("get_opts", |store| integration::get_opts(store).boxed()),
    ("list_uses_directories_correctly", |store| {
        integration::list_uses_directories_correctly(store).boxed()
    }),
    ("list_with_delimiter", |store| integration::list_with_delimiter(store).boxed()),
    ("rename_and_copy", |store| integration::rename_and_copy(store).boxed()),
    ("copy_if_not_exists", |store| integration::copy_if_not_exists(store).boxed()),
    ("copy_rename_nonexistent_object", |store| {
        integration::copy_rename_nonexistent_object(store).boxed()
    }),
    ("stream_get", |store| integration::stream_get(store).boxed()),
    ("put_get_attributes", |store| integration::put_get_attributes(store).boxed()),
    ("put_opts", |store| integration::put_opts(store, true).boxed()),
    // Of two uploads to one name the one that ends last counts.
    ("multipart_race_condition", |store| {
        integration::multipart_race_condition(store, true).boxed()
    }),
    ("multipart_out_of_order", |store| integration::multipart_out_of_order(store).boxed()),
];
