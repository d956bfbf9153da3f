//! Ranges of messages: what comes out, and what is fetched for it.
#![expect(clippy::single_range_in_vec_init, reason = "these are lists of ranges")]

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext, Encryptor, Error, LimitKind, Limits, Result, blocking,
    ranges::{RangeOptions, RangeReader},
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    ranges::{
        SIGNED, UNSIGNED, builder, decryptor, exact, header_length, nothing, open, open_async,
        provider, sample, seal, slice,
    },
    stored::Stored,
    vectors::{Faults, Manifest, is_refusal},
};
use proptest::prelude::*;

fn ranges() -> impl Strategy<Value = Vec<Range<u64>>> {
    let range = (0_u64..3500, prop_oneof![0_u64..40, 0_u64..4000, Just(u64::MAX)]);
    let range = range.prop_map(|(start, length)| start..start.saturating_add(length));
    proptest::collection::vec(range, 0..7)
}

/// The stored bytes of the frames that some ranges need, as said by the format and not by the
/// reader; the final frame where the answer depends on the end.
fn needed(
    ranges: &[Range<u64>],
    length: u64,
    frame_length: u64,
    stored: &Range<u64>,
) -> Vec<Range<u64>> {
    let (regular, frame) = (length / frame_length, frame_length + 32);
    let start = |number: u64| stored.start + number * frame;
    let mut frames: Vec<_> = (0..=regular)
        .filter(|number| {
            ranges.iter().any(|range| {
                let own = number * frame_length..(number + 1) * frame_length;
                let is_final = *number == regular;
                let touches = range.start.max(own.start) < range.end.min(own.end);
                (touches && own.start < length.max(1))
                    || (is_final && (range.end > regular * frame_length || range.is_empty()))
            })
        })
        .map(|number| start(number)..if number == regular { stored.end } else { start(number + 1) })
        .collect();
    frames.dedup_by(|next, last| {
        let joins = last.end == next.start;
        if joins {
            last.end = next.end;
        }
        joins
    });
    frames
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn ranges_are_those_of_the_plaintext(
        plaintext in proptest::collection::vec(any::<u8>(), 0..3000),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        frame_length in prop_oneof![1_u32..5, 6_u32..2000, Just(u32::MAX)],
        mut ranges in ranges(),
        merge_gap in prop_oneof![Just(0), 1_u64..500],
        first_fetch in prop_oneof![1_usize..700, Just(64 << 10)],
    ) {
        let length = plaintext.len() as u64;
        ranges.retain(|range| range.start <= length);
        let stored = Stored::new(seal(suite, frame_length, &plaintext)?);
        let options =
            RangeOptions::default().with_first_fetch(first_fetch).with_merge_gap(merge_gap);
        let expected: Vec<_> = ranges.iter().map(|range| slice(&plaintext, range)).collect();
        let reader = open(&stored, options.clone())?;
        prop_assert!(reader.read_ranges(&ranges)? == expected);
        let mut fetched = stored.fetched();
        fetched.sort_by_key(|range| range.start);
        prop_assert!(suite.is_signing() || fetched.is_sorted_by(|one, two| one.end <= two.start));
        // The other reader does the same with the same source.
        let other = open_async(&stored, options)?;
        prop_assert!(blocking::wait(other.read_ranges(&ranges))? == expected);
        let mut also_fetched = stored.fetched();
        also_fetched.sort_by_key(|range| range.start);
        prop_assert_eq!(fetched, also_fetched);
        // Each alone, with the length known by now or not.
        for (range, expected) in ranges.iter().zip(&expected) {
            prop_assert!(&reader.read_range(range.clone())? == expected);
            prop_assert!(&blocking::wait(other.read_range(range.clone()))? == expected);
        }
        prop_assert_eq!(reader.length()?, length);
    }

    #[test]
    fn the_frames_that_are_needed_are_fetched_and_no_others(
        length in 0_usize..3000,
        frame_length in 1_u32..1500,
        mut ranges in ranges(),
    ) {
        let plaintext = data::plaintext(length, 3);
        let message = seal(UNSIGNED, frame_length, &plaintext)?;
        let stored = Stored::new(message.clone());
        ranges.retain(|range| range.start <= length as u64);
        let body = header_length(&message) as u64..message.len() as u64;
        let needed = needed(&ranges, length as u64, u64::from(frame_length), &body);
        let reader = open(&stored, exact(&message))?;
        reader.read_ranges(&ranges)?;
        prop_assert_eq!(stored.fetched(), needed.clone());
        let reader = open_async(&stored, exact(&message))?;
        blocking::wait(reader.read_ranges(&ranges))?;
        prop_assert_eq!(stored.fetched(), needed);
    }

    #[test]
    fn suffixes_and_streams_are_those_of_the_plaintext(
        plaintext in proptest::collection::vec(any::<u8>(), 0..3000),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        frame_length in 1_u32..2000,
        suffix in 0_u64..4000,
        steps in proptest::collection::vec((0_usize..700, any::<prop::sample::Index>()), 0..9),
        read_ahead in 0_usize..3000,
    ) {
        let message = seal(suite, frame_length, &plaintext)?;
        let options = exact(&message).with_read_ahead(read_ahead);
        let stored = Stored::new(message);
        let length = plaintext.len() as u64;
        let expected = slice(&plaintext, &(length.saturating_sub(suffix)..length));
        prop_assert!(open(&stored, options.clone())?.read_suffix(suffix)? == expected);
        let reader = open_async(&stored, options.clone())?;
        prop_assert!(blocking::wait(reader.read_suffix(suffix))? == expected);

        let mut reader = open(&stored, options)?;
        for (number, (bytes, place)) in steps.into_iter().enumerate() {
            let position = place.index(plaintext.len() + 1) as u64;
            let sought = match number % 3 {
                0 => reader.seek(SeekFrom::Start(position))?,
                1 => {
                    let back = i64::try_from(length - position).expect("short");
                    reader.seek(SeekFrom::End(-back))?
                }
                _ => {
                    let now = reader.stream_position()?;
                    let way = position.checked_signed_diff(now).expect("short");
                    reader.seek(SeekFrom::Current(way))?
                }
            };
            prop_assert_eq!(sought, position);
            let mut found = Vec::new();
            reader.by_ref().take(bytes as u64).read_to_end(&mut found)?;
            prop_assert!(found == slice(&plaintext, &(position..position + bytes as u64)));
        }
    }
}

