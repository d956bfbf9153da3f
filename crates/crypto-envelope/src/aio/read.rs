//! Decrypting from a reader.

use std::{
    fmt,
    future::poll_fn,
    io::{self, Cursor, Read, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::{
    driver::{Driver, poll_turn},
    poll_read,
    pump::pump,
};
use crate::{
    Error, Finished, HeaderParser, Limits, Opener, Outline, Outliner, Result, UnverifiedHeader,
    io::room,
};

/// Reads the header of a message. What was read beyond it is in front of the [`MessageBody`].
///
/// # Errors
///
/// [`Error::Io`] if reading fails, [`Error::Truncated`] if the reader ends within the header, and
/// what [`HeaderParser`] says.
pub async fn read_header<R: AsyncRead + Unpin>(
    mut header: HeaderParser,
    mut reader: R,
) -> Result<(UnverifiedHeader, MessageBody<R>)> {
    let mut piece = vec![0; HEADER_PIECE];
    loop {
        let length =
            poll_fn(|context| poll_read(Pin::new(&mut reader), context, &mut piece)).await?;
        let used = header.push(&piece[..length])?;
        if length == 0 || used < length || header.is_complete() {
            let unread = Cursor::new(piece[used..length].to_vec());
            return Ok((header.finish()?, MessageBody { unread, reader }));
        }
    }
}

/// What follows the header of a message: the reader, put back to the end of the header.
pub struct MessageBody<R> {
    unread: Cursor<Vec<u8>>,
    reader: R,
}

impl<R: AsyncSeek + Unpin> MessageBody<R> {
    /// Where in the reader the next byte comes from.
    async fn position(&mut self) -> Result<u64> {
        let unread = self.unread.get_ref().len() as u64 - self.unread.position();
        let position = seek(&mut self.reader, SeekFrom::Current(0)).await?.checked_sub(unread);
        position.ok_or(Error::Misuse { what: "the reader was moved meanwhile" })
    }

    /// Continues at `position`.
    async fn seek(&mut self, position: u64) -> Result<()> {
        seek(&mut self.reader, SeekFrom::Start(position)).await?;
        self.unread = Cursor::default();
        Ok(())
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for MessageBody<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.unread.read(buffer.initialize_unfilled())?;
        if length > 0 {
            buffer.advance(length);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.reader).poll_read(context, buffer)
    }
}

impl<R> fmt::Debug for MessageBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageBody").finish_non_exhaustive()
    }
}

/// Decrypts a whole body into `writer`, and returns what is known at the end; all plaintext was
/// written then. The writer is flushed, not shut down.
///
/// # Errors
///
/// [`Error::Io`] if reading or writing fails, and what the [`Opener`] says. Frames that were
/// verified before the error may have been written: throw them away.
pub async fn decrypt(
    opener: Opener,
    body: impl AsyncRead,
    writer: impl AsyncWrite,
) -> Result<Finished> {
    pump(opener, body, writer).await
}

/// Decrypts a whole body from a reader that can go back, and holds no plaintext, in two passes:
/// what [`io::decrypt_seekable`](crate::io::decrypt_seekable) does.
///
/// # Errors
///
/// As [`decrypt`], and [`Error::Misuse`] if a piece of the body was pushed into `opener` before. Of
/// a signed message nothing is written unless its signature was verified, but if somebody changes
/// the source between the passes, genuine frames are written before the error.
pub async fn decrypt_seekable<R: AsyncRead + AsyncSeek + Unpin>(
    opener: Opener,
    mut body: MessageBody<R>,
    writer: impl AsyncWrite,
) -> Result<Finished> {
    let (outliner, opener) = opener.into_two_passes()?;
    if let Some(outliner) = outliner {
        let start = body.position().await?;
        pump(outliner, &mut body, NoOutput).await?;
        body.seek(start).await?;
    }
    decrypt(opener, body, writer).await
}

/// Reads a whole message and draws its [`Outline`], without a key and unverified, in memory for a
/// frame.
///
/// # Errors
///
/// [`Error::Io`] if reading fails, and what the [`Outliner`] says.
pub async fn outline(
    header: UnverifiedHeader,
    body: impl AsyncRead,
    limits: &Limits,
) -> Result<Outline> {
    pump(Outliner::new(header, limits)?, body, NoOutput).await
}

/// Reads plaintext out of the body of a message.
///
/// **Read to the end.** Each byte is authentic when it comes out, but only the end says that
/// nothing is missing. After an error every further read is an error too.
pub struct DecryptReader<R> {
    driver: Driver<Opener>,
    body: R,
}

impl<R: AsyncRead + Unpin> DecryptReader<R> {
    /// Reads what `opener` makes of `body`.
    pub fn new(opener: Opener, body: R) -> Self {
        Self { driver: Driver::new(opener), body }
    }

    /// What is known at the end of the message, all plaintext of which was read by then; `None`
    /// before the end was reached and verified.
    #[must_use]
    pub fn finished(&self) -> Option<&Finished> {
        finished(&self.driver)
    }

    /// Opens the next piece, or ends.
    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let machine = ready!(self.driver.poll_here(context))?;
        ready!(poll_turn(context));
        let piece = room(&mut machine.input, READ_PIECE);
        match ready!(poll_read(Pin::new(&mut self.body), context, piece)) {
            Ok(0) => Poll::Ready(self.driver.finish_input(0, context)),
            Ok(length) => Poll::Ready(self.driver.push_input(length, context)),
            Err(error) => {
                self.driver.fail();
                Poll::Ready(Err(error.into()))
            }
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for DecryptReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let machine = ready!(self.driver.poll_here(context))?;
            if !machine.output.is_empty() || machine.end.is_some() {
                let unread = machine.output.unread();
                let length = unread.len().min(buffer.remaining());
                buffer.put_slice(&unread[..length]);
                machine.output.consume(length);
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_advance(context))?;
        }
    }
}

impl<R> fmt::Debug for DecryptReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptReader")
            .field("finished", &finished(&self.driver))
            .finish_non_exhaustive()
    }
}

/// What is known at the end, once all output was taken.
pub(super) fn finished(driver: &Driver<Opener>) -> Option<&Finished> {
    driver.here().filter(|machine| machine.output.is_empty())?.end.as_ref()
}

async fn seek<R: AsyncSeek + Unpin>(reader: &mut R, to: SeekFrom) -> io::Result<u64> {
    // Something may be under way, which has to be over first.
    poll_fn(|context| Pin::new(&mut *reader).poll_complete(context)).await?;
    Pin::new(&mut *reader).start_seek(to)?;
    poll_fn(|context| Pin::new(&mut *reader).poll_complete(context)).await
}

/// For engines that write nothing.
struct NoOutput;

impl AsyncWrite for NoOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const HEADER_PIECE: usize = 4096;
const READ_PIECE: usize = 1 << 16;
