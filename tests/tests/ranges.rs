//! Ranges of messages: what comes out, what is fetched for it, and what proves the end.
#![expect(clippy::single_range_in_vec_init, reason = "these are lists of ranges")]

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, LazyLock},
};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, DecryptorBuilder, EncryptionContext, Encryptor,
    Error, LimitKind, Limits, MessagePart, PolicyViolation, RangeStep, Result, SecretBytes,
    UnverifiedHeader, aio, blocking,
    provider::{KeyProvider, RawAesProvider},
    ranges::{RangeHeader, RangeOptions, RangeReader},
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    stored::Stored,
    vectors::{Manifest, is_refusal, writing_policy},
};
use proptest::prelude::*;

const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

static PROVIDER: LazyLock<Arc<dyn KeyProvider>> = LazyLock::new(|| {
    let key = SecretBytes::from(vec![9; 32]);
    Arc::new(RawAesProvider::new("ranges", "key", &key).expect("a good key"))
});

fn seal(suite: AlgorithmSuite, frame_length: u32, plaintext: &[u8]) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(PROVIDER.clone())
        .commitment_policy(writing_policy(suite))
        .suite(suite)
        .frame_length(frame_length)
        .build()?;
    blocking::wait(encryptor.encrypt(plaintext, &nothing()))
}

fn builder() -> DecryptorBuilder {
    Decryptor::builder(PROVIDER.clone())
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
}

/// Reads signed messages too.
fn decryptor() -> Decryptor {
    builder().danger_ignore_signature_in_ranges().build().expect("good options")
}

fn nothing() -> EncryptionContext {
    EncryptionContext::new()
}

fn header_length(message: &[u8]) -> usize {
    let (header, _) =
        UnverifiedHeader::parse(message, &Limits::default()).expect("a header of ours");
    header.claims().length()
}

/// Fetches the header, exactly, and nothing else in advance.
fn exact(message: &[u8]) -> RangeOptions {
    RangeOptions::default().with_first_fetch(header_length(message)).with_merge_gap(0)
}

fn open(stored: &Stored, options: RangeOptions) -> Result<RangeReader<Stored>> {
    let reader = RangeReader::open_with(&decryptor(), stored.clone(), &nothing(), options)?;
    let _ = stored.fetched();
    Ok(reader)
}

fn open_async(stored: &Stored, options: RangeOptions) -> Result<aio::RangeReader<Stored>> {
    let (decryptor, nothing) = (decryptor(), nothing());
    let open = aio::RangeReader::open_with(&decryptor, stored.clone(), &nothing, options);
    let reader = blocking::wait(open)?;
    let _ = stored.fetched();
    Ok(reader)
}

fn slice(plaintext: &[u8], range: &Range<u64>) -> Vec<u8> {
    let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX).min(plaintext.len());
    plaintext[index(range.start)..index(range.end)].to_vec()
}

/// A message whose frames can be told by their places.
struct Sample {
    plaintext: Vec<u8>,
    message: Vec<u8>,
    header: u64,
    frame: u64,
}

/// 1000 bytes in ten full frames and an empty final one.
fn sample() -> Result<Sample> {
    let plaintext = data::plaintext(1000, 1);
    let message = seal(UNSIGNED, 100, &plaintext)?;
    let header = header_length(&message) as u64;
    Ok(Sample { plaintext, message, header, frame: 132 })
}

impl Sample {
    /// Where some frames are stored.
    fn frames(&self, frames: Range<u64>) -> Range<u64> {
        self.header + frames.start * self.frame..self.header + frames.end * self.frame
    }

    /// Where a frame is stored, and all behind it.
    fn to_the_end(&self, first: u64) -> Range<u64> {
        self.header + first * self.frame..self.message.len() as u64
    }
}

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
    let encryptor = Encryptor::builder(PROVIDER.clone()).suite(UNSIGNED).build()?;
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

