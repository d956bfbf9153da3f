//! The plaintext as something to read that can go elsewhere.

use std::{
    io::{self, SeekFrom},
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use zeroize::Zeroizing;

use super::{RangeReader, RangeSource};
use crate::{
    Result,
    ranges::{Next, Window},
};

/// What a stream is waiting for.
pub(super) enum Pending {
    Nothing,
    /// More plaintext to read.
    Load(Load),
    /// To be somewhere else, which is known at once unless it is told from an unproved end.
    Seek(SeekFrom, Option<Load>),
}

type Load = Pin<Box<dyn Future<Output = Result<(Next, Zeroizing<Vec<u8>>)>> + Send>>;

impl<S: RangeSource + 'static> RangeReader<S> {
    fn load(&self, next: Next) -> Load {
        Box::pin(Arc::clone(&self.message).load(next))
    }

    fn pending(&mut self) -> &mut Pending {
        self.pending.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills the window, or stays pending for `purpose`.
    fn poll_load(
        &mut self,
        mut load: Load,
        purpose: impl FnOnce(Load) -> Pending,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let Poll::Ready(loaded) = load.as_mut().poll(cx) else {
            *self.pending() = purpose(load);
            return Poll::Pending;
        };
        let (next, bytes) = loaded?;
        self.window.fill(&next, bytes);
        Poll::Ready(Ok(()))
    }

    fn poll_seek(
        &mut self,
        to: SeekFrom,
        load: Option<Load>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let opener = self.message.opener.clone();
        if matches!(to, SeekFrom::End(_)) && opener.length().is_none() {
            let load = load.unwrap_or_else(|| self.load(Window::end_of(&opener)));
            ready!(self.poll_load(load, |load| Pending::Seek(to, Some(load)), cx))?;
        }
        self.window.seek(to, opener.length())?;
        Poll::Ready(Ok(()))
    }

    /// Gets done what an earlier call began.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match std::mem::replace(self.pending(), Pending::Nothing) {
            Pending::Nothing => Poll::Ready(Ok(())),
            Pending::Load(load) => self.poll_load(load, Pending::Load, cx),
            Pending::Seek(to, load) => self.poll_seek(to, load, cx),
        }
    }
}

/// The end of the plaintext is verified before it is said that there is no more.
impl<S: RangeSource + 'static> AsyncRead for RangeReader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.poll_pending(cx))?;
        if this.window.unread().is_empty()
            && buffer.remaining() > 0
            && let Some(next) = this.window.next(&this.message.opener)
        {
            let load = this.load(next);
            ready!(this.poll_load(load, Pending::Load, cx))?;
        }
        let unread = this.window.unread();
        let length = unread.len().min(buffer.remaining());
        buffer.put_slice(&unread[..length]);
        this.window.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// Positions past the end are allowed; there is nothing to read there. From the end, the end is
/// verified first; a seek that is dropped while it waits for that goes on with the next call.
impl<S: RangeSource + 'static> AsyncSeek for RangeReader<S> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        *self.pending() = Pending::Seek(to, None);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        // Who is about to go elsewhere does not wait for what was to be read here.
        if matches!(self.pending(), Pending::Seek(..)) {
            ready!(self.poll_pending(cx))?;
        }
        Poll::Ready(Ok(self.window.position()))
    }
}
