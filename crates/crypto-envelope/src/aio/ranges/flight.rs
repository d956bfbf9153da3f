//! Several fetches at the same time, whose answers are taken in order.

use std::{
    collections::VecDeque,
    future::poll_fn,
    ops::Range,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{Message, RangeSource};
use crate::{Error, RangeRead, RangeStep, Result, ranges::FetchedRange};

/// What was asked of a source. Whoever drops it gives all of it up.
pub(super) struct Flight<'m, S> {
    message: &'m Message<S>,
    /// In the order in which they were asked for.
    fetches: VecDeque<Fetch<'m>>,
    /// What there is no room for yet.
    next: Option<Range<u64>>,
    /// Bytes of all fetches, and of the answer that is being opened.
    bytes: u64,
    /// Those of the answer that is being opened.
    opening: u64,
}

/// What a read needs now.
pub(super) enum Todo {
    /// So many bytes that are there already to be opened.
    Open {
        length: usize,
    },
    /// The first answer.
    Push,
    Finish,
}

struct Fetch<'m> {
    range: Range<u64>,
    answer: Answer<'m>,
}

enum Answer<'m> {
    Awaited(Pin<Box<dyn Future<Output = Result<FetchedRange<Bytes>>> + Send + 'm>>),
    Here(Result<Bytes>),
}

impl<'m, S: RangeSource> Flight<'m, S> {
    pub(super) fn new(message: &'m Message<S>) -> Self {
        Self { message, fetches: VecDeque::new(), next: None, bytes: 0, opening: 0 }
    }

    /// Asks for as much of what `read` needs as may be on its way.
    pub(super) fn ask(&mut self, read: &mut RangeRead) -> Result<Todo> {
        loop {
            let range = match self.next.take() {
                Some(range) => range,
                None => match read.next_step()? {
                    RangeStep::Fetch(range) => range,
                    RangeStep::OpenHeld(length) => return Ok(Todo::Open { length }),
                    RangeStep::Push => return Ok(Todo::Push),
                    RangeStep::Finish => return Ok(Todo::Finish),
                },
            };
            if !self.has_room_for(&range) {
                self.next = Some(range);
                return Ok(Todo::Push);
            }
            self.fetch(range);
        }
    }

    /// The first answer. It counts until [there is room](Self::make_room) again.
    pub(super) async fn first(&mut self) -> Result<Bytes> {
        poll_fn(|context| self.poll_first(context)).await
    }

    /// What was opened is in memory no more.
    pub(super) fn make_room(&mut self) {
        self.bytes -= std::mem::take(&mut self.opening);
    }

    /// Does some work, while the fetches go on.
    pub(super) async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.poll_fetches(context);
            work.as_mut().poll(context)
        })
        .await
    }

    /// One fetch is on its way in any case, however long it is.
    fn has_room_for(&self, range: &Range<u64>) -> bool {
        let options = &self.message.options;
        let bytes = self.bytes.saturating_add(length(range));
        self.fetches.is_empty()
            || self.fetches.len() < options.concurrent_fetches().get()
                && bytes <= options.fetch_memory()
    }

    fn fetch(&mut self, range: Range<u64>) {
        let Message { source, pin, .. } = self.message;
        self.bytes += length(&range);
        let answer = Answer::Awaited(source.fetch(pin.request(range.clone())));
        self.fetches.push_back(Fetch { range, answer });
    }

    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes>> {
        self.poll_fetches(context);
        match self.fetches.pop_front() {
            Some(Fetch { range, answer: Answer::Here(bytes) }) => {
                self.opening = length(&range);
                Poll::Ready(bytes)
            }
            Some(awaited) => {
                self.fetches.push_front(awaited);
                Poll::Pending
            }
            None => Poll::Ready(Err(NOT_FETCHED)),
        }
    }

    /// Has all of them go on. An error stays where it is: what was asked for before goes first.
    fn poll_fetches(&mut self, context: &mut Context<'_>) {
        for Fetch { range, answer } in &mut self.fetches {
            if let Answer::Awaited(future) = answer
                && let Poll::Ready(fetched) = future.as_mut().poll(context)
            {
                let checked = fetched.and_then(|fetched| self.message.pin.checked(range, fetched));
                *answer = Answer::Here(checked);
            }
        }
    }
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

const NOT_FETCHED: Error = Error::Internal { what: "nothing was fetched" };