#[test]
fn close_ranges_are_fetched_at_once() -> Result<()> {
    let sample = sample()?;
    let stored = Stored::new(sample.message.clone());
    let read = |gap: u64, ranges: &[Range<u64>]| {
        let reader = open(&stored, exact(&sample.message).with_merge_gap(gap))?;
        let found = reader.read_ranges(ranges)?;
        let expected: Vec<_> = ranges.iter().map(|range| slice(&sample.plaintext, range)).collect();
        assert!(found == expected, "{ranges:?}");
        Ok::<_, Error>(stored.fetched())
    };
    // Within a frame, over a border, the same twice, in any order.
    assert_eq!(read(0, &[110..120])?, [sample.frames(1..2)]);
    assert_eq!(read(0, &[199..201])?, [sample.frames(1..3)]);
    assert_eq!(read(0, &[250..260, 210..220, 250..260])?, [sample.frames(2..3)]);
    // Neighbours join; a frame between them is fetched if that is cheaper.
    assert_eq!(read(0, &[300..310, 150..160, 250..260])?, [sample.frames(1..4)]);
    assert_eq!(read(131, &[110..120, 310..320])?, [sample.frames(1..2), sample.frames(3..4)]);
    assert_eq!(read(132, &[110..120, 310..320])?, [sample.frames(1..4)]);
    // The end joins, too.
    assert_eq!(read(0, &[900..2000, 0..1])?, [sample.frames(0..1), sample.to_the_end(9)]);
    assert_eq!(read(u64::MAX, &[900..2000, 0..1])?, [sample.to_the_end(0)]);
    assert_eq!(read(0, &[])?, []);
    Ok(())
}

