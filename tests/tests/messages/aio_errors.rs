//! What async readers and writers say when something goes wrong.

use std::{
    collections::VecDeque,
    io::{Cursor, ErrorKind, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, LimitKind, Limits, MessagePart, Result,
    aio::{self, DecryptReader, EncryptWriter},
    blocking,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    adapter::Adapter,
    runtime::{is_reset, run_with_one_blocking_thread},
    sides::{SIGNED, Sides, UNSIGNED, random_provider},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Gives or takes some bytes, fails once, and would go on.
struct FailsOnce {
    before: usize,
    kind: Option<ErrorKind>,
    shut_down: bool,
}

impl FailsOnce {
    fn new(before: usize) -> Self {
        Self { before, kind: Some(ErrorKind::ConnectionReset), shut_down: false }
    }

    fn step(&mut self, length: usize) -> std::io::Result<usize> {
        match self.kind {
            Some(kind) if self.before == 0 => {
                self.kind = None;
                Err(kind.into())
            }
            Some(_) => {
                let length = length.min(self.before);
                self.before -= length;
                Ok(length)
            }
            None => Ok(length),
        }
    }
}

impl AsyncWrite for FailsOnce {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(self.step(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.shut_down = true;
        Poll::Ready(Ok(()))
    }
}

/// Shutting the inner writer down could make an object of half a message.
#[test]
fn a_writer_that_failed_stays_failed_and_is_not_shut_down() -> Result<()> {
    for length in [25, 100_000, 3 << 20] {
        for before in [0, 7, 200] {
            run_with_one_blocking_thread(async {
                let sides = Sides::new(UNSIGNED, 10)?;
                let mut sink = FailsOnce::new(before);
                let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
                let written = writer.write_all(&vec![7; length]).await;
                let failed = if written.is_err() { written } else { writer.shutdown().await };
                assert!(failed.is_err_and(is_reset), "{length} {before}");
                let after = [
                    writer.write(&[7]).await.map(|_| ()),
                    writer.flush().await,
                    writer.shutdown().await,
                ];
                for after in after {
                    assert!(matches!(after.map_err(Error::from), Err(Error::Misuse { .. })));
                }
                assert!(matches!(writer.finish().await, Err(Error::Misuse { .. })));
                assert!(!sink.shut_down);

                let sealer = sides.sealer().await?;
                let plaintext = vec![7; length.max(2000)];
                let pumped = aio::encrypt(sealer, &plaintext[..], FailsOnce::new(before)).await;
                assert!(pumped.is_err_and(is_reset), "{length} {before}");
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Says once that it lost something, in a flush or when it is shut down, as writers with buffers do.
struct Forgetful {
    at: Forgets,
    lost: bool,
    shut_down: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Forgets {
    InFlush,
    AtEnd,
}

impl Forgetful {
    fn new(at: Forgets) -> Self {
        Self { at, lost: false, shut_down: false }
    }

    fn step(&mut self, at: Forgets) -> Poll<std::io::Result<()>> {
        let loses = self.at == at && !std::mem::replace(&mut self.lost, true);
        Poll::Ready(if loses { Err(ErrorKind::ConnectionReset.into()) } else { Ok(()) })
    }
}

impl AsyncWrite for Forgetful {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.step(Forgets::InFlush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let stepped = self.step(Forgets::AtEnd);
        self.shut_down = matches!(stepped, Poll::Ready(Ok(())));
        stepped
    }
}

/// What they lost is missing in the message, however well they work afterwards.
#[test]
fn a_writer_that_lost_something_is_not_written_to_again() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 10)?;
        for at in [Forgets::InFlush, Forgets::AtEnd] {
            let mut sink = Forgetful::new(at);
            let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
            writer.write_all(&[7; 100]).await?;
            let lost = match at {
                Forgets::InFlush => writer.flush().await,
                Forgets::AtEnd => writer.shutdown().await,
            };
            assert!(lost.is_err_and(is_reset));
            let after = [
                writer.write(&[7]).await.map(|_| ()),
                writer.flush().await,
                writer.shutdown().await,
            ];
            for after in after {
                assert!(matches!(after.map_err(Error::from), Err(Error::Misuse { .. })));
            }
            assert!(!sink.shut_down);
        }
        Ok(())
    })
}

/// Must not be polled behind its end.
struct Fragile<'b>(Option<&'b [u8]>);

impl AsyncRead for Fragile<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let bytes = self.0.take().expect("it has ended");
        if !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.0 = Some(later);
        }
        Poll::Ready(Ok(()))
    }
}

#[test]
fn the_end_of_a_reader_is_the_end() -> Result<()> {
    run_with_one_blocking_thread(async {
        for length in [0, 1, 5000, 1 << 20, (3 << 20) + 1] {
            let sides = Sides::new(UNSIGNED, 4096)?;
            let plaintext = data::plaintext(length, 8);
            let mut message = Vec::new();
            let sealer = sides.sealer().await?;
            aio::encrypt(sealer, Fragile(Some(&plaintext)), &mut message).await?;
            let (opener, body) = sides.opener(&message).await?;
            let mut opened = Vec::new();
            aio::decrypt(opener, Fragile(Some(body)), &mut opened).await?;
            assert!(opened == plaintext);
        }
        Ok(())
    })
}

/// Pieces and failures, one after the other.
struct Script(VecDeque<std::io::Result<Vec<u8>>>);

impl Script {
    /// A source that breaks after these bytes.
    fn broken_after(bytes: &[u8]) -> Self {
        let reset = || Err(ErrorKind::ConnectionReset.into());
        let interrupted = Err(ErrorKind::Interrupted.into());
        let pieces = bytes.chunks(5000).map(|piece| Ok(piece.to_vec()));
        Self([interrupted].into_iter().chain(pieces).chain([reset()]).collect())
    }
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if let Some(piece) = self.0.pop_front() {
            let mut piece = piece?;
            let rest = piece.split_off(piece.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
            if !rest.is_empty() {
                self.0.push_front(Ok(rest));
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What came before a failure comes out, as it does from the sync adapters.
#[test]
fn a_reader_that_fails_does_so_behind_its_bytes() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 100)?;
        let plaintext = data::plaintext(9_950, 5);
        let message = sides.seal(&plaintext).await?;
        let (opener, body) = sides.opener(&message).await?;
        let cut = Script::broken_after(&body[..body.len() - 1]);
        let mut out = Vec::new();
        assert!(aio::decrypt(opener, cut, &mut out).await.is_err_and(is_reset));
        assert!(out == plaintext[..9_900]);

        let (opener, body) = sides.opener(&message).await?;
        let mut reader = DecryptReader::new(opener, Script::broken_after(&body[..5000]));
        out.clear();
        assert!(reader.read_to_end(&mut out).await.is_err_and(is_reset));
        assert!(plaintext.starts_with(&out) && !out.is_empty());
        // An end of file here would be a silent truncation.
        let after = reader.read(&mut [0; 10]).await.map_err(Error::from);
        assert!(matches!(after, Err(Error::Misuse { .. })));
        assert!(reader.finished().is_none());

        let mut wrong = body.to_vec();
        wrong[100] ^= 1;
        let (opener, _) = sides.opener(&message).await?;
        let failed = aio::decrypt(opener, Script::broken_after(&wrong), Vec::new()).await;
        let part = MessagePart::Frame(1);
        assert!(matches!(failed, Err(Error::Authentication { part: p, .. }) if p == part));

        let sealer = sides.sealer().await?;
        let sealed = aio::encrypt(sealer, Script::broken_after(&plaintext), Vec::new()).await;
        assert!(sealed.is_err_and(is_reset));
        let parser = sides.decryptor.header_parser();
        let header = aio::read_header(parser, Script::broken_after(&message[..20])).await;
        assert!(header.is_err_and(is_reset));
        Ok(())
    })
}

/// Whatever is wrong with a message, sync and async adapters say the same of it.
#[test]
fn errors_are_those_of_the_sync_adapters() -> Result<()> {
    const PAIRS: [(Adapter, Adapter); 4] = [
        (Adapter::Stream(70_000), Adapter::Async(70_000)),
        (Adapter::Pump, Adapter::AsyncPump),
        (Adapter::TwoPasses, Adapter::AsyncTwoPasses),
        (Adapter::Engine(100_000), Adapter::Streaming(100_000)),
    ];
    let nothing = EncryptionContext::new();
    for suite in [UNSIGNED, SIGNED] {
        let sides = Sides::new(suite, 64)?;
        let message = blocking::wait(sides.seal(&[7; 200]))?;
        let agree = |message: &[u8]| {
            for (sync, other) in PAIRS {
                let sync = sync.open(&sides.decryptor, message, &nothing);
                let other = other.open(&sides.decryptor, message, &nothing);
                assert!(sync.is_err());
                assert_eq!(format!("{sync:?}"), format!("{other:?}"));
            }
        };
        for length in 0..message.len() {
            agree(&message[..length]);
            let mut changed = message.clone();
            changed[length] ^= 0x10;
            agree(&changed);
        }
        agree(&[&message[..], b"more"].concat());
    }
    Ok(())
}

#[test]
fn limits_are_those_of_the_sync_adapters() -> Result<()> {
    const LENGTH: usize = 200_000;
    for (suite, limits) in [
        (SIGNED, Limits::default().with_max_held_plaintext(LENGTH - 1)),
        (SIGNED, Limits::default().with_max_held_plaintext(LENGTH)),
        (UNSIGNED, Limits::default().with_max_buffered(69_999)),
        (UNSIGNED, Limits::default().with_max_buffered(70_000)),
    ] {
        let provider = random_provider()?;
        let builder = || Encryptor::builder(Arc::clone(&provider)).suite(suite);
        let whole = builder().frame_length(70_000).build()?;
        let limited = builder().frame_length(70_000).limits(limits.clone()).build()?;
        let decryptor = Decryptor::builder(Arc::clone(&provider)).limits(limits).build()?;
        let nothing = EncryptionContext::new();
        let plaintext = vec![7; LENGTH];
        let message = Adapter::OneShot.seal(&whole, &plaintext, &nothing)?;
        for (sync, other) in [
            (Adapter::Stream(9999), Adapter::Async(9999)),
            (Adapter::Pump, Adapter::AsyncPump),
            (Adapter::Stream(9999), Adapter::Streaming(9999)),
        ] {
            let opened = [sync, other].map(|adapter| adapter.open(&decryptor, &message, &nothing));
            assert_eq!(format!("{:?}", opened[0]), format!("{:?}", opened[1]), "{other:?}");
            let sealed = [sync, other].map(|adapter| {
                adapter.seal(&limited, &plaintext, &nothing).map(|message| message.len())
            });
            assert_eq!(format!("{:?}", sealed[0]), format!("{:?}", sealed[1]), "{other:?}");
        }
    }
    Ok(())
}

/// Gives other bytes once somebody went back.
struct Exchanged {
    now: Cursor<Vec<u8>>,
    later: Vec<u8>,
}

impl AsyncRead for Exchanged {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.now).poll_read(context, buffer)
    }
}

