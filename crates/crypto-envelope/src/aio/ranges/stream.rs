//! A range as a stream of pieces.

use std::{
    fmt,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::{FusedStream, Stream};

use super::{Message, RangeSource};
use crate::{Result, ranges::next_size};

/// The plaintext of a range, piece by piece: made by [`RangeReader::stream`](super::RangeReader::stream).
///
/// Every piece is verified before it comes out. **Read to the end**: only the `None` without an
/// error before it says that nothing of the range is missing, and that the end was verified if the
/// range depends on it. After an error or the end there is nothing but `None`.
///
/// The pieces are the caller's, and not wiped.
pub struct RangeStream<S> {
    message: Arc<Message<S>>,
    /// What is still to come.
    rest: Range<u64>,
    /// How much was to be read the last time.
    size: u64,
    stage: Stage,
}

enum Stage {
    Between,
    Reading { length: u64, load: Load },
    Over,
}

type Load = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;

impl<S> RangeStream<S> {
    pub(super) fn new(message: Arc<Message<S>>, range: Range<u64>) -> Self {
        Self { message, rest: range, size: 0, stage: Stage::Between }
    }
}

impl<S: RangeSource + 'static> RangeStream<S> {
    /// Begins to read the next piece: whole frames, but for the first and the last one.
    fn load(&mut self) -> Stage {
        let (start, opener) = (self.rest.start, &self.message.opener);
        self.size = next_size(self.size, self.message.options.read_ahead() as u64);
        let frames = opener.whole_frames(start..start.saturating_add(self.size));
        let piece = start..frames.end.min(self.rest.end);
        let length = piece.end.saturating_sub(start);
        let message = Arc::clone(&self.message);
        let load = async move { message.run_one(message.opener.read(&[piece])?).await };
        Stage::Reading { length, load: Box::pin(load) }
    }
}

impl<S: RangeSource + 'static> Stream for RangeStream<S> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if matches!(this.stage, Stage::Between) {
            this.stage = this.load();
        }
        let Stage::Reading { length, load } = &mut this.stage else { return Poll::Ready(None) };
        let (length, read) = (*length, ready!(load.as_mut().poll(context)));
        this.stage = Stage::Over;
        let plaintext = match read {
            Ok(plaintext) => plaintext,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        this.rest.start += plaintext.len() as u64;
        // Less than that is an answer only once the end was verified.
        let is_whole = plaintext.len() as u64 == length;
        if is_whole && !this.rest.is_empty() {
            this.stage = Stage::Between;
        }
        Poll::Ready((!plaintext.is_empty()).then(|| Ok(plaintext.into())))
    }
}

impl<S: RangeSource + 'static> FusedStream for RangeStream<S> {
    fn is_terminated(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }
}

impl<S> fmt::Debug for RangeStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeStream")
            .field("opener", &self.message.opener)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}
