//! Our client for customer keys on servers of others: what has to come out alike on all of them.

mod copies;
mod downloads;
mod epochs;
mod hostile;
mod migrations;
mod objects;
mod presigned;
mod races;
mod rings;
mod server_keys;
mod uploads;
mod world;

pub use self::world::{Bucket, World, kind_of, rejected};

/// Tests on one server, that of the [`World`] which a function gives: these cases, each in a bucket of its own, or all
/// that have to come out alike everywhere.
#[macro_export]
macro_rules! on_s3 {
    ($world:ident) => {
        $crate::on_s3! { $world:
            agrees_with_boto
            tells_keys_apart
            takes_parts
            fills_files
            goes_on_with_a_download
            fills_no_file_with_two_objects
            loses_no_write
            keeps_a_ring
            keeps_versions
            retires_an_epoch
            migrates
            migrates_nothing_damaged
            migrates_nothing_broken_off
        }
    };
    ($world:ident: $($case:ident)*) => {
        $(#[tokio::test]
        async fn $case() -> $crate::vectors::Result<()> {
            let outcome = $world()?.bucket().await?.$case().await;
            assert!(outcome.is_ok(), "{}: {outcome:?}", stringify!($case));
            Ok(())
        })*
    };
}
