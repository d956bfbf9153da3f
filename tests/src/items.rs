//! Streams of given items.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;

/// Gives its items, one after the other.
#[derive(Debug)]
pub struct Items<T = io::Result<Bytes>>(VecDeque<T>);

impl Items {
    /// All bytes as one item.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::pieces(bytes, bytes.len())
    }

    /// Items of this many bytes.
    #[must_use]
    pub fn pieces(bytes: &[u8], length: usize) -> Self {
        bytes.chunks(length.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect()
    }
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: Unpin> Stream for Items<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// The next item of a stream.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await
}
