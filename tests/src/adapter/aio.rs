//! The async adapters, for tests that are not async themselves.

use std::{
    io::{Cursor, SeekFrom},
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use crypto_envelope::{
    Decryptor, EncryptionContext, Error, Result, Sealer,
    aio::{self, DecryptReader, DecryptStream, EncryptStream, EncryptWriter},
};
use futures_core::Stream;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncWrite, AsyncWriteExt, ReadBuf},
    runtime::{self, Runtime},
};

use super::{check_lengths, checked};
use crate::items::next;

type Opened = Result<(Vec<u8>, EncryptionContext)>;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    runtime::Builder::new_current_thread().enable_all().build().expect("threads for blocking work")
});

pub(super) fn write(sealer: Sealer, plaintext: &[u8], piece: usize) -> Result<Vec<u8>> {
    RUNTIME.block_on(async {
        let mut message = Restless::new(Vec::new(), piece);
        let mut writer = EncryptWriter::new(sealer, &mut message);
        for plaintext in plaintext.chunks(piece) {
            writer.write_all(plaintext).await?;
        }
        writer.shutdown().await?;
        let sealed = writer.sealed().cloned().ok_or_else(|| Error::invalid_input("no end"))?;
        check_lengths(&sealed, plaintext, &message.inner)?;
        Ok(message.inner)
    })
}

pub(super) fn pump(sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
    RUNTIME.block_on(async {
        let reader = Restless::new(plaintext, PUMPED);
        let mut writer = Restless::new(Vec::new(), PUMPED);
        let sealed = aio::encrypt(sealer, reader, &mut writer).await?;
        check_lengths(&sealed, plaintext, &writer.inner)?;
        Ok(writer.inner)
    })
}

pub(super) fn seal_stream(sealer: Sealer, plaintext: &[u8], piece: usize) -> Result<Vec<u8>> {
    RUNTIME.block_on(async {
        let mut stream = EncryptStream::new(sealer, RestlessItems::new(plaintext, piece));
        let mut message = Vec::new();
        while let Some(item) = next(&mut stream).await {
            message.extend(item?);
        }
        let sealed = stream.sealed().ok_or_else(|| Error::invalid_input("no end"))?;
        check_lengths(sealed, plaintext, &message)?;
        Ok(message)
    })
}

pub(super) fn read(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
    piece: usize,
) -> Opened {
    RUNTIME.block_on(async {
        let reader = Restless::new(message, piece);
        let (header, body) = aio::read_header(decryptor.header_parser(), reader).await?;
        let mut reader = DecryptReader::new(decryptor.open(header, expected).await?, body);
        let mut plaintext = Vec::new();
        Restless::new(&mut reader, piece).read_to_end(&mut plaintext).await?;
        let finished = reader.finished().ok_or_else(|| Error::invalid_input("no end"))?;
        checked(plaintext, finished)
    })
}

pub(super) fn open_once(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    RUNTIME.block_on(async {
        let reader = Restless::new(message, PUMPED);
        let (header, body) = aio::read_header(decryptor.header_parser(), reader).await?;
        let opener = decryptor.open(header, expected).await?;
        let mut writer = Restless::new(Vec::new(), PUMPED);
        let finished = aio::decrypt(opener, body, &mut writer).await?;
        checked(writer.inner, &finished)
    })
}

pub(super) fn open_twice(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    RUNTIME.block_on(async {
        let source = Restless::new(Cursor::new(message), PUMPED);
        let (header, body) = aio::read_header(decryptor.header_parser(), source).await?;
        let opener = decryptor.open(header, expected).await?;
        let mut plaintext = Vec::new();
        let finished = aio::decrypt_seekable(opener, body, &mut plaintext).await?;
        checked(plaintext, &finished)
    })
}

pub(super) fn open_stream(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
    piece: usize,
) -> Opened {
    RUNTIME.block_on(async {
        let message = RestlessItems::new(message, piece);
        let (header, body) = aio::take_header(decryptor.header_parser(), message).await?;
        let mut stream = DecryptStream::new(decryptor.open(header, expected).await?, body);
        let mut plaintext = Vec::new();
        loop {
            match next(&mut stream).await {
                Some(Ok(item)) => plaintext.extend(item),
                Some(Err(error)) => {
                    let after = (next(&mut stream).await.is_none(), stream.finished());
                    let silent = matches!(after, (true, None));
                    return Err(if silent { error } else { Error::invalid_input("it goes on") });
                }
                None => break,
            }
        }
        let finished = stream.finished();
        checked(plaintext, finished.ok_or_else(|| Error::invalid_input("no end"))?)
    })
}

/// Takes and gives at most `most` bytes at a time, often less, and often lets wait.
struct Restless<T> {
    inner: T,
    most: usize,
    mood: Mood,
}

impl<T> Restless<T> {
    fn new(inner: T, most: usize) -> Self {
        Self { inner, most, mood: Mood::new() }
    }

    /// How much this time.
    fn poll_most(&mut self, length: usize, context: &mut Context<'_>) -> Poll<usize> {
        ready!(self.mood.poll(context));
        let most = self.most.min(length);
        Poll::Ready(if most < 2 || self.mood.draw(3) > 0 { most } else { most / 2 })
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Restless<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let most = ready!(self.poll_most(buffer.remaining(), context));
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut part))?;
        let length = part.filled().len();
        buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncSeek + Unpin> AsyncSeek for Restless<T> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> std::io::Result<()> {
        Pin::new(&mut self.inner).start_seek(to)
    }

    fn poll_complete(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<u64>> {
        ready!(self.mood.poll(context));
        Pin::new(&mut self.inner).poll_complete(context)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Restless<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let most = ready!(self.poll_most(bytes.len(), context));
        Pin::new(&mut self.inner).poll_write(context, &bytes[..most])
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        ready!(self.mood.poll(context));
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        ready!(self.mood.poll(context));
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// A stream of pieces, which often lets wait.
struct RestlessItems {
    rest: Bytes,
    most: usize,
    mood: Mood,
}

impl RestlessItems {
    fn new(bytes: &[u8], most: usize) -> Self {
        Self { rest: Bytes::copy_from_slice(bytes), most, mood: Mood::new() }
    }
}

impl Stream for RestlessItems {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.mood.poll(context));
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        // Now and then an empty one.
        let length = if self.mood.draw(8) == 0 { 0 } else { self.most.min(self.rest.len()) };
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

/// The same moods in every run.
struct Mood(u32);

impl Mood {
    fn new() -> Self {
        Self(0x9e37_79b9)
    }

    /// One of so many.
    fn draw(&mut self, of: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % of
    }

    /// Ready two times out of three.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.draw(3) > 0 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Large enough for whole batches.
const PUMPED: usize = 3 << 20;
