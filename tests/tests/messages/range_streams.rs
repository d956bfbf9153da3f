//! Ranges as streams, and readers that share a message.
#![expect(clippy::single_range_in_vec_init, reason = "these are lists of ranges")]

use std::ops::Range;

use crypto_envelope::{
    EncryptionContext, Error, PolicyViolation, Result,
    aio::{RangeHeader, RangeReader},
    blocking,
    ranges::RangeOptions,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    items::next,
    ranges::{SIGNED, UNSIGNED, decryptor, nothing, seal},
    stored::{Answer, Stored},
};
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

fn open(stored: &Stored, read_ahead: usize) -> Result<RangeReader<Stored>> {
    let options = RangeOptions::default().with_first_fetch(1).with_read_ahead(read_ahead);
    let (decryptor, nothing) = (decryptor(), nothing());
    blocking::wait(RangeReader::open_with(&decryptor, stored.clone(), &nothing, options))
}

/// All pieces, and how it ended. After that there is nothing.
fn collect(reader: &RangeReader<Stored>, range: Range<u64>) -> (Vec<Vec<u8>>, Result<()>) {
    blocking::wait(async {
        let mut stream = reader.stream(range);
        let mut pieces = Vec::new();
        let end = loop {
            match next(&mut stream).await {
                None => break Ok(()),
                Some(Err(error)) => break Err(error),
                Some(Ok(piece)) => pieces.push(piece.to_vec()),
            }
        };
        assert!(next(&mut stream).await.is_none());
        Ok((pieces, end))
    })
    .expect("no runtime is in the way")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_gives_what_a_read_gives(
        length in 0_usize..3000,
        suite in prop::sample::select(vec![UNSIGNED, SIGNED]),
        frame_length in 1_u32..500,
        start in 0_u64..3500,
        range_length in prop_oneof![0_u64..4000, Just(u64::MAX)],
        read_ahead in 0_usize..2000,
    ) {
        let stored = Stored::new(seal(suite, frame_length, &data::plaintext(length, 1))?);
        let reader = open(&stored, read_ahead)?;
        let range = start..start.saturating_add(range_length);
        let (pieces, end) = collect(&reader, range.clone());
        let streamed = end.map(|()| pieces.concat());
        let read = blocking::wait(reader.read_range(range));
        let text = |found: Result<Vec<u8>>| found.map_err(|error| error.to_string());
        prop_assert!(text(streamed) == text(read));
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
    }
}

/// A message that was cut has no early end.
#[test]
fn the_end_is_proved() -> Result<()> {
    let plaintext = data::plaintext(1000, 2);
    let mut message = seal(UNSIGNED, 100, &plaintext)?;
    message.truncate(message.len() - 140);
    message.extend(data::plaintext(100, 9));
    let reader = open(&Stored::new(message), 1)?;
    let (pieces, end) = collect(&reader, 0..u64::MAX);
    assert!(plaintext.starts_with(&pieces.concat()) && end.is_err());
    let (pieces, end) = collect(&reader, 150..850);
    assert!(pieces.concat() == plaintext[150..850] && end.is_ok());
    assert!(collect(&reader, 5..5).1.is_err());
    Ok(())
}

#[test]
fn a_stream_ends_with_its_first_error() -> Result<()> {
    let plaintext = data::plaintext(1000, 3);
    let stored = Stored::new(seal(UNSIGNED, 100, &plaintext)?);
    let reader = open(&stored, 1)?;
    let mut stream = reader.stream(50..u64::MAX);
    blocking::wait(async {
        let first = next(&mut stream).await.expect("there is more")?;
        assert_eq!(first, plaintext[50..100]);
        stored.answer(Answer::Error);
        assert!(matches!(next(&mut stream).await, Some(Err(Error::Io(_)))));
        stored.answer(Answer::Right);
        assert!(next(&mut stream).await.is_none());
        Ok(())
    })?;
    let (_, end) = collect(&reader, 1001..2000);
    assert!(matches!(end, Err(Error::InvalidInput { .. })));
    let (_, end) = collect(&reader, Range { start: 2, end: 1 });
    assert!(matches!(end, Err(Error::InvalidInput { .. })));
    Ok(())
}

/// No frame twice, none that is not needed, and more at once as it goes on.
#[test]
fn a_stream_reads_ahead() -> Result<()> {
    let plaintext = data::plaintext(4 << 20, 4);
    let stored = Stored::new(seal(UNSIGNED, 4096, &plaintext)?);
    let reader = open(&stored, 1 << 20)?;
    let _ = stored.fetched();
    let (pieces, end) = collect(&reader, 5000..3 << 20);
    assert!(end.is_ok() && pieces.concat() == plaintext[5000..3 << 20]);
    let fetched = stored.fetched();
    assert!(fetched.windows(2).all(|pair| pair[0].end == pair[1].start), "{fetched:?}");
    assert!((4..9).contains(&fetched.len()), "{fetched:?}");
    let stored_length: u64 = fetched.iter().map(|range| range.end - range.start).sum();
    assert_eq!(stored_length, ((3 << 20) / 4096 - 1) * (4096 + 32));
    Ok(())
}

#[test]
fn clones_share_the_message_and_nothing_else() -> Result<()> {
    let plaintext = data::plaintext(1000, 5);
    let stored = Stored::new(seal(UNSIGNED, 100, &plaintext)?);
    let mut reader = open(&stored, 1)?;
    blocking::wait(async {
        let mut ten = [0; 10];
        reader.read_exact(&mut ten).await?;
        let mut other = reader.clone();
        other.read_exact(&mut ten).await?;
        assert_eq!(ten, plaintext[..10]);
        reader.read_exact(&mut ten).await?;
        assert_eq!(ten, plaintext[10..20]);
        let _ = stored.fetched();
        assert_eq!((other.length().await?, reader.length().await?), (1000, 1000));
        assert_eq!(stored.fetched().len(), 1);
        Ok(())
    })
}

/// Nothing is asked of a key provider for a message that will be refused.
#[test]
fn a_header_can_be_looked_at_first() -> Result<()> {
    let stored = Stored::new(seal(UNSIGNED, 100, b"text")?);
    let decryptor = decryptor();
    blocking::wait(async {
        let read = || RangeHeader::read(&decryptor, stored.clone(), RangeOptions::default());
        let header = read().await?;
        assert_eq!(header.header().claims().suite(), UNSIGNED);
        let refused = header.open(&decryptor, &EncryptionContext::from([("a", "b")])).await;
        assert!(matches!(refused, Err(Error::Policy(PolicyViolation::ContextMissing { .. }))));
        let reader = read().await?.open(&decryptor, &nothing()).await?;
        assert_eq!(reader.read_ranges(&[0..4]).await?, [b"text"]);
        Ok(())
    })
}
