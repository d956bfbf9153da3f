//! Uploads in parts.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use crypto_envelope::AlgorithmSuite;
use crypto_envelope_object_store::{EncryptedStore, object_encryptor, object_store};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream::FuturesUnordered};
use object_store::{
    ObjectStore, ObjectStoreExt, WriteMultipart, buffered::BufWriter, local::LocalFileSystem,
    path::Path,
};

use crate::{
    support::{over, path, provider, read, refusal, text, watched, watched_with, with_frames},
    watched::{End, Watched},
};

const MIB: usize = 1 << 20;

/// Uploads in parts of these lengths, which are awaited together.
async fn upload(store: &dyn ObjectStore, location: &Path, lengths: &[usize]) -> Bytes {
    let plaintext = Bytes::from(text(lengths.iter().sum()));
    let mut upload = store.put_multipart(location).await.expect("it begins");
    let mut rest = plaintext.clone();
    let mut sent = Vec::new();
    for length in lengths {
        sent.push(upload.put_part(rest.split_to(*length).into()));
    }
    // Whichever is asked first.
    sent.reverse();
    sent.into_iter().collect::<FuturesUnordered<_>>().try_collect::<()>().await.expect("sent");
    upload.complete().await.expect("complete");
    plaintext
}

fn are_legal(parts: &[usize], least: usize) -> bool {
    let (last, others) = parts.split_last().expect("there is a part");
    others.iter().all(|part| *part >= least && *part == others[0])
        && others.first().is_none_or(|first| last <= first)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_any_length_become_legal_ones() {
    for lengths in [
        &[][..],
        &[0],
        &[1],
        &[3 * MIB; 7],
        &[9 * MIB, MIB, 17 * MIB, 1, 8 * MIB],
        &[100, 30 * MIB],
        &[20 * MIB],
    ] {
        for frame in [64 << 10, 6 << 20, 12 << 20] {
            let (store, below) = watched_with(with_frames(frame));
            let plaintext = upload(&store, &path("a"), lengths).await;
            assert!(are_legal(&below.parts(), 8 * MIB), "{lengths:?}: {:?}", below.parts());
            let found = read(&store, &path("a")).await.expect("read");
            assert!(found == plaintext, "{lengths:?} in frames of {frame}");
        }
    }
}

/// Ten thousand parts of a caller must not become more.
#[tokio::test]
async fn parts_do_not_become_more() {
    let (store, below) = watched();
    upload(&store, &path("a"), &[8 * MIB; 4]).await;
    assert_eq!(below.parts().len(), 4, "{:?}", below.parts());
    let (store, below) = watched();
    upload(&store, &path("a"), &[12 * MIB + 1; 3]).await;
    assert_eq!(below.parts().len(), 3, "{:?}", below.parts());
}

#[tokio::test]
async fn the_least_length_is_chosen() {
    let (store, below) = watched_with(|builder| builder.part_length(5 << 20));
    upload(&store, &path("a"), &[MIB; 11]).await;
    assert_eq!(below.parts()[..2], [5 << 20, 5 << 20]);
    for wrong in [0, (5 << 20) - 1, (5 << 30) + 1] {
        let builder = EncryptedStore::builder(Watched::default(), provider());
        let refused = builder.part_length(wrong).build().map(drop).expect_err("it is refused");
        assert!(refused.to_string().contains("5242880"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_messages_are_sealed_in_order() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let encryptor = object_encryptor(provider()).suite(suite).build().expect("an encryptor");
    let (store, below) = watched_with(|builder| builder.encryptor(encryptor));
    let plaintext = upload(&store, &path("a"), &[9 * MIB, MIB, 12 * MIB]).await;
    assert!(are_legal(&below.parts(), 8 * MIB));
    assert!(read(&store, &path("a")).await.expect("read") == plaintext);
}

/// Without a runtime there are no threads, and it works all the same.
#[test]
fn no_runtime_is_needed() {
    futures_util::FutureExt::now_or_never(async {
        let (store, _) = watched();
        let plaintext = upload(&store, &path("a"), &[9 * MIB, 9 * MIB]).await;
        assert!(read(&store, &path("a")).await.expect("read") == plaintext);
    })
    .expect("memory never keeps anybody waiting");
}

#[tokio::test]
async fn works_with_the_writers_of_object_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = over(LocalFileSystem::new_with_prefix(folder.path()).expect("a store"));
    let (memory, _) = watched();
    let stores: [Arc<dyn ObjectStore>; 2] = [Arc::new(files), Arc::new(memory)];
    let plaintext = text(20 * MIB + 5);
    for store in stores {
        let upload = store.put_multipart(&path("multi")).await.expect("it begins");
        let mut writer = WriteMultipart::new(upload);
        for piece in plaintext.chunks(100_001) {
            writer.wait_for_capacity(2).await.expect("sent");
            writer.write(piece);
        }
        writer.finish().await.expect("complete");
        assert!(read(&*store, &path("multi")).await.expect("read") == plaintext);

        let mut writer = BufWriter::new(Arc::clone(&store), path("buffered"));
        for piece in plaintext.chunks(333_333) {
            writer.put(Bytes::copy_from_slice(piece)).await.expect("sent");
        }
        tokio::io::AsyncWriteExt::shutdown(&mut writer).await.expect("complete");
        assert!(read(&*store, &path("buffered")).await.expect("read") == plaintext);
    }
}

#[tokio::test]
async fn a_lost_part_is_not_left_out() {
    for awaited in [true, false] {
        let (store, below) = watched();
        below.fail_part(1);
        let mut upload = store.put_multipart(&path("a")).await.expect("it begins");
        let sent = (0..3).map(|_| upload.put_part(text(9 * MIB).into())).collect::<Vec<_>>();
        if awaited {
            assert!(try_join_all(sent).await.is_err());
        } else {
            drop(sent);
        }
        let refused = refusal(upload.complete().await);
        assert!(refused.contains("PartsMissing"), "{refused}");
        assert!(refusal(upload.complete().await).contains("PartsMissing"));
        upload.abort().await.expect("aborted");
        assert!(refusal(upload.complete().await).contains("Misuse"));
        assert!(store.head(&path("a")).await.is_err());
    }
}

#[tokio::test]
async fn what_is_over_takes_no_more() {
    let (store, _) = watched();
    let mut upload = store.put_multipart(&path("a")).await.expect("it begins");
    upload.put_part("all".into()).await.expect("taken");
    upload.complete().await.expect("complete");
    assert!(refusal(upload.put_part("more".into()).await).contains("Misuse"));
    assert!(refusal(upload.complete().await).contains("Misuse"));
    upload.abort().await.expect("there is nothing to abort");
    assert_eq!(read(&store, &path("a")).await.expect("read"), "all");
}

/// Whoever waits for a part of an upload that somebody aborted is told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_part_waits_for_an_upload_that_was_aborted() {
    let (store, below) = watched();
    let mut upload = store.put_multipart(&path("a")).await.expect("it begins");
    let parts = (0..4).map(|_| upload.put_part(text(20 * MIB).into())).collect::<Vec<_>>();
    let parts = parts.into_iter().map(tokio::spawn).collect::<Vec<_>>();
    upload.abort().await.expect("aborted");
    for part in parts {
        let ended = tokio::time::timeout(Duration::from_secs(20), part).await;
        let _either = ended.expect("it ends").expect("it does not panic");
    }
    assert_eq!(below.aborted(), 1);
    assert!(store.head(&path("a")).await.is_err());
}

/// Whatever becomes of a call that ends an upload, the store below hears of the end.
#[tokio::test]
async fn an_upload_can_be_aborted_until_it_is() {
    for ends in
        [&[End::NeverEnds][..], &[End::Fails], &[End::NeverEnds, End::NeverEnds, End::Fails]]
    {
        let (store, below) = watched();
        let mut upload = store.put_multipart(&path("a")).await.expect("it begins");
        upload.put_part(text(9 * MIB).into()).await.expect("sent");
        below.end_uploads(ends.iter().copied());
        let soon = Duration::from_secs(1);
        let complete = tokio::time::timeout(soon, upload.complete()).await;
        assert!(!matches!(complete, Ok(Ok(_))));
        for _ in 1..ends.len() {
            let abort = tokio::time::timeout(soon, upload.abort()).await;
            assert!(!matches!(abort, Ok(Ok(()))));
            assert_eq!(below.aborted(), 0);
        }
        assert!(refusal(upload.complete().await).contains("Misuse"));
        upload.abort().await.expect("aborted");
        assert_eq!(below.aborted(), 1);
        upload.abort().await.expect("there is nothing to abort any more");
        assert_eq!(below.aborted(), 1);
        assert!(store.head(&path("a")).await.is_err());
    }
}

/// As when the process ends: nothing is there, or what was there before.
#[tokio::test]
async fn an_upload_that_stops_leaves_no_object() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LocalFileSystem::new_with_prefix(folder.path()).expect("a store");
    let stores: [Box<dyn ObjectStore>; 2] = [Box::new(over(files)), Box::new(watched().0)];
    for store in stores {
        store.put(&path("old"), "old".into()).await.expect("stored");
        for name in ["new", "old"] {
            let mut upload = store.put_multipart(&path(name)).await.expect("it begins");
            for _ in 0..3 {
                upload.put_part(text(9 * MIB).into()).await.expect("sent");
            }
            drop(upload);
        }
        assert!(store.get(&path("new")).await.is_err());
        assert_eq!(read(&*store, &path("old")).await.expect("read"), "old");
        let listed = store.list(None).map(|meta| meta.expect("listed").location);
        assert_eq!(listed.collect::<Vec<_>>().await, [path("old")]);
    }
}

/// Nothing of one upload can stand in for a part of another one.
#[tokio::test]
async fn parts_of_two_uploads_do_not_fit() {
    let (store, below) = watched();
    upload(&store, &path("a"), &[9 * MIB; 2]).await;
    let first = below.stored(&path("a")).await;
    upload(&store, &path("a"), &[9 * MIB; 2]).await;
    let second = below.stored(&path("a")).await;
    let cut = below.parts()[0];
    let mixed = [&first[..cut], &second[cut..]].concat();
    below.store(&path("a"), mixed).await;
    assert!(read(&store, &path("a")).await.is_err());
}