#[test]
fn the_end_is_fetched_once() -> Result<()> {
    let sample = sample()?;
    let stored = Stored::new(sample.message.clone());
    let mut reader = open(&stored, exact(&sample.message))?;
    assert_eq!(reader.estimated_length(), Some(1000));
    assert_eq!(stored.fetched(), []);
    assert_eq!((reader.length()?, reader.length()?), (1000, 1000));
    assert_eq!(stored.fetched(), [sample.to_the_end(10)]);
    // It is empty, so that nothing is in it to be read.
    assert_eq!(reader.read_suffix(10)?, sample.plaintext[990..]);
    assert_eq!(reader.read_range(1000..1001)?, b"");
    assert_eq!(reader.seek(SeekFrom::End(0))?, 1000);
    assert_eq!(reader.read(&mut [0; 10])?, 0);
    assert_eq!(stored.fetched(), [sample.frames(9..10)]);
    // A suffix proves the end by itself, in the same fetch.
    let reader = open(&stored, exact(&sample.message))?;
    assert_eq!(reader.read_suffix(10)?, sample.plaintext[990..]);
    assert_eq!(reader.length()?, 1000);
    assert_eq!(stored.fetched(), [sample.to_the_end(9)]);
    Ok(())
}

/// Where signatures differ in length, the final frame has to be found first.
#[test]
fn the_end_of_a_signed_message_is_found() -> Result<()> {
    for frame_length in [1, 7, 100, 5000] {
        for length in [0_usize, 1, 99, 100, 101, 250] {
            let plaintext = data::plaintext(length, 2);
            let message = seal(SIGNED, frame_length, &plaintext)?;
            let stored = Stored::new(message.clone());
            let reader = open(&stored, exact(&message))?;
            assert_eq!(reader.estimated_length(), Some(length as u64));
            assert_eq!(reader.read_suffix(150)?, plaintext[length.saturating_sub(150)..]);
            assert_eq!(reader.length()?, length as u64);
            assert_eq!(reader.read_range(0..u64::MAX)?, plaintext);
        }
    }
    Ok(())
}

#[test]
fn one_fetch_is_enough_for_a_short_message() -> Result<()> {
    let sample = sample()?;
    let stored = Stored::new(sample.message.clone());
    let mut reader = RangeReader::open(&decryptor(), stored.clone(), &nothing())?;
    assert_eq!(reader.length()?, 1000);
    assert_eq!(reader.read_range(0..2000)?, sample.plaintext);
    let mut read = Vec::new();
    reader.read_to_end(&mut read)?;
    assert_eq!(read, sample.plaintext);
    assert_eq!(stored.fetched(), [0..65_536]);
    assert_eq!(stored.pinned(), [None]);
    Ok(())
}

/// What came along with the header is not fetched again, unless a frame is not complete.
#[test]
fn the_beginning_is_used() -> Result<()> {
    let sample = sample()?;
    let stored = Stored::new(sample.message.clone());
    let first = header_length(&sample.message) + 300;
    let reader = open(&stored, exact(&sample.message).with_first_fetch(first))?;
    assert_eq!(reader.read_range(10..190)?, sample.plaintext[10..190]);
    assert_eq!(stored.fetched(), []);
    assert_eq!(reader.read_range(10..390)?, sample.plaintext[10..390]);
    assert_eq!(stored.fetched(), [sample.frames(2..4)]);
    Ok(())
}

