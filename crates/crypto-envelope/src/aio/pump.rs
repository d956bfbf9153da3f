//! From a reader through an engine to a writer.

use std::{
    future::poll_fn,
    mem,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::{
    driver::{Driver, poll_turn},
    engine::{Batches, Engine},
    machine::Output,
    poll_read,
};
use crate::{
    Result,
    io::{CHUNK, room},
};

/// Everything that `reader` gives, through `engine`, to `writer`, which is flushed.
pub(super) async fn pump<E: Engine>(
    engine: E,
    reader: impl AsyncRead,
    writer: impl AsyncWrite,
) -> Result<E::End> {
    let (mut reader, mut writer) = (pin!(reader), pin!(writer));
    let (driver, batch, output) = (Driver::new(engine), Batch::default(), Output::default());
    let mut pump = Pump { driver, batch, output, outcome: None };
    poll_fn(|context| pump.poll(reader.as_mut(), writer.as_mut(), context)).await
}

/// While the engine works on one batch, the next one is read and the one before is written.
struct Pump<E: Engine> {
    driver: Driver<E>,
    batch: Batch,
    /// What is being written.
    output: Output,
    /// Known before all was written.
    outcome: Option<Result<E::End>>,
}

impl<E: Engine> Pump<E> {
    /// Goes round until nobody can do more. Errors come out in the order of the bytes, not of time.
    fn poll<R: AsyncRead, W: AsyncWrite>(
        &mut self,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
        context: &mut Context<'_>,
    ) -> Poll<Result<E::End>> {
        loop {
            let written = self.output.poll_write_to(writer.as_mut(), context)?;
            if self.outcome.is_some() {
                ready!(written);
                return self.poll_outcome(writer, context);
            }
            let read = self.batch.poll_fill(reader.as_mut(), context);
            let worked = self.poll_work(context);
            if read.is_pending() && worked.is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn poll_outcome<W: AsyncWrite>(
        &mut self,
        writer: Pin<&mut W>,
        context: &mut Context<'_>,
    ) -> Poll<Result<E::End>> {
        if let Some(Ok(_)) = self.outcome {
            ready!(writer.poll_flush(context))?;
        }
        self.outcome.take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready if anything happened.
    fn poll_work(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match ready!(self.poll_step(context)) {
            Ok(None) => {}
            Ok(Some(end)) => self.outcome = Some(Ok(end)),
            Err(error) => self.outcome = Some(Err(error)),
        }
        Poll::Ready(())
    }

    /// Takes what the engine made, or starts it on the next batch. It waits for the engine, the
    /// writer or the reader.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<E::End>>> {
        let machine = ready!(self.driver.poll_here(context))?;
        if !machine.output.is_empty() {
            if !self.output.is_empty() {
                return Poll::Pending;
            }
            mem::swap(&mut self.output, &mut machine.output);
            return Poll::Ready(Ok(None));
        }
        if let Some(end) = machine.end.take() {
            return Poll::Ready(Ok(Some(end)));
        }
        let next = ready!(self.batch.poll_next(E::BATCHES))?;
        let length = self.batch.take(&mut machine.input);
        match next {
            Next::Push => self.driver.push_input(length, context)?,
            Next::Finish => self.driver.finish_input(length, context)?,
        }
        Poll::Ready(Ok(None))
    }
}

/// What was read and not worked on yet.
#[derive(Default)]
struct Batch {
    bytes: Zeroizing<Vec<u8>>,
    length: usize,
    /// How the reader ended, as long as nobody has asked.
    end: Option<Result<()>>,
    /// Whether it has: it is not polled any more, as not every reader stands that.
    ended: bool,
}

/// What to do with a batch.
enum Next {
    Push,
    Finish,
}

impl Batch {
    /// Reads as much as there is, up to a whole batch. Ready if that was anything.
    fn poll_fill<R: AsyncRead>(
        &mut self,
        mut reader: Pin<&mut R>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let before = self.length;
        while !self.ended && self.length < CHUNK {
            if poll_turn(context).is_pending() {
                break;
            }
            if self.length == self.bytes.len() {
                room(&mut self.bytes, (2 * self.length).clamp(FIRST_PIECE, CHUNK));
            }
            match poll_read(reader.as_mut(), context, &mut self.bytes[self.length..]) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => self.end = Some(Ok(())),
                Poll::Ready(Ok(length)) => self.length += length,
                Poll::Ready(Err(error)) => self.end = Some(Err(error.into())),
            }
            self.ended = self.end.is_some();
            if self.ended {
                return Poll::Ready(());
            }
        }
        if self.length > before { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What to do with what is there, if it is enough.
    fn poll_next(&mut self, batches: Batches) -> Poll<Result<Next>> {
        let is_enough = match batches {
            Batches::Whole => self.length == CHUNK,
            Batches::AsRead => self.length > 0,
        };
        if is_enough {
            return Poll::Ready(Ok(Next::Push));
        }
        match self.end.take() {
            Some(ended) => Poll::Ready(ended.map(|()| Next::Finish)),
            None => Poll::Pending,
        }
    }

    /// Exchanges the batch for an empty buffer, and returns its length.
    fn take(&mut self, bytes: &mut Zeroizing<Vec<u8>>) -> usize {
        mem::swap(&mut self.bytes, bytes);
        mem::take(&mut self.length)
    }
}

/// Most messages are short: more room is made when it is needed.
const FIRST_PIECE: usize = 1 << 13;