impl AsyncSeek for Exchanged {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> std::io::Result<()> {
        if matches!(to, SeekFrom::Start(_)) {
            self.now = Cursor::new(std::mem::take(&mut self.later));
        }
        Pin::new(&mut self.now).start_seek(to)
    }

    fn poll_complete(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<u64>> {
        Pin::new(&mut self.now).poll_complete(context)
    }
}

#[test]
fn two_passes_hold_nothing_and_trust_nothing() -> Result<()> {
    run_with_one_blocking_thread(async {
        let plaintext = data::plaintext(10_000, 6);
        let limits = Limits::default().with_max_held_plaintext(0);
        let sides = Sides::with_decryptor(SIGNED, 100, |builder| builder.limits(limits))?;
        let message = sides.seal(&plaintext).await?;
        let open = async |source: Exchanged, out: &mut Vec<u8>| {
            let (header, body) = aio::read_header(sides.decryptor.header_parser(), source).await?;
            let opener = sides.decryptor.open(header, &EncryptionContext::new()).await?;
            aio::decrypt_seekable(opener, body, out).await
        };
        let (opener, body) = sides.opener(&message).await?;
        let once = aio::decrypt(opener, body, Vec::new()).await;
        assert!(matches!(once, Err(Error::Limit { kind: LimitKind::HeldPlaintext, .. })));

        // In the middle of a file.
        let file = [&[7; 333][..], &message].concat();
        let mut source = Exchanged { now: Cursor::new(file.clone()), later: file };
        source.now.set_position(333);
        let mut out = Vec::new();
        assert_eq!(open(source, &mut out).await?.plaintext_length(), 10_000);
        assert!(out == plaintext);

        for (place, is_second) in [(9000, false), (9000, true), (message.len() - 1, false)] {
            let mut changed = message.clone();
            changed[place] ^= 1;
            let (now, later) = if is_second { (&message, &changed) } else { (&changed, &message) };
            let source = Exchanged { now: Cursor::new(now.clone()), later: later.clone() };
            let mut out = Vec::new();
            let failed = open(source, &mut out).await;
            assert!(matches!(failed, Err(Error::Authentication { .. })), "{failed:?}");
            assert!(plaintext.starts_with(&out) && (is_second || out.is_empty()));
        }
        Ok(())
    })
}