#[test]
fn a_header_may_be_longer_than_the_first_fetch() -> Result<()> {
    let context = EncryptionContext::from([("long", "x".repeat(50_000))]);
    let encryptor = Encryptor::builder(provider()).suite(UNSIGNED).build()?;
    let message = blocking::wait(encryptor.encrypt(b"text", &context))?;
    for first in [1, 1000, 49_000, 60_000] {
        let stored = Stored::new(message.clone());
        let options = RangeOptions::default().with_first_fetch(first);
        let open = || RangeReader::open_with(&decryptor(), &stored, &context, options.clone());
        assert_eq!(open()?.read_suffix(9)?, b"text");
        let fetched = stored.fetched();
        assert!(fetched.len() < 11, "{fetched:?}");
        // No byte twice.
        assert!(fetched.windows(2).all(|pair| pair[0].end == pair[1].start), "{fetched:?}");
        let pinned = stored.pinned();
        assert!(pinned[0].is_none() && pinned[1..].iter().all(Option::is_some), "{pinned:?}");
        let limits = Limits::default().with_max_header(50_000);
        let limited = builder().limits(limits).build()?;
        let refused = RangeReader::open_with(&limited, &stored, &context, options.clone());
        assert!(matches!(refused, Err(Error::Limit { kind: LimitKind::Header, .. })));
        let fetched = stored.fetched();
        assert!(fetched.iter().all(|range| range.start < 50_000), "{fetched:?}");
    }
    Ok(())
}

/// Nobody fetches a gigabyte at once, or takes memory for what is only claimed.
#[test]
fn long_ranges_are_fetched_in_pieces() -> Result<()> {
    let plaintext = data::plaintext(20 << 20, 5);
    let message = seal(UNSIGNED, 64 << 10, &plaintext)?;
    let stored = Stored::new(message.clone());
    let reader = open(&stored, RangeOptions::default())?;
    assert!(reader.read_range(1000..u64::MAX)? == plaintext[1000..]);
    let fetched = stored.fetched();
    assert!(fetched.iter().all(|range| range.end - range.start <= 8 << 20), "{fetched:?}");
    assert!(fetched.len() == 3, "{fetched:?}");

    let vast = Stored::new(message);
    vast.claim_length(u64::MAX);
    let reader = open(&vast, RangeOptions::default().with_first_fetch(1000));
    // It says that it has more than it gives.
    assert!(matches!(reader, Ok(_) | Err(Error::Io(_))), "{reader:?}");
    for (start, length) in [(0, u64::MAX), (1 << 40, 1 << 50), (0, 10)] {
        if let Ok(reader) = &reader {
            let found = reader.read_range(start..start + length);
            let is_fine = match &found {
                Ok(found) => length == 10 && *found == plaintext[..10],
                Err(error) => is_refusal(error) || matches!(error, Error::Io(_)),
            };
            assert!(is_fine, "{start} {length}");
        }
    }
    Ok(())
}

/// Others end a message with a full final frame, or write a body without frames.
#[test]
fn messages_of_others() -> Result<(), Box<dyn std::error::Error>> {
    let manifest = Manifest::official()?;
    let mut count = 0;
    for vector in &manifest.tests {
        let is_meant = ["final-frame-full-", "nonframed-0", "nonframed-empty-"];
        if !is_meant.iter().any(|meant| vector.id().starts_with(meant)) {
            continue;
        }
        count += 1;
        let decryptor = manifest.decryptor(vector, None, Faults::Refused)?.to_builder();
        let decryptor = decryptor.danger_ignore_signature_in_ranges().build()?;
        let plaintext = manifest.plaintext(vector)?;
        let length = plaintext.len() as u64;
        let message = manifest.message(vector)?;
        let options = exact(&message);
        let stored = Stored::new(message);
        let mut reader = RangeReader::open_with(&decryptor, &stored, &nothing(), options)?;
        for start in 0..=length {
            for end in [start, start + 1, length, length + 1] {
                let range = start..end.max(start);
                assert_eq!(reader.read_range(range.clone())?, slice(&plaintext, &range));
            }
        }
        let mut read = Vec::new();
        reader.read_to_end(&mut read)?;
        assert_eq!((read, reader.length()?), (plaintext, length), "{}", vector.id());
    }
    assert_eq!(count, 9);
    Ok(())
}

