//! Ranges of messages that were cut, forged or damaged, and what a reader refuses.

use std::io::{Read, Seek, SeekFrom};

use crypto_envelope::{
    EncryptionContext, Error, LimitKind, Limits, MessagePart, PolicyViolation, Result, blocking,
    ranges::{RangeHeader, RangeOptions, RangeReader},
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    ranges::{
        SIGNED, UNSIGNED, builder, decryptor, header_length, nothing, open, open_async, sample,
        seal, slice,
    },
    stored::Stored,
    vectors::is_refusal,
};

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
