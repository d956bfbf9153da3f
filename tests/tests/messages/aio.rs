//! Async readers and writers: what is dropped half-way, where the work is done, and how they end.

use std::{
    future::poll_fn,
    io::Cursor,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use crypto_envelope::{
    EncryptionContext, Error, Finished, Limits, Outline, Result,
    aio::{self, DecryptReader, EncryptWriter},
    blocking, io,
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    runtime::{OtherTask, does_not_hold_the_runtime, run_with_one_blocking_thread},
    sides::{SIGNED, Sides, UNSIGNED},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    task,
};

/// Polls once and no more.
async fn try_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    let mut future = pin!(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// Drops the future each time it is not ready, and starts anew.
macro_rules! impatient {
    ($future:expr) => {
        loop {
            match try_once($future).await {
                Poll::Ready(value) => break value,
                Poll::Pending => task::yield_now().await,
            }
        }
    };
}

/// Lets wait so often before each call, then takes or gives up to so many bytes.
struct Slow<T> {
    inner: T,
    waits: usize,
    waited: usize,
    most: usize,
    shut_down: usize,
    flushed: usize,
}

impl<T> Slow<T> {
    fn new(inner: T, waits: usize, most: usize) -> Self {
        Self { inner, waits, waited: 0, most, shut_down: 0, flushed: 0 }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waited < self.waits {
            self.waited += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waited = 0;
        Poll::Ready(())
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Slow<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        std::task::ready!(self.poll(context));
        let most = bytes.len().min(self.most);
        Pin::new(&mut self.inner).poll_write(context, &bytes[..most])
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        std::task::ready!(self.poll(context));
        self.flushed += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        std::task::ready!(self.poll(context));
        self.shut_down += 1;
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Slow<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        std::task::ready!(self.poll(context));
        let most = buffer.remaining().min(self.most);
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        std::task::ready!(Pin::new(&mut self.inner).poll_read(context, &mut part))?;
        let length = part.filled().len();
        buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// Ways of writing: frame length, and lengths of pieces that are sealed on the spot or elsewhere.
const WRITES: [(u32, &[usize]); 4] = [
    (100, &[1, 0, 99, 100, 250, 65_536, 3]),
    (4096, &[300_000, 7, 1_500_000, 4096]),
    (1 << 20, &[65_536, 65_536, 1 << 20, 2 << 20, 900_000, 100_000, 48_576, 1]),
    (u32::MAX, &[70_000, 3, 200_000]),
];

/// A write that was dropped took nothing: another one may follow with other bytes.
#[test]
fn writes_can_be_dropped_at_every_point() -> Result<()> {
    for (frame_length, pieces) in WRITES {
        for waits in 0..4 {
            run_with_one_blocking_thread(write_impatiently(frame_length, pieces, waits))?;
        }
    }
    Ok(())
}

async fn write_impatiently(frame_length: u32, pieces: &[usize], waits: usize) -> Result<()> {
    let sides = Sides::new(UNSIGNED, frame_length)?;
    let mut sink = Slow::new(Vec::new(), waits, 1 << 17);
    let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
    let source = data::plaintext(6 << 20, 1);
    let mut written = Vec::new();
    let mut tries = 0;
    for &piece in pieces {
        let mut left = piece;
        loop {
            // Other bytes for every try.
            tries += 1;
            assert!(tries < 10_000_000, "the same bytes are taken again and again");
            let offer = &source[tries % 1000..][..left];
            match try_once(writer.write(offer)).await {
                Poll::Pending => task::yield_now().await,
                Poll::Ready(length) => {
                    let length = length?;
                    written.extend_from_slice(&offer[..length]);
                    left -= length;
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        if piece % 2 == 0 {
            impatient!(writer.flush())?;
        }
    }
    impatient!(writer.shutdown())?;
    assert!(sides.open(&sink.inner).await? == written, "{frame_length} {waits}");
    assert_eq!(sink.shut_down, 1);
    Ok(())
}

#[test]
fn reads_can_be_dropped_at_every_point() -> Result<()> {
    for (suite, frame_length) in [(UNSIGNED, 100), (UNSIGNED, 1 << 20), (SIGNED, 70_000)] {
        for waits in 0..4 {
            run_with_one_blocking_thread(async {
                let sides = Sides::new(suite, frame_length)?;
                let plaintext = data::plaintext(3 << 20, 2);
                let message = sides.seal(&plaintext).await?;
                let (opener, body) = sides.opener(&message).await?;
                let mut reader = DecryptReader::new(opener, Slow::new(body, waits, 50_000));
                let (mut found, mut piece) = (Vec::new(), vec![0; 9999]);
                loop {
                    match impatient!(reader.read(&mut piece))? {
                        0 => break,
                        length => found.extend_from_slice(&piece[..length]),
                    }
                }
                assert!(found == plaintext, "{frame_length} {waits}");
                assert!(reader.finished().is_some());
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// A pump is not ready before its writer has everything, also if the rest is wrong.
#[test]
fn pumps_wait_for_slow_readers_and_writers() -> Result<()> {
    const LENGTH: usize = 5 << 20;
    for (waits, most) in [(0, 1 << 20), (1, 70_000), (3, 300_000)] {
        run_with_one_blocking_thread(async {
            let sides = Sides::new(UNSIGNED, 4096)?;
            let plaintext = data::plaintext(LENGTH, 8);
            let mut sink = Slow::new(Vec::new(), waits, most);
            let reader = Slow::new(&plaintext[..], waits, most);
            aio::encrypt(sides.sealer().await?, reader, &mut sink).await?;
            assert_eq!((sink.flushed, sink.shut_down), (1, 0));
            let mut message = sink.inner;

            let mut sink = Slow::new(Vec::new(), waits, most);
            let (opener, body) = sides.opener(&message).await?;
            aio::decrypt(opener, Slow::new(body, waits, most), &mut sink).await?;
            assert!(sink.inner == plaintext, "{waits} {most}");
            assert_eq!((sink.flushed, sink.shut_down), (1, 0));

            message[4 << 20] ^= 1;
            let mut sink = Slow::new(Vec::new(), waits, most);
            let (opener, body) = sides.opener(&message).await?;
            let failed = aio::decrypt(opener, Slow::new(body, waits, most), &mut sink).await;
            assert!(matches!(failed, Err(Error::Authentication { .. })));
            assert!(sink.inner.len() > 5 << 19 && plaintext.starts_with(&sink.inner));
            Ok(())
        })?;
    }
    Ok(())
}

/// Nobody takes for a message what a dropped pump or writer left behind.
#[test]
fn what_was_dropped_for_good_has_no_end() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 1000)?;
        let plaintext = data::plaintext(5 << 20, 3);
        for polls in [0, 1, 2, 5, 10, 20, 100] {
            let mut sink = Slow::new(Vec::new(), 1, 1 << 16);
            let sealer = sides.sealer().await?;
            let mut pump = Box::pin(aio::encrypt(sealer, &plaintext[..], &mut sink));
            for _ in 0..polls {
                assert!(try_once(pump.as_mut()).await.is_pending());
                task::yield_now().await;
            }
            drop(pump);
            let left = sides.open(&sink.inner).await;
            assert!(matches!(left, Err(Error::Truncated { .. })), "{polls}: {left:?}");

            let mut writer = EncryptWriter::new(sides.sealer().await?, Vec::new());
            writer.write_all(&plaintext[..polls]).await?;
            writer.write_all(&plaintext[..1 << 20]).await?; // on its way when it is dropped
        }
        Ok(())
    })
}

#[test]
fn long_frames_do_not_hold_the_runtime() -> Result<()> {
    const LENGTH: usize = 64 << 20;
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 16 << 20)?;
        let message = sides.seal(&vec![7; LENGTH]).await?;
        let mut writer = EncryptWriter::new(sides.sealer().await?, tokio::io::sink());
        let write = async {
            for piece in vec![7; LENGTH].chunks(8192) {
                writer.write_all(piece).await?;
            }
            std::io::Result::Ok(())
        };
        does_not_hold_the_runtime(write).await?;

        let (opener, body) = sides.opener(&message).await?;
        let mut reader = DecryptReader::new(opener, body);
        let mut plaintext = vec![0; LENGTH];
        does_not_hold_the_runtime(reader.read_exact(&mut plaintext)).await?;
        let (opener, body) = sides.opener(&message).await?;
        does_not_hold_the_runtime(aio::decrypt(opener, body, tokio::io::sink())).await?;
        let sealer = sides.sealer().await?;
        does_not_hold_the_runtime(aio::encrypt(sealer, &plaintext[..], tokio::io::sink())).await?;
        Ok(())
    })
}

/// The last frame is as long as the others, nearly.
#[test]
fn a_long_last_frame_does_not_hold_the_runtime() -> Result<()> {
    let sides = Sides::new(UNSIGNED, 16 << 20)?;
    let mut writer = blocking::wait(async {
        let mut writer = EncryptWriter::new(sides.sealer().await?, tokio::io::sink());
        writer.write_all(&vec![7; (16 << 20) - 1]).await?;
        Ok(writer)
    })?;
    run_with_one_blocking_thread(async { Ok(does_not_hold_the_runtime(writer.shutdown()).await?) })
}

/// Readers and writers that are always ready do not make up for others that wait.
#[test]
fn small_pieces_do_not_hold_the_runtime() -> Result<()> {
    const LENGTH: usize = 16 << 20;
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 4096)?;
        let message = sides.seal(&vec![7; LENGTH]).await?;
        let other = OtherTask::spawn();
        let mut writer = EncryptWriter::new(sides.sealer().await?, tokio::io::sink());
        writer.write_all(&[]).await?;
        for piece in vec![7; LENGTH].chunks(16 << 10) {
            writer.write_all(piece).await?;
        }
        let writing = other.turns();
        assert!(writing >= LENGTH >> 20, "{writing} turns");

        let (opener, body) = sides.opener(&message).await?;
        DecryptReader::new(opener, body).read_to_end(&mut Vec::new()).await?;
        let reading = other.turns();
        assert!(reading >= LENGTH >> 20, "{reading} turns");
        Ok(())
    })
}

#[test]
fn nothing_needs_a_runtime() -> Result<()> {
    let sides = Sides::new(SIGNED, 1 << 20)?;
    let plaintext = data::plaintext(3_000_000, 4);
    blocking::wait(async {
        let mut message = Vec::new();
        aio::encrypt(sides.sealer().await?, &plaintext[..], &mut message).await?;
        let mut writer = EncryptWriter::new(sides.sealer().await?, Vec::new());
        writer.write_all(&plaintext).await?;
        for message in [message, writer.finish().await?.0] {
            let source = Cursor::new(message);
            let parser = sides.decryptor.header_parser();
            let (header, body) = aio::read_header(parser, source).await?;
            let opener = sides.decryptor.open(header, &EncryptionContext::new()).await?;
            let mut out = Vec::new();
            aio::decrypt_seekable(opener, body, &mut out).await?;
            assert!(out == plaintext);
        }
        Ok(())
    })
}

/// The frame that is not full stays, everything else goes out.
#[test]
fn flushing_writes_what_was_sealed() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(UNSIGNED, 100)?;
        let sealer = sides.sealer().await?;
        let two_frames = sealer.push_length(250);
        let mut sink = Slow::new(Vec::new(), 3, 10);
        let mut writer = EncryptWriter::new(sealer, &mut sink);
        writer.write_all(&[7; 250]).await?;
        writer.flush().await?;
        drop(writer);
        assert_eq!((sink.inner.len(), sink.flushed, sink.shut_down), (two_frames, 1, 0));

        let mut sink = Slow::new(Vec::new(), 3, 10);
        let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
        writer.write_all(&[7; 250]).await?;
        writer.finish().await?;
        assert_eq!((sink.flushed, sink.shut_down), (1, 0));
        assert_eq!(sides.open(&sink.inner).await?, [7; 250]);
        Ok(())
    })
}

