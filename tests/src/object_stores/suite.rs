//! The integration tests of `object_store`.

use object_store::{ObjectStore, integration};

/// What a server does otherwise than the tests want it, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests name them")]
pub enum Deviation {
    /// Of SeaweedFS: lists behind a name begin with the object of that name.
    ListsFromName,
    /// Of Azurite: lists behind a name begin with the first object. And of Azure: of two uploads to one name the one that
    /// ends first wins.
    Azure,
    /// Of Ceph 16.2: names of metadata come back with hyphens in place of underscores, and no write on the condition
    /// of an entity tag succeeds.
    NamesAndConditions,
}

/// Whether a store still deviates without us: else there is something more to test.
pub async fn deviates(store: impl ObjectStore, deviation: Deviation) -> bool {
    let outcome = tokio::spawn(async move {
        match deviation {
            Deviation::ListsFromName | Deviation::Azure => {
                integration::put_get_delete_list(&store).await;
            }
            Deviation::NamesAndConditions => integration::put_get_attributes(&store).await,
        }
    });
    outcome.await.is_err_and(|error| error.is_panic())
}

/// What a store has to do by the integration tests of `object_store`, when it is empty. They panic.
pub async fn passes_suite(store: &dyn ObjectStore, deviation: Option<Deviation>) {
    use Deviation::{Azure, ListsFromName, NamesAndConditions};
    if !matches!(deviation, Some(ListsFromName | Azure)) {
        integration::put_get_delete_list(store).await;
    }
    if deviation != Some(Azure) {
        integration::list_with_offset_exclusivity(store).await;
    }
    integration::get_opts(store).await;
    integration::list_uses_directories_correctly(store).await;
    integration::list_with_delimiter(store).await;
    integration::rename_and_copy(store).await;
    integration::copy_if_not_exists(store).await;
    integration::copy_rename_nonexistent_object(store).await;
    integration::stream_get(store).await;
    if deviation != Some(NamesAndConditions) {
        integration::put_get_attributes(store).await;
        integration::put_opts(store, true).await;
    }
    integration::multipart_race_condition(store, deviation != Some(Azure)).await;
    integration::multipart_out_of_order(store).await;
}
