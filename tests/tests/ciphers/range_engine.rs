//! The engine of ranges, for callers with sources of their own.
#![expect(clippy::single_range_in_vec_init, reason = "these are lists of ranges")]

use std::ops::Range;

use crypto_envelope::{Error, LimitKind, Limits, RangeStep, Result, UnverifiedHeader, blocking};
use crypto_envelope_tests::ranges::{SIGNED, UNSIGNED, decryptor, nothing, sample, seal, slice};

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

/// By this a caller decides where work is done.
#[test]
fn the_engine_says_how_much_work_there_is() -> Result<()> {
    let sample = sample()?;
    let (header, body) = UnverifiedHeader::parse(&sample.message, &Limits::default())?;
    let length = sample.message.len() as u64;
    let opener = blocking::wait(decryptor().open_ranges(header, &nothing(), length))?;
    for (ranges, copied) in [(vec![0..400, 500..900], 0), (vec![0..400, 300..900, 950..960], 1000)]
    {
        let mut read = opener.read(&ranges)?;
        assert_eq!((read.push_work(), read.finish_work()), (0, 0));
        while let RangeStep::Fetch(range) = read.next_step()? {
            let place = |offset: u64| usize::try_from(offset - sample.header).expect("short");
            assert_eq!(read.push_work() as u64, range.end - range.start);
            read.push(&body[place(range.start)..place(range.end)])?;
        }
        assert_eq!(read.finish_work(), copied);
    }
    Ok(())
}

/// Whoever stores the message says how long it is, and it may say that its frames are long: nobody
/// fetches gigabytes to find out that a frame may not be that long.
#[test]
fn what_may_not_be_buffered_is_not_fetched() -> Result<()> {
    for suite in [UNSIGNED, SIGNED] {
        let message = seal(suite, u32::MAX, b"short")?;
        for claimed in [1 << 30, 3 << 30] {
            for suffix in [0, 1] {
                let (header, _) = UnverifiedHeader::parse(&message, &Limits::default())?;
                let opener = blocking::wait(decryptor().open_ranges(header, &nothing(), claimed))?;
                let refused = opener.read_suffix(suffix).next_step();
                let limited =
                    matches!(&refused, Err(Error::Limit { kind: LimitKind::Buffered, .. }));
                assert!(limited, "{suite} {claimed}: {refused:?}");
            }
        }
    }
    Ok(())
}
