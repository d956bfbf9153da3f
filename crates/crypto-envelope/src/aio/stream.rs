//! Streams of bytes, as object stores and HTTP clients give and take them.

use std::{
    error::Error as StdError,
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::{FusedStream, Stream};

use super::{
    driver::{Driver, poll_turn},
    engine::Engine,
};
use crate::{
    Error, Finished, HeaderParser, Opener, Result, Sealed, Sealer, UnverifiedHeader, io::CHUNK,
};

/// Encrypts what a stream gives; its items together are the message.
///
/// The message has an end only if the stream ended with `None`: pass errors on, so that nobody
/// takes what came before for a message. After an error or the end there is nothing but `None`.
///
/// The items of the input can be whatever turns into [`Bytes`] without being copied, such as
/// `Bytes` or `Vec<u8>`. They are the caller's, and not wiped.
pub struct EncryptStream<S>(Through<Sealer, S>);

impl<S> EncryptStream<S> {
    /// Encrypts all of `plaintext` into the message of `sealer`.
    /// [`Sealer::message_length`] says beforehand how long it will be.
    pub fn new(sealer: Sealer, plaintext: S) -> Self {
        Self(Through::new(sealer, plaintext))
    }

    /// What there is to know about the message, once the last of it came out.
    #[must_use]
    pub fn sealed(&self) -> Option<&Sealed> {
        self.0.end()
    }
}

impl<S> fmt::Debug for EncryptStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptStream").field("sealed", &self.sealed()).finish_non_exhaustive()
    }
}

/// Takes the header of a message off a stream. What follows it, the rest of an item first, is the
/// [`BodyStream`].
///
/// # Errors
///
/// [`Error::Io`] if the stream fails, [`Error::Truncated`] if it ends within the header, and what
/// [`HeaderParser`] says.
pub async fn take_header<S, B, E>(
    mut header: HeaderParser,
    mut message: S,
) -> Result<(UnverifiedHeader, BodyStream<S>)>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Into<Bytes>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    loop {
        let item = poll_fn(|context| poll_item(&mut message, context)).await?;
        let is_end = item.is_none();
        let mut unread = item.unwrap_or_default();
        let used = header.push(&unread)?;
        if is_end || used < unread.len() || header.is_complete() {
            let _ = unread.split_to(used);
            return Ok((header.finish()?, BodyStream { unread, message }));
        }
    }
}

/// What follows the header of a message: the stream, put back to the end of the header.
pub struct BodyStream<S> {
    unread: Bytes,
    message: S,
}

impl<S, B, E> Stream for BodyStream<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Into<Bytes>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.unread.is_empty() {
            return poll_item(&mut self.message, context).map(Result::transpose);
        }
        Poll::Ready(Some(Ok(std::mem::take(&mut self.unread))))
    }
}

impl<S> fmt::Debug for BodyStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").finish_non_exhaustive()
    }
}

/// Decrypts the body of a message that arrives as a stream, such as a [`BodyStream`].
///
/// **Read to the end.** Each byte is authentic when it comes out, but only the `None` without an
/// error before it says that nothing is missing: the whole message was verified then. After an
/// error or the end there is nothing but `None`.
///
/// The plaintext that came out is the caller's, and not wiped.
pub struct DecryptStream<S>(Through<Opener, S>);

impl<S> DecryptStream<S> {
    /// Decrypts what `opener` makes of `body`.
    pub fn new(opener: Opener, body: S) -> Self {
        Self(Through::new(opener, body))
    }

    /// What is known at the end of the message, all plaintext of which came out by then; `None`
    /// before the end was reached and verified.
    #[must_use]
    pub fn finished(&self) -> Option<&Finished> {
        self.0.end()
    }
}

impl<S> fmt::Debug for DecryptStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptStream").field("finished", &self.finished()).finish_non_exhaustive()
    }
}

/// Both are streams of what comes through their engine.
macro_rules! stream_through {
    ($($adapter:ident),*) => {$(
        impl<S, B, E> Stream for $adapter<S>
        where
            S: Stream<Item = Result<B, E>> + Unpin,
            B: Into<Bytes>,
            E: Into<Box<dyn StdError + Send + Sync>>,
        {
            type Item = Result<Bytes>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.0.poll_next(context)
            }
        }

        impl<S, B, E> FusedStream for $adapter<S>
        where
            S: Stream<Item = Result<B, E>> + Unpin,
            B: Into<Bytes>,
            E: Into<Box<dyn StdError + Send + Sync>>,
        {
            fn is_terminated(&self) -> bool {
                self.0.stage == Stage::Over
            }
        }
    )*};
}

stream_through!(EncryptStream, DecryptStream);

/// From a stream through an engine.
struct Through<N: Engine, S> {
    driver: Driver<N>,
    input: S,
    /// What is left of a long item.
    rest: Bytes,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// The end was said, or an error.
    Over,
}

impl<N: Engine, S> Through<N, S> {
    fn new(engine: N, input: S) -> Self {
        Self { driver: Driver::new(engine), input, rest: Bytes::new(), stage: Stage::Open }
    }

    /// What is known at the end, once all output was taken.
    fn end(&self) -> Option<&N::End> {
        self.driver.here().filter(|machine| machine.output.is_empty())?.end.as_ref()
    }

    fn poll_next<B, E>(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>>
    where
        S: Stream<Item = Result<B, E>> + Unpin,
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        if self.stage == Stage::Over {
            return Poll::Ready(None);
        }
        let next = ready!(self.poll_output(context)).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.stage = Stage::Over;
        }
        if let Some(Err(_)) = next {
            self.driver.fail();
        }
        Poll::Ready(next)
    }

    fn poll_output<B, E>(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>>
    where
        S: Stream<Item = Result<B, E>> + Unpin,
        B: Into<Bytes>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        loop {
            let machine = ready!(self.driver.poll_here(context))?;
            if !machine.output.is_empty() {
                return Poll::Ready(Ok(Some(machine.output.take().into())));
            }
            if machine.end.is_some() {
                return Poll::Ready(Ok(None));
            }
            ready!(poll_turn(context));
            if self.rest.is_empty() {
                match ready!(poll_item(&mut self.input, context))? {
                    Some(item) => self.rest = item,
                    None => self.driver.finish_input(0, context)?,
                }
            }
            if !self.rest.is_empty() {
                let piece = self.rest.split_to(self.rest.len().min(CHUNK));
                self.driver.push_shared(piece, context)?;
            }
        }
    }
}

/// The next item of a stream, in the types of this crate.
fn poll_item<S, B, E>(stream: &mut S, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Into<Bytes>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    let item = ready!(Pin::new(stream).poll_next(context)).transpose();
    Poll::Ready(item.map(|bytes| bytes.map(Into::into)).map_err(|error| foreign(error.into())))
}

/// The error of a stream. One of ours, or of the system, stays what it is.
fn foreign(error: Box<dyn StdError + Send + Sync>) -> Error {
    match error.downcast::<io::Error>() {
        Ok(error) => (*error).into(),
        Err(error) => io::Error::other(error).into(),
    }
}
