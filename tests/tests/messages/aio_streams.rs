//! Streams of bytes through the engines, as object stores and HTTP clients have them.

use std::{io::ErrorKind, pin::Pin};

use bytes::{Bytes, BytesMut};
use crypto_envelope::{
    EncryptionContext, Error, Result,
    aio::{self, DecryptStream, EncryptStream},
    blocking,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    items::{Items, next},
    runtime::{OtherTask, is_reset, run},
    sides::{SIGNED, Sides, UNSIGNED, header_length},
};
use futures_core::{FusedStream, Stream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// All items up to the end, or the error in place of it. After either there is nothing more.
async fn collect<S>(stream: &mut S) -> Result<Vec<Bytes>, (Vec<Bytes>, Error)>
where
    S: FusedStream<Item = Result<Bytes>> + Unpin,
{
    let mut items = Vec::new();
    let outcome = loop {
        assert!(!stream.is_terminated());
        match next(stream).await {
            Some(Ok(item)) => items.push(item),
            Some(Err(error)) => break Some(error),
            None => break None,
        }
    };
    assert!(stream.is_terminated());
    assert!(next(stream).await.is_none());
    match outcome {
        None => Ok(items),
        Some(error) => Err((items, error)),
    }
}

/// What others call their streams: boxed, with errors of their own, and items of several types.
#[test]
fn the_streams_of_others_fit() -> Result<()> {
    run(async {
        let sides = Sides::new(UNSIGNED, 10)?;
        let object_store: Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>> =
            Box::pin([Ok(Bytes::from_static(b"object "))].into_iter().collect::<Items<_>>());
        let vectors = Items::from_iter([std::io::Result::Ok(b"vector ".to_vec())]);
        let buffers = Items::from_iter([Ok::<_, Error>(BytesMut::from(&b"buffer "[..]))]);
        let texts = Items::from_iter([Ok::<_, std::fmt::Error>("text ")]);
        let mut messages = [
            collect(&mut EncryptStream::new(sides.sealer().await?, object_store)).await,
            collect(&mut EncryptStream::new(sides.sealer().await?, vectors)).await,
            collect(&mut EncryptStream::new(sides.sealer().await?, buffers)).await,
            collect(&mut EncryptStream::new(sides.sealer().await?, texts)).await,
        ]
        .into_iter();
        for expected in ["object ", "vector ", "buffer ", "text "] {
            let message = messages.next().expect("four").map_err(|(_, error)| error)?.concat();
            let nothing = EncryptionContext::new();
            let opened = sides.decryptor.decrypt(&message, &nothing).await?;
            assert_eq!(opened.plaintext(), expected.as_bytes());
        }
        Ok(())
    })
}

/// Long items and long frames are worked on elsewhere, and come out in the right order.
#[test]
fn items_of_any_length_go_through() -> Result<()> {
    for (suite, frame_length, item) in [
        (UNSIGNED, 4096, 3_000_000),
        (UNSIGNED, 1 << 20, 8192),
        (UNSIGNED, 65_536, 65_536),
        (SIGNED, 500_000, 1 << 20),
    ] {
        run(async {
            let sides = Sides::new(suite, frame_length)?;
            let plaintext = data::plaintext(5 << 20, 1);
            let sealer = sides.sealer().await?;
            let forecast = sealer.message_length(plaintext.len() as u64);
            let mut sealing = EncryptStream::new(sealer, Items::pieces(&plaintext, item));
            assert!(sealing.sealed().is_none());
            let message = collect(&mut sealing).await.map_err(|(_, error)| error)?.concat();
            let sealed = sealing.sealed().expect("it has ended");
            assert_eq!(Some(sealed.message_length()), forecast);
            assert_eq!(sealed.message_length(), message.len() as u64);
            assert_eq!(sealed.plaintext_length(), plaintext.len() as u64);

            let (opener, body) = sides.stream_opener(Items::pieces(&message, item)).await?;
            let mut opening = DecryptStream::new(opener, body);
            let items = collect(&mut opening).await.map_err(|(_, error)| error)?;
            assert!(items.iter().all(|item| !item.is_empty()));
            assert!(items.concat() == plaintext, "{frame_length} {item}");
            let finished = opening.finished().expect("it has ended");
            assert_eq!(finished.plaintext_length(), plaintext.len() as u64);
            Ok(())
        })?;
    }
    Ok(())
}

/// `None` without an error says that nothing is missing, and nothing else does.
#[test]
fn the_end_of_a_stream_is_the_proof() -> Result<()> {
    for suite in [UNSIGNED, SIGNED] {
        run(async {
            let sides = Sides::new(suite, 100)?;
            let plaintext = data::plaintext(250, 2);
            let message = sides.seal(&plaintext).await?;
            let header = header_length(&message)?;
            for length in header..=message.len() {
                let (opener, body) =
                    sides.stream_opener(Items::pieces(&message[..length], 50)).await?;
                let mut stream = DecryptStream::new(opener, body);
                assert!(stream.finished().is_none());
                match collect(&mut stream).await {
                    Ok(items) => {
                        assert_eq!(length, message.len());
                        assert_eq!(items.concat(), plaintext);
                        assert!(stream.finished().is_some());
                    }
                    Err((items, error)) => {
                        assert!(matches!(error, Error::Truncated { .. }), "{length}: {error}");
                        assert!(plaintext.starts_with(&items.concat()));
                        assert!(suite == UNSIGNED || items.is_empty());
                        assert!(stream.finished().is_none());
                    }
                }
            }
            let longer = [&message[..], b"more"].concat();
            let (opener, body) =
                sides.stream_opener(Items::pieces(&longer, longer.len() - 4)).await?;
            let mut stream = DecryptStream::new(opener, body);
            let (items, error) = collect(&mut stream).await.expect_err("more than a message");
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
            assert_eq!(items.concat(), if suite == UNSIGNED { &plaintext[..] } else { &[] });
            assert!(stream.finished().is_none());
            Ok(())
        })?;
    }
    Ok(())
}

/// The header may end anywhere in an item, or with it.
#[test]
fn a_header_is_taken_off() -> Result<()> {
    run(async {
        let sides = Sides::new(UNSIGNED, 100)?;
        let message = sides.seal(b"text").await?;
        let length = header_length(&message)?;
        for first in [1, length - 1, length, length + 1, message.len()] {
            let pieces = [&message[..first], &[], &message[first..]];
            let items = pieces.map(|piece| std::io::Result::Ok(piece.to_vec()));
            let parser = sides.decryptor.header_parser();
            let (_, mut body) = aio::take_header(parser, Items::from_iter(items)).await?;
            let mut rest = Vec::new();
            while let Some(item) = next(&mut body).await {
                rest.extend(item?);
            }
            assert_eq!(rest, message[length..], "{first}");
        }
        for cut in 0..length {
            let parser = sides.decryptor.header_parser();
            let header = aio::take_header(parser, Items::pieces(&message[..cut], 7)).await;
            assert!(matches!(header, Err(Error::Truncated { offset, .. }) if offset == cut as u64));
        }
        Ok(())
    })
}

/// A stream that breaks is not one that ends, and its error stays what it was.
#[test]
fn errors_of_the_source_come_out() -> Result<()> {
    run(async {
        let sides = Sides::new(UNSIGNED, 10)?;
        let message = sides.seal(&[7; 100]).await?;
        let break_after = |bytes: &[u8]| {
            let reset = Err(ErrorKind::ConnectionReset.into());
            [Ok(Bytes::copy_from_slice(bytes)), reset, Ok(Bytes::from_static(b"more"))]
                .into_iter()
                .collect::<Items>()
        };
        let mut sealing = EncryptStream::new(sides.sealer().await?, break_after(&[7; 100]));
        let (items, error) = collect(&mut sealing).await.expect_err("the source breaks");
        assert!(is_reset(error) && !items.is_empty());
        assert!(sealing.sealed().is_none());
        let half = sides.decryptor.decrypt(&items.concat(), &EncryptionContext::new()).await;
        assert!(matches!(half, Err(Error::Truncated { .. })));

        let half = &message[..message.len() - 1];
        let (opener, body) = sides.stream_opener(break_after(half)).await?;
        let mut opening = DecryptStream::new(opener, body);
        let (items, error) = collect(&mut opening).await.expect_err("the source breaks");
        assert!(is_reset(error));
        assert_eq!(items.concat(), [7; 100]);
        let header = aio::take_header(sides.decryptor.header_parser(), break_after(&message[..9]));
        assert!(is_reset(header.await.expect_err("the source breaks")));

        // One of ours, through a stream that boxes it.
        let ours: BoxError = Box::new(Error::unsupported("a test"));
        let mut sealing =
            EncryptStream::new(sides.sealer().await?, Items::from_iter([Err::<Bytes, _>(ours)]));
        let (_, error) = collect(&mut sealing).await.expect_err("the source breaks");
        assert!(matches!(error, Error::Unsupported { .. }));
        Ok(())
    })
}

#[test]
fn nothing_needs_a_runtime() -> Result<()> {
    let sides = Sides::new(UNSIGNED, 1 << 20)?;
    let plaintext = data::plaintext(3_000_000, 3);
    blocking::wait(async {
        let mut sealing = EncryptStream::new(sides.sealer().await?, Items::of(&plaintext));
        let message = collect(&mut sealing).await.map_err(|(_, error)| error)?.concat();
        let opened = sides.decryptor.decrypt(&message, &EncryptionContext::new()).await?;
        assert!(opened.plaintext() == plaintext);
        Ok(())
    })
}

#[test]
fn small_items_do_not_hold_the_runtime() -> Result<()> {
    const LENGTH: usize = 8 << 20;
    run(async {
        let sides = Sides::new(UNSIGNED, 4096)?;
        let other = OtherTask::spawn();
        let items = Items::pieces(&vec![7; LENGTH], 16 << 10);
        let mut sealing = EncryptStream::new(sides.sealer().await?, items);
        while next(&mut sealing).await.transpose()?.is_some() {}
        let turns = other.turns();
        assert!(turns >= LENGTH >> 20, "{turns} turns");
        Ok(())
    })
}
