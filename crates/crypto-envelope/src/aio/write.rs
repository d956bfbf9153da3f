//! Encrypting into a writer.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    driver::{Driver, poll_turn},
    pump::pump,
};
use crate::{Error, Result, Sealed, Sealer, io::CHUNK};

/// Encrypts everything that `reader` gives into `writer`, and returns what there is to know about
/// the message. The writer is flushed, not shut down.
///
/// # Errors
///
/// [`Error::Io`] if reading or writing fails, and what the [`Sealer`] says. What was written by
/// then is not a complete message, and no reader will take it for one.
pub async fn encrypt(
    sealer: Sealer,
    reader: impl AsyncRead,
    writer: impl AsyncWrite,
) -> Result<Sealed> {
    pump(sealer, reader, writer).await
}

/// Encrypts what is written to it, and writes the message to another writer.
///
/// **[Shut it down](AsyncWrite::poll_shutdown), or call [`finish`](Self::finish).** Both end the
/// message; without that it has no end, and readers refuse it as truncated. Shutting down also
/// shuts the inner writer down.
///
/// What is being sealed, or could not be written yet, stays here until the next call, up to about
/// 1 MiB or a frame. So the error of a write may come out with a later write, with a flush, or at
/// the end. After an error the inner writer is not shut down: what that would complete is not a
/// message.
pub struct EncryptWriter<W> {
    driver: Driver<Sealer>,
    inner: W,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Nothing can be written any more, but the last frame was not sealed yet.
    Ending,
    Ended,
    ShutDown,
}

impl<W> EncryptWriter<W> {
    /// What there is to know about the message, once all of it was written to the inner writer.
    #[must_use]
    pub fn sealed(&self) -> Option<&Sealed> {
        self.driver.here().filter(|machine| machine.output.is_empty())?.end.as_ref()
    }
}

impl<W: AsyncWrite + Unpin> EncryptWriter<W> {
    /// Writes the message of `sealer` to `inner`.
    pub fn new(sealer: Sealer, inner: W) -> Self {
        Self { driver: Driver::new(sealer), inner, stage: Stage::Open }
    }

    /// Ends the message, flushes, and gives the inner writer back, without shutting it down, with
    /// what there is to know about the message.
    ///
    /// # Errors
    ///
    /// As [`encrypt`].
    pub async fn finish(mut self) -> Result<(W, Sealed)> {
        const NOT_WHOLE: Error = Error::Internal { what: "a message has no end" };
        poll_fn(|context| self.poll_end(context)).await?;
        if self.stage != Stage::ShutDown {
            poll_fn(|context| Pin::new(&mut self.inner).poll_flush(context)).await?;
        }
        let sealed = self.sealed().cloned().ok_or(NOT_WHOLE)?;
        Ok((self.inner, sealed))
    }

    /// Writes what was sealed.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let machine = ready!(self.driver.poll_here(context))?;
        let drained = ready!(machine.output.poll_write_to(Pin::new(&mut self.inner), context));
        if drained.is_err() {
            // Something was sealed that may not have been written: nothing can follow it.
            self.driver.fail();
        }
        Poll::Ready(Ok(drained?))
    }

    /// Some writers say only once that they lost something.
    fn failed_for_good<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if done.is_err() {
            self.driver.fail();
        }
        done
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.stage == Stage::Open {
            self.stage = Stage::Ending;
        }
        ready!(self.poll_drain(context))?;
        if self.stage == Stage::Ending {
            ready!(poll_turn(context));
            self.stage = Stage::Ended;
            self.driver.finish_input(0, context)?;
            ready!(self.poll_drain(context))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for EncryptWriter<W> {
    /// Takes no byte before everything that was sealed earlier is written.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        plaintext: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.stage != Stage::Open {
            return Poll::Ready(Err(ENDED.into()));
        }
        ready!(self.poll_drain(context))?;
        ready!(poll_turn(context));
        let piece = &plaintext[..plaintext.len().min(CHUNK)];
        self.driver.push_slice(piece, context)?;
        // From here on the piece is taken: it must not be pending any more.
        if let Poll::Ready(Err(error)) = self.poll_drain(context) {
            return Poll::Ready(Err(error.into()));
        }
        Poll::Ready(Ok(piece.len()))
    }

    /// Writes all that was sealed and flushes the inner writer. A frame that is not full stays
    /// here.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        if self.stage == Stage::ShutDown {
            return Poll::Ready(Ok(()));
        }
        let flushed = ready!(Pin::new(&mut self.inner).poll_flush(context));
        Poll::Ready(self.failed_for_good(flushed))
    }

    /// Ends the message and shuts the inner writer down.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_end(context))?;
        if self.stage != Stage::ShutDown {
            let shut_down = ready!(Pin::new(&mut self.inner).poll_shutdown(context));
            self.failed_for_good(shut_down)?;
            self.stage = Stage::ShutDown;
        }
        Poll::Ready(Ok(()))
    }
}

impl<W> fmt::Debug for EncryptWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptWriter").field("stage", &self.stage).finish_non_exhaustive()
    }
}

const ENDED: Error = Error::Misuse { what: "the message has ended" };
