//! What the adapters ask of every engine.

use zeroize::Zeroizing;

use crate::{
    Finished, Opener, Outline, Outliner, Result, Sealer,
    io::{Sealed, room},
};

/// Bytes in, bytes out, and something that is known at the end.
pub(super) trait Engine: Send + 'static {
    type End: Send + 'static;

    const BATCHES: Batches;
    /// What is said to those who go on after an error.
    const FAILED: &'static str;

    /// About how many bytes [`push`](Self::push) works through.
    fn push_work(&self, input: usize) -> usize;

    /// About how many bytes [`finish`](Self::finish) works through.
    fn finish_work(&self, rest: usize) -> usize;

    /// Writes to the front of `out`, which it makes large enough, and returns how much.
    fn push(&mut self, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<usize>;

    /// As `push` with the last piece, which may be empty.
    fn finish(self, rest: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<(usize, Self::End)>;
}

/// How a pump cuts what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batches {
    /// Into whole ones; the last one is for `finish`.
    Whole,
    /// As it arrives: what can be opened is not kept waiting.
    AsRead,
}

/// A [`Sealer`] that counts.
pub(super) struct Sealing {
    sealer: Sealer,
    plaintext_length: u64,
    message_length: u64,
}

impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, plaintext_length: 0, message_length: 0 }
    }
}

impl Engine for Sealing {
    type End = Sealed;

    const BATCHES: Batches = Batches::Whole;
    const FAILED: &'static str = "an earlier write failed: start a new message";

    fn push_work(&self, input: usize) -> usize {
        self.sealer.push_work(input)
    }

    fn finish_work(&self, rest: usize) -> usize {
        self.sealer.finish_length(rest)
    }

    fn push(&mut self, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<usize> {
        let written = self.sealer.push(input, room(out, self.sealer.push_length(input.len())))?;
        self.plaintext_length += input.len() as u64;
        self.message_length += written as u64;
        Ok(written)
    }

    fn finish(self, rest: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<(usize, Sealed)> {
        let Self { sealer, plaintext_length, message_length } = self;
        let (header, context) = (sealer.header().clone(), sealer.context().clone());
        let room = room(out, sealer.finish_length(rest.len()));
        let written = sealer.finish(rest, room)?;
        let plaintext_length = plaintext_length + rest.len() as u64;
        let message_length = message_length + written as u64;
        Ok((written, Sealed { header, context, plaintext_length, message_length }))
    }
}

impl Engine for Opener {
    type End = Finished;

    const BATCHES: Batches = Batches::AsRead;
    const FAILED: &'static str = "an earlier read failed";

    fn push_work(&self, input: usize) -> usize {
        Self::push_work(self, input)
    }

    fn finish_work(&self, rest: usize) -> usize {
        Self::push_work(self, rest)
    }

    fn push(&mut self, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<usize> {
        let bound = self.push_bound(input.len());
        Self::push(self, input, room(out, bound))
    }

    fn finish(mut self, rest: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<(usize, Finished)> {
        let written = Engine::push(&mut self, rest, out)?;
        let mut finished = Self::finish(self)?;
        let held = finished.take_held_plaintext();
        if held.is_empty() {
            return Ok((written, finished));
        }
        // An opener that holds plaintext writes none before the end.
        *out = held;
        Ok((out.len(), finished))
    }
}

impl Engine for Outliner {
    type End = Outline;

    const BATCHES: Batches = Batches::AsRead;
    const FAILED: &'static str = "an earlier read failed";

    /// It does not tell, and is not in a hurry.
    fn push_work(&self, _: usize) -> usize {
        usize::MAX
    }

    fn finish_work(&self, rest: usize) -> usize {
        rest
    }

    fn push(&mut self, input: &[u8], _: &mut Zeroizing<Vec<u8>>) -> Result<usize> {
        Self::push(self, input).map(|()| 0)
    }

    fn finish(mut self, rest: &[u8], _: &mut Zeroizing<Vec<u8>>) -> Result<(usize, Outline)> {
        Self::push(&mut self, rest)?;
        Ok((0, Self::finish(self)?))
    }
}
