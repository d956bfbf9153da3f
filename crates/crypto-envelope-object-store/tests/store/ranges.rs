//! Any range of any object is what it is in the plaintext.

use crypto_envelope::ranges::RangeOptions;
use crypto_envelope_object_store::{Error, object_store};
use futures_util::TryStreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use proptest::prelude::*;

use crate::support::{
    part, path, read, read_range, refusal, text, watched, watched_with, with_frames,
};

/// Frames, an object, and pieces, all of about one size, so that borders meet.
fn sizes() -> impl Strategy<Value = (u32, usize, usize, usize)> {
    let frames = prop_oneof![Just(1), Just(7), Just(16), Just(100), Just(4096)];
    frames.prop_flat_map(|frame: u32| {
        let length = frame as usize * 12 + 9;
        (Just(frame), 0..length, 1..=length, 1..2000_usize)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn are_those_of_the_plaintext(
        (frame, length, read_ahead, first_fetch) in sizes(),
        ranges in prop::collection::vec((0..1200_u64, 0..1200_u64), 1..6),
        gap in 0..200_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let options = RangeOptions::default()
            .with_read_ahead(read_ahead)
            .with_first_fetch(first_fetch)
            .with_merge_gap(gap);
        let (store, _) = watched_with(|builder| with_frames(frame)(builder).ranges(options));
        let plaintext = text(length);
        let at = |permille: u64| permille * length as u64 / 1000;
        let mut valid = Vec::new();
        runtime.block_on(async {
            store.put(&path("a"), plaintext.clone().into()).await.expect("stored");
            for (a, b) in ranges {
                let (start, end) = (at(a.min(b)), at(a.max(b)));
                for wanted in [
                    GetRange::Bounded(start..end),
                    GetRange::Offset(start),
                    GetRange::Suffix(end),
                ] {
                    let expected = wanted.as_range(length as u64);
                    let found = read_range(&store, &path("a"), wanted.clone()).await;
                    match (expected, found) {
                        (Ok(range), Ok(found)) => {
                            assert_eq!(found, part(&plaintext, range), "{wanted:?}");
                        }
                        (Err(expected), Err(found)) => {
                            let ours = Error::of(&found).map(ToString::to_string);
                            let says = ours.unwrap_or_else(|| found.to_string());
                            assert!(
                                says.contains(&format!("has {length} bytes"))
                                    || says.contains(&expected.to_string()),
                                "{found}"
                            );
                        }
                        (expected, found) => {
                            assert_eq!(expected.is_ok(), found.is_ok(), "{wanted:?}: {found:?}");
                        }
                    }
                }
                if start < end && end <= length as u64 {
                    valid.push(start..end);
                }
            }
            let found = store.get_ranges(&path("a"), &valid).await.expect("read");
            assert_eq!(found.len(), valid.len());
            for (range, found) in valid.into_iter().zip(found) {
                assert_eq!(found, part(&plaintext, range));
            }
            assert_eq!(read(&store, &path("a")).await.expect("read"), plaintext);
        });
    }
}

/// As other stores have it.
#[tokio::test]
async fn several_are_refused_if_one_is() {
    let (store, _) = watched_with(with_frames(10));
    let memory = object_store::memory::InMemory::new();
    store.put(&path("a"), text(100).into()).await.expect("stored");
    memory.put(&path("a"), text(100).into()).await.expect("stored");
    let (five, none) = (5, 5);
    for ranges in [
        vec![0..1, 99..100, 40..60],
        vec![0..1, 90..120],
        vec![0..1, 100..101],
        vec![0..1, 101..120],
        vec![0..1, five..none],
        vec![0..1, 7..five],
    ] {
        let expected = memory.get_ranges(&path("a"), &ranges).await;
        let found = store.get_ranges(&path("a"), &ranges).await;
        match (expected, found) {
            (Ok(expected), Ok(found)) => assert_eq!(found, expected),
            (expected, found) => assert_eq!(found.is_ok(), expected.is_ok(), "{ranges:?}"),
        }
    }
}

#[tokio::test]
async fn results_are_about_the_plaintext() {
    let (store, _) = watched_with(with_frames(10));
    store.put(&path("a"), text(25).into()).await.expect("stored");
    let cases = [
        (None, 0..25),
        (Some(GetRange::Bounded(5..15)), 5..15),
        (Some(GetRange::Bounded(20..99)), 20..25),
        (Some(GetRange::Offset(3)), 3..25),
        (Some(GetRange::Suffix(4)), 21..25),
        (Some(GetRange::Suffix(99)), 0..25),
    ];
    for (range, expected) in cases {
        let options = GetOptions::new().with_range(range.clone());
        let result = store.get_opts(&path("a"), options).await.expect("read");
        assert_eq!((result.range.clone(), result.meta.size), (expected, 25), "{range:?}");
        assert_eq!(result.meta.location, path("a"));
        assert!(result.meta.e_tag.is_some());
    }
}

#[tokio::test]
async fn an_empty_object_has_none() {
    let (store, _) = watched();
    store.put(&path("a"), Vec::new().into()).await.expect("stored");
    assert!(read(&store, &path("a")).await.expect("read").is_empty());
    assert!(read_range(&store, &path("a"), GetRange::Suffix(5)).await.expect("read").is_empty());
    for range in [GetRange::Bounded(0..1), GetRange::Offset(0)] {
        let refused = refusal(read_range(&store, &path("a"), range).await);
        assert_eq!(refused, "BehindTheEnd { length: 0 }");
    }
    assert_eq!(store.head(&path("a")).await.expect("there").size, 0);
}

/// Longer than a piece, and not all of it asked for at once.
#[tokio::test]
async fn long_ones_come_piece_by_piece() {
    let options = RangeOptions::default().with_read_ahead(1000).with_first_fetch(1);
    let (store, below) = watched_with(|builder| with_frames(100)(builder).ranges(options));
    let plaintext = text(10_050);
    store.put(&path("a"), plaintext.clone().into()).await.expect("stored");
    let wanted = GetOptions::new().with_range(Some(GetRange::Bounded(150..9000)));
    let result = store.get_opts(&path("a"), wanted).await.expect("opened");
    below.reads();
    let mut pieces = result.into_stream();
    let first = pieces.try_next().await.expect("read").expect("there");
    assert_eq!(first, plaintext[150..1100], "up to where a frame ends");
    assert!(below.reads().len() <= 2, "more than the next two pieces were fetched");
    let rest = pieces.try_collect::<Vec<_>>().await.expect("read");
    assert_eq!(rest.concat(), plaintext[1100..9000]);
}
