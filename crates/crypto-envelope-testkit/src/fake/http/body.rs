//! The body of an answer, on its way.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{self, Instant, Interval, MissedTickBehavior};

/// How fast a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    /// A pause, so many bytes, and so on.
    Slow {
        bytes: usize,
        pause: Duration,
    },
}

/// A body that is sent at some pace.
#[derive(Debug)]
pub(super) struct Paced {
    rest: Bytes,
    most: usize,
    pauses: Option<Interval>,
}

impl Paced {
    /// To be made within a runtime.
    pub(super) fn new(body: Vec<u8>, pace: Pace) -> Self {
        let rest = Bytes::from(body);
        match pace {
            Pace::AtOnce => Self { most: rest.len(), rest, pauses: None },
            Pace::Slow { bytes, pause } => {
                // Nothing at a time would never end, and there is no interval without length.
                let pause = pause.max(Duration::from_millis(1));
                let mut pauses = time::interval_at(Instant::now() + pause, pause);
                pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
                Self { rest, most: bytes.max(1), pauses: Some(pauses) }
            }
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(pauses) = &mut self.pauses {
            ready!(pauses.poll_tick(context));
        }
        let next = self.most.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(next)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