#[test]
fn a_message_ends_once() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(SIGNED, 100)?;
        let mut sink = Slow::new(Vec::new(), 1, 1000);
        let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
        writer.write_all(&[7; 250]).await?;
        writer.shutdown().await?;
        writer.shutdown().await?;
        writer.flush().await?;
        let after = writer.write(&[7]).await.map_err(Error::from);
        assert!(matches!(after, Err(Error::Misuse { .. })), "{after:?}");
        writer.finish().await?;
        assert_eq!((sink.shut_down, sink.flushed), (1, 0));
        assert_eq!(sides.open(&sink.inner).await?, [7; 250]);

        // An end that was begun is an end.
        let mut sink = Slow::new(Vec::new(), 1, 10);
        let mut writer = EncryptWriter::new(sides.sealer().await?, &mut sink);
        writer.write_all(&[7; 50]).await?;
        assert!(try_once(writer.shutdown()).await.is_pending());
        while try_once(writer.shutdown()).await.is_pending() {
            let write = impatient!(writer.write(&[8])).map_err(Error::from);
            assert!(matches!(write, Err(Error::Misuse { .. })), "{write:?}");
        }
        assert_eq!(sides.open(&sink.inner).await?, [7; 50]);
        Ok(())
    })
}

#[test]
fn a_reader_is_finished_when_all_was_read() -> Result<()> {
    run_with_one_blocking_thread(async {
        for suite in [UNSIGNED, SIGNED] {
            let sides = Sides::new(suite, 100)?;
            let message = sides.seal(&[7; 250]).await?;
            let (opener, body) = sides.opener(&message).await?;
            let mut reader = DecryptReader::new(opener, body);
            reader.read_exact(&mut [0; 249]).await?;
            assert!(reader.finished().is_none());
            assert_eq!(reader.read(&mut []).await?, 0);
            reader.read_exact(&mut [0; 1]).await?;
            assert_eq!(reader.read(&mut [0; 9]).await?, 0);
            assert_eq!(reader.finished().map(Finished::plaintext_length), Some(250));
            assert_eq!(reader.read(&mut [0; 9]).await?, 0);
        }
        Ok(())
    })
}

#[test]
fn an_outline_is_the_same() -> Result<()> {
    run_with_one_blocking_thread(async {
        let sides = Sides::new(SIGNED, 100)?;
        let message = sides.seal(&data::plaintext(10_000, 7)).await?;
        let limits = Limits::default();
        let outline = async |message: &[u8]| {
            let parser = sides.decryptor.header_parser();
            let (header, body) = aio::read_header(parser, Slow::new(message, 1, 1000)).await?;
            aio::outline(header, body, &limits).await
        };
        assert_eq!(outline(&message).await?, Outline::of(&message, &limits)?);
        let cut = &message[..message.len() - 1];
        let (header, body) = io::read_header(sides.decryptor.header_parser(), cut)?;
        let sync = io::outline(header, body, &limits);
        assert_eq!(format!("{:?}", outline(cut).await), format!("{sync:?}"));
        Ok(())
    })
}