#[test]
fn an_empty_plaintext() -> Result<()> {
    for suite in [UNSIGNED, SIGNED] {
        let message = seal(suite, 100, b"")?;
        let stored = Stored::new(message.clone());
        let mut reader = open(&stored, exact(&message))?;
        assert_eq!(reader.read_range(0..10)?, b"");
        assert_eq!(reader.read_suffix(10)?, b"");
        assert_eq!((reader.length()?, reader.read(&mut [0; 9])?), (0, 0));
        assert!(matches!(reader.read_range(1..2), Err(Error::InvalidInput { .. })));
        assert_eq!(reader.seek(SeekFrom::End(0))?, 0);
    }
    Ok(())
}

#[test]
fn ranges_that_cannot_be() -> Result<()> {
    let sample = sample()?;
    let stored = Stored::new(sample.message.clone());
    let reader = open(&stored, exact(&sample.message))?;
    let backwards = Range { start: 2, end: 1 };
    assert!(matches!(reader.read_range(backwards), Err(Error::InvalidInput { .. })));
    assert_eq!(stored.fetched(), []);
    // Only the end says that there is nothing.
    let behind = reader.read_ranges(&[0..10, 1001..1002]);
    assert!(matches!(behind, Err(Error::InvalidInput { .. })), "{behind:?}");
    assert_eq!(stored.fetched(), [sample.to_the_end(10)]);
    assert_eq!(reader.read_ranges(&[1000..1002, 5..5, 999..1001])?[2], sample.plaintext[999..]);
    Ok(())
}

#[test]
fn seeking() -> Result<()> {
    let sample = sample()?;
    let mut reader = open(&Stored::new(sample.message.clone()), exact(&sample.message))?;
    let mut byte = [0];
    assert_eq!(reader.seek(SeekFrom::Start(500))?, 500);
    reader.read_exact(&mut byte)?;
    assert_eq!((byte[0], reader.stream_position()?), (sample.plaintext[500], 501));
    assert_eq!(reader.seek(SeekFrom::Current(-501))?, 0);
    assert!(reader.seek(SeekFrom::Current(-1)).is_err());
    assert!(reader.seek(SeekFrom::End(-1001)).is_err());
    assert_eq!(reader.stream_position()?, 0);
    reader.read_exact(&mut byte)?;
    assert_eq!(byte[0], sample.plaintext[0]);
    for beyond in [SeekFrom::Start(5000), SeekFrom::End(1), SeekFrom::Start(u64::MAX)] {
        reader.seek(beyond)?;
        assert_eq!(reader.read(&mut byte)?, 0);
    }
    assert!(reader.seek(SeekFrom::Current(1)).is_err());
    assert_eq!(reader.seek(SeekFrom::End(-1))?, 999);
    assert_eq!((reader.read(&mut [0; 9])?, reader.read(&mut [0; 9])?), (1, 0));
    Ok(())
}

/// Who reads on gets more at once; who looks here and there does not.
#[test]
fn reading_ahead() -> Result<()> {
    let plaintext = data::plaintext(8 << 20, 6);
    let message = seal(UNSIGNED, 4096, &plaintext)?;
    let stored = Stored::new(message.clone());
    let mut reader = open(&stored, exact(&message))?;
    let mut read = Vec::new();
    let mut piece = [0; 1000];
    loop {
        match reader.read(&mut piece)? {
            0 => break,
            length => read.extend_from_slice(&piece[..length]),
        }
    }
    assert!(read == plaintext);
    let fetched = stored.fetched();
    assert!(fetched.len() <= 14, "{} fetches", fetched.len());
    assert!(fetched.windows(2).all(|pair| pair[0].end == pair[1].start), "{fetched:?}");
    let longest = fetched.iter().map(|range| range.end - range.start).max();
    assert!(longest.is_some_and(|longest| (1 << 20..9 << 17).contains(&longest)), "{longest:?}");

    for position in [5 << 20, 3 << 20, 1 << 20] {
        reader.seek(SeekFrom::Start(position))?;
        reader.read_exact(&mut piece)?;
        reader.seek(SeekFrom::Current(-500))?;
        reader.read_exact(&mut piece)?;
    }
    let fetched = stored.fetched();
    assert_eq!(fetched.len(), 3);
    assert!(fetched.iter().all(|range| range.end - range.start < 70_000), "{fetched:?}");
    Ok(())
}
