//! What can be said of a message without a key, and what not.

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext, Encryptor, Error, HeaderParser, Limits, MessagePart,
    Outline, Outliner, Result, SecretBytes, UnverifiedHeader, blocking, io,
    provider::RawAesProvider,
};
use crypto_envelope_tests::vectors::{is_refusal, writing_policy};

fn message(suite: AlgorithmSuite, length: usize) -> Result<Vec<u8>> {
    let provider = RawAesProvider::new("outline", "key", &SecretBytes::random(32)?)?;
    let encryptor = Encryptor::builder(provider)
        .commitment_policy(writing_policy(suite))
        .suite(suite)
        .frame_length(100)
        .build()?;
    blocking::wait(encryptor.encrypt(&vec![7; length], &EncryptionContext::new()))
}

#[test]
fn frames_and_length_are_counted() -> Result<()> {
    for &suite in AlgorithmSuite::ALL {
        for (length, frames) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 3)] {
            let outline = Outline::of(&message(suite, length)?, &Limits::default())?;
            assert_eq!((outline.frames(), outline.plaintext_length()), (frames, length as u64));
            assert_eq!(outline.claims().suite(), suite);
        }
    }
    Ok(())
}

/// In memory, in pieces, from a reader: the same outline.
#[test]
fn outlines_of_streams_are_the_same() -> Result<()> {
    for &suite in AlgorithmSuite::ALL {
        let message = message(suite, 250)?;
        let limits = Limits::default().with_max_buffered(100);
        let outline = Outline::of(&message, &limits)?;
        assert_eq!(outline.message_length(), message.len() as u64);
        for piece in [1, 61, 1000] {
            let (header, body) = UnverifiedHeader::parse(&message, &limits)?;
            let mut outliner = Outliner::new(header, &limits)?;
            body.chunks(piece).try_for_each(|bytes| outliner.push(bytes))?;
            assert_eq!(outliner.finish()?, outline, "{suite} {piece}");
        }
        let (header, body) = io::read_header(HeaderParser::new(limits.clone()), &message[..])?;
        assert_eq!(io::outline(header, body, &limits)?, outline, "{suite}");
    }
    Ok(())
}

#[test]
fn what_is_cut_or_added_to_has_none() -> Result<()> {
    for &suite in AlgorithmSuite::ALL {
        let mut message = message(suite, 250)?;
        for length in 0..message.len() {
            let cut = Outline::of(&message[..length], &Limits::default());
            assert!(cut.as_ref().is_err_and(is_refusal), "{suite} {length}: {cut:?}");
        }
        message.push(0);
        let longer = Outline::of(&message, &Limits::default());
        assert!(matches!(longer, Err(Error::Malformed { .. })), "{suite}: {longer:?}");
    }
    Ok(())
}

/// An error must not be forgotten.
#[test]
fn an_outliner_that_failed_stays_failed() -> Result<()> {
    let limits = Limits::default();
    for &suite in AlgorithmSuite::ALL {
        let good = message(suite, 150)?;
        let mut damaged = good.clone();
        if let Some(last) = damaged.last_mut() {
            *last ^= 1;
        }
        let bad = if suite.is_signing() { damaged } else { [&good[..], &[0]].concat() };
        let (header, body) = UnverifiedHeader::parse(&bad, &limits)?;
        let mut outliner = Outliner::new(header, &limits)?;
        assert!(outliner.push(body).as_ref().is_err_and(is_refusal), "{suite}");
        assert!(matches!(outliner.push(&[]), Err(Error::Misuse { .. })), "{suite}");
        assert!(matches!(outliner.finish(), Err(Error::Misuse { .. })), "{suite}");
    }
    Ok(())
}

/// A signature covers everything before it.
#[test]
fn every_change_of_a_signed_message_is_seen() -> Result<()> {
    for suite in AlgorithmSuite::ALL.iter().copied().filter(|suite| suite.is_signing()) {
        let mut message = message(suite, 150)?;
        let mut signatures = 0;
        for place in 0..message.len() {
            message[place] ^= 1;
            let changed = Outline::of(&message, &Limits::default());
            assert!(changed.as_ref().is_err_and(is_refusal), "{suite} {place}: {changed:?}");
            let part = MessagePart::Signature;
            signatures += usize::from(
                matches!(changed, Err(Error::Authentication { part: p, .. }) if p == part),
            );
            message[place] ^= 1;
        }
        assert!(signatures > 200, "{suite}: {signatures}");
    }
    Ok(())
}
