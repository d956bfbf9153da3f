//! Many at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crypto_envelope_object_store::object_store;
use object_store::{Error, GetRange, ObjectStore, ObjectStoreExt, local::LocalFileSystem};
use tokio::task::JoinSet;

use crate::support::{over, path, read, read_range, watched};

/// Each object is of one byte, many times.
fn is_whole(found: &[u8]) -> bool {
    found.windows(2).all(|pair| pair[0] == pair[1])
}

async fn mixed_work(store: Arc<dyn ObjectStore>) {
    let mut tasks = JoinSet::new();
    let read_whole = Arc::new(AtomicUsize::new(0));
    for number in 0..100_usize {
        let read_whole = Arc::clone(&read_whole);
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for round in 0..6_usize {
                let location = path(&format!("object-{}", (number + round) % 5));
                let length = 1000 * (1 + number) * (1 + round % 3);
                if number % 2 == 0 {
                    let byte = u8::try_from(number + round).expect("it is small");
                    store.put(&location, vec![byte; length].into()).await.expect("stored");
                    continue;
                }
                let found = match round % 3 {
                    0 => read(&*store, &location).await,
                    1 => read_range(&*store, &location, GetRange::Bounded(0..900)).await,
                    _ => read_range(&*store, &location, GetRange::Suffix(70_000)).await,
                };
                match found {
                    Ok(found) => {
                        assert!(is_whole(&found), "two objects were mixed");
                        read_whole.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        let is_gone =
                            matches!(error, Error::NotFound { .. } | Error::Precondition { .. });
                        assert!(is_gone, "{error:?}");
                    }
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no task panicked");
    }
    assert!(read_whole.load(Ordering::Relaxed) > 100, "most of them find something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_readers_and_writers_in_memory() {
    mixed_work(Arc::new(watched().0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_readers_and_writers_on_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LocalFileSystem::new_with_prefix(folder.path()).expect("a store");
    mixed_work(Arc::new(over(files))).await;
}
