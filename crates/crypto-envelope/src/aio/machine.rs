//! An engine with its buffers.

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;
use zeroize::Zeroizing;

use super::engine::Engine;
use crate::{Error, Result};

/// All that moves to another thread and back.
pub(super) struct Machine<E: Engine> {
    /// Gone once it has finished.
    engine: Option<E>,
    /// For pieces that the machine owns.
    pub(super) input: Zeroizing<Vec<u8>>,
    pub(super) output: Output,
    pub(super) end: Option<E::End>,
}

impl<E: Engine> Machine<E> {
    pub(super) fn new(engine: E) -> Self {
        let (input, output) = (Zeroizing::default(), Output::default());
        Self { engine: Some(engine), input, output, end: None }
    }

    pub(super) fn push_work(&self, input: usize) -> usize {
        self.engine.as_ref().map_or(0, |engine| engine.push_work(input))
    }

    pub(super) fn finish_work(&self, rest: usize) -> usize {
        self.engine.as_ref().map_or(0, |engine| engine.finish_work(rest))
    }

    /// All output was taken before.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<()> {
        let engine = self.engine.as_mut().ok_or(ENDED)?;
        let written = engine.push(piece, &mut self.output.bytes)?;
        self.output.unread = 0..written;
        Ok(())
    }

    /// Pushes the first `length` bytes of `input`.
    pub(super) fn push_input(&mut self, length: usize) -> Result<()> {
        let input = std::mem::take(&mut self.input);
        self.push(&input[..length])?;
        self.input = input;
        Ok(())
    }

    /// Ends with the first `length` bytes of `input`. All output was taken before.
    pub(super) fn finish_input(&mut self, length: usize) -> Result<()> {
        let engine = self.engine.take().ok_or(ENDED)?;
        let (written, end) = engine.finish(&self.input[..length], &mut self.output.bytes)?;
        self.output.unread = 0..written;
        self.end = Some(end);
        Ok(())
    }
}

/// What an engine wrote, and how much of it was taken.
#[derive(Default)]
pub(super) struct Output {
    bytes: Zeroizing<Vec<u8>>,
    unread: Range<usize>,
}

impl Output {
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.unread.clone()]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    pub(super) fn consume(&mut self, length: usize) {
        self.unread.start += length.min(self.unread.len());
    }

    /// Takes the buffer itself, nothing of which was taken before.
    #[cfg(feature = "stream")]
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut *self.bytes);
        bytes.truncate(std::mem::take(&mut self.unread).end);
        bytes
    }

    /// Writes until nothing is left.
    pub(super) fn poll_write_to<W: AsyncWrite>(
        &mut self,
        mut writer: Pin<&mut W>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            match ready!(writer.as_mut().poll_write(context, self.unread())) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(length) => self.consume(length),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

const ENDED: Error = Error::Misuse { what: "the message has ended" };