/// Cuts at every border of a frame, and puts everything behind it that an attacker might.
#[test]
fn a_message_that_was_cut_has_no_early_end() -> Result<()> {
    let plaintext = data::plaintext(16 * 6 + 5, 7);
    for suite in [UNSIGNED, SIGNED] {
        let message = seal(suite, 16, &plaintext)?;
        let header = header_length(&message);
        let final_frame = header + 6 * 48;
        let end = &message[final_frame..];
        let length = Some(plaintext.len() as u64);
        let signature = message.len() - if suite.is_signing() { 103 } else { 0 };
        let junk = data::plaintext(250, 8);
        let mut tails: Vec<Vec<u8>> = (0..=junk.len()).map(|n| junk[..n].to_vec()).collect();
        // What is genuine elsewhere.
        tails.extend((0..=6).map(|n| message[header + n * 48..].to_vec()));
        tails.extend((0..6).map(|n| message[header + n * 48..][..48].to_vec()));
        tails.extend((0..6).map(|n| [&message[header + n * 48..][..48], end].concat()));
        tails.push([end, end].concat());
        for kept in 0..=7 {
            let kept = (header + kept * 48).min(message.len());
            for tail in &tails {
                let forged = [&message[..kept], &tail[..]].concat();
                // The signature itself is not looked at.
                let agree = |place: usize| {
                    forged.len() == message.len()
                        && forged[place..signature] == message[place..signature]
                };
                if agree(0) {
                    continue;
                }
                check_forged(&forged, &plaintext, if agree(final_frame) { length } else { None })?;
            }
        }
    }
    Ok(())
}

/// Whatever asks for the end gets an error, unless the end is the genuine one; what does not depend
/// on it is genuine, or an error.
fn check_forged(forged: &[u8], genuine: &[u8], length: Option<u64>) -> Result<()> {
    let stored = Stored::new(forged);
    let mut reader = open(&stored, RangeOptions::default())?;
    let estimate = reader.estimated_length().unwrap_or(1000);
    check_refused(reader.read_range(0..u64::MAX));
    let mut read = Vec::new();
    check_refused(reader.read_to_end(&mut read).map_err(Error::from));
    assert!(genuine.starts_with(&read));
    for start in (0..estimate).step_by(16) {
        match reader.read_range(start..start + 16) {
            Ok(found) => assert_eq!(found, slice(genuine, &(start..start + 16))),
            Err(error) => assert!(is_refusal(&error), "{error:?}"),
        }
    }
    let other = open_async(&stored, RangeOptions::default())?;
    check_refused(blocking::wait(other.read_range(0..u64::MAX)));
    if let Some(length) = length {
        assert_eq!((reader.length()?, blocking::wait(other.length())?), (length, length));
        return Ok(());
    }
    check_refused(blocking::wait(other.length()));
    check_refused(reader.length());
    check_refused(reader.read_suffix(1));
    check_refused(reader.read_suffix(0));
    check_refused(reader.read_range(0..0));
    check_refused(reader.read_range(estimate..estimate + 1));
    check_refused(reader.read_range(estimate + 1..estimate + 2));
    check_refused(reader.read_range(100_000..100_001));
    check_refused(reader.seek(SeekFrom::End(0)).map_err(Error::from));
    reader.seek(SeekFrom::Start(estimate + 100))?;
    check_refused(reader.read(&mut [0; 1]).map_err(Error::from));
    check_refused(reader.length());
    Ok(())
}

fn check_refused<T: std::fmt::Debug>(found: Result<T>) {
    let error = found.expect_err("an end that was not verified");
    assert!(is_refusal(&error), "{error:?}");
}

/// Frames before the damage can be read, and the error is that of whoever reads all of it.
#[test]
fn damage_is_told_as_for_a_whole_message() -> Result<()> {
    let sample = sample()?;
    let place = |offset: u64| usize::try_from(offset).expect("short");
    let changed = |offset: u64| {
        let mut message = sample.message.clone();
        message[place(offset)] ^= 1;
        message
    };
    let frame = sample.frames(4..5).start;
    let last = sample.to_the_end(10).start;
    let cut = sample.message.len() - 1;
    let messages = [
        changed(frame),
        changed(frame + 5),
        changed(frame + 20),
        changed(frame + 131),
        changed(last),
        changed(last + 4),
        changed(last + 9),
        changed(last + 23),
        changed(last + 30),
        sample.message[..cut].to_vec(),
        [&sample.message[..], b"more"].concat(),
    ];
    for message in messages {
        let whole = blocking::wait(decryptor().decrypt(&message, &nothing()));
        let whole = whole.expect_err("it is damaged").to_string();
        let reader = open(&Stored::new(message), RangeOptions::default())?;
        let error = reader.read_range(300..u64::MAX).expect_err("it is damaged");
        assert_eq!(error.to_string(), whole);
        assert_eq!(reader.read_range(10..390)?, sample.plaintext[10..390]);
    }
    let reader = open(&Stored::new(changed(frame + 20)), RangeOptions::default())?;
    let error = reader.read_range(410..411).expect_err("it is damaged");
    assert!(matches!(error, Error::Authentication { part: MessagePart::Frame(5), .. }));
    // The end is not damaged.
    assert_eq!(reader.read_range(500..2000)?, sample.plaintext[500..]);
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
        let decryptor = manifest.decryptor(vector)?.to_builder();
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

#[test]
fn signed_messages_are_refused_unless_asked_for() -> Result<()> {
    let message = seal(SIGNED, 100, &[7; 250])?;
    for builder in [
        builder(),
        builder().release_before_signature(),
        builder().hold_until_end(),
        builder().danger_ignore_signature_in_ranges().unsigned_only(),
    ] {
        let refused = RangeReader::open(&builder.build()?, &message, &nothing());
        let Err(Error::Policy(violation)) = refused else { panic!("{refused:?}") };
        let is_right = match violation {
            PolicyViolation::SignedRange { suite, .. } => {
                assert!(violation.to_string().contains("danger_ignore_signature_in_ranges"));
                suite == SIGNED
            }
            PolicyViolation::SignedMessage { suite, .. } => suite == SIGNED,
            _ => false,
        };
        assert!(is_right, "{violation}");
    }
    let held = builder().danger_ignore_signature_in_ranges().hold_until_end();
    let held = held.limits(Limits::default().with_max_held_plaintext(0)).build()?;
    let reader = RangeReader::open(&held, &message, &nothing())?;
    assert_eq!(reader.read_range(0..1000)?, [7; 250]);
    Ok(())
}

/// Nothing is asked of a key provider for a message that will be refused.
#[test]
fn a_header_can_be_looked_at_first() -> Result<()> {
    let message = seal(UNSIGNED, 100, b"text")?;
    let decryptor = decryptor();
    let header = RangeHeader::read(&decryptor, &message, RangeOptions::default())?;
    assert_eq!(header.header().claims().suite(), UNSIGNED);
    let other = EncryptionContext::from([("a", "b")]);
    let refused = blocking::wait(header.open(&decryptor, &other));
    assert!(matches!(refused, Err(Error::Policy(PolicyViolation::ContextMissing { .. }))));
    let header = RangeHeader::read(&decryptor, &message, RangeOptions::default())?;
    let reader = blocking::wait(header.open(&decryptor, &nothing()))?;
    assert_eq!(reader.header().suite(), UNSIGNED);
    assert_eq!(reader.context(), &nothing());
    Ok(())
}

#[test]
fn limits_hold() -> Result<()> {
    let read = |message: &[u8], limits: Limits| {
        let decryptor = builder().danger_ignore_signature_in_ranges().limits(limits).build()?;
        RangeReader::open(&decryptor, message, &nothing())?.read_range(0..u64::MAX)
    };
    let limits = Limits::default;
    for (suite, frame_length, length) in [
        (UNSIGNED, 1000, 5000),
        (UNSIGNED, 1000, 1000),
        (UNSIGNED, u32::MAX, 1000),
        (SIGNED, 1000, 5000),
        (SIGNED, u32::MAX, 1000),
    ] {
        let message = seal(suite, frame_length, &vec![7; length])?;
        let refused = read(&message, limits().with_max_buffered(999));
        assert!(
            matches!(refused, Err(Error::Limit { kind: LimitKind::Buffered, limit: 999, .. })),
            "{suite} {frame_length} {length}: {refused:?}"
        );
        assert_eq!(read(&message, limits().with_max_buffered(1000))?, vec![7; length]);
        let refused = read(&message, limits().with_max_claimed_frame(999));
        assert!(matches!(refused, Err(Error::Limit { kind: LimitKind::ClaimedFrame, .. })));
    }
    Ok(())
}

/// For callers with sources of their own.
#[test]
fn the_engine_wants_what_it_asked_for() -> Result<()> {
    let sample = sample()?;
    let open = || {
        let (header, _) = UnverifiedHeader::parse(&sample.message, &Limits::default())?;
        let length = sample.message.len() as u64;
        blocking::wait(decryptor().open_ranges(header, &nothing(), length))
    };
    let mut read = open()?.read(&[100..200])?;
    assert!(matches!(read.push(&[0; 132]), Err(Error::Misuse { .. })));
    assert!(matches!(read.next_step(), Err(Error::Misuse { .. })));
    let mut read = open()?.read(&[100..200])?;
    assert!(matches!(read.open_held(), Err(Error::Misuse { .. })));

    let mut read = open()?.read(&[100..200])?;
    assert_eq!(read.next_step()?, RangeStep::Fetch(sample.frames(1..2)));
    assert_eq!((read.next_step()?, read.next_step()?), (RangeStep::Push, RangeStep::Push));
    assert!(matches!(read.finish(), Err(Error::Misuse { .. })));

    for (length, is_short) in [(131, true), (133, false)] {
        let mut read = open()?.read(&[100..200])?;
        read.next_step()?;
        match read.push(&vec![0; length]) {
            Err(Error::Truncated { offset, .. }) if is_short => {
                assert_eq!(offset, sample.frames(1..2).end - 1);
            }
            Err(Error::Misuse { .. }) if !is_short => {}
            other => panic!("{other:?}"),
        }
        assert!(matches!(read.finish(), Err(Error::Misuse { .. })));
    }

    let (header, _) = UnverifiedHeader::parse(&sample.message, &Limits::default())?;
    let refused = blocking::wait(decryptor().open_ranges(header, &nothing(), sample.header - 1));
    assert!(matches!(refused, Err(Error::Truncated { .. })));
    Ok(())
}

/// What was asked for is taken in that order, and no other.
#[test]
fn the_engine_asks_for_several_fetches() -> Result<()> {
    let sample = sample()?;
    let place = |offset: u64| usize::try_from(offset).expect("short");
    let bytes = |range: &Range<u64>| &sample.message[place(range.start)..place(range.end)];
    let open = || {
        let (header, body) = UnverifiedHeader::parse(&sample.message, &Limits::default())?;
        let length = sample.message.len() as u64;
        let opener = blocking::wait(decryptor().open_ranges(header, &nothing(), length))?;
        Ok::<_, Error>(opener.with_beginning(body[..300].to_vec()))
    };
    let ranges = [700..710, 0..10, 990..2000, 300..310];
    let asked = [sample.frames(3..4), sample.frames(7..8), sample.to_the_end(9)];

    let mut read = open()?.read(&ranges)?;
    // What is held is opened before anything is asked for.
    assert_eq!(read.next_step()?, RangeStep::OpenHeld(132));
    assert_eq!(read.next_step()?, RangeStep::OpenHeld(132));
    read.open_held()?;
    for range in &asked {
        assert_eq!(read.next_step()?, RangeStep::Fetch(range.clone()));
    }
    for range in &asked {
        assert_eq!(read.next_step()?, RangeStep::Push);
        read.push(bytes(range))?;
    }
    assert_eq!((read.next_step()?, read.next_step()?), (RangeStep::Finish, RangeStep::Finish));
    let expected: Vec<_> = ranges.iter().map(|range| slice(&sample.plaintext, range)).collect();
    assert_eq!(read.finish()?, expected);

    let mut read = open()?.read(&ranges)?;
    read.open_held().expect_err("it was not said that there is anything");
    let mut read = open()?.read(&ranges)?;
    read.next_step()?;
    read.open_held()?;
    read.next_step()?;
    read.next_step()?;
    assert!(matches!(read.push(bytes(&asked[1])), Err(Error::Malformed { .. })));
    assert!(matches!(read.push(bytes(&asked[0])), Err(Error::Misuse { .. })));

    // There is no other step before the end is proved, if all depends on that.
    let mut read = open()?.read(&[0..10, 1001..1002])?;
    assert_eq!(read.next_step()?, RangeStep::Fetch(sample.to_the_end(10)));
    assert_eq!(read.next_step()?, RangeStep::Push);
    let past = read.push(bytes(&sample.to_the_end(10)));
    assert!(matches!(past, Err(Error::InvalidInput { .. })), "{past:?}");
    Ok(())
}
