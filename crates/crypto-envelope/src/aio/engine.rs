//! What the adapters ask of every engine.

use zeroize::Zeroizing;

use crate::{Finished, Opener, Outline, Outliner, Result, Sealed, Sealer, io::room};

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

impl Engine for Sealer {
    type End = Sealed;

    const BATCHES: Batches = Batches::Whole;
    const FAILED: &'static str = "an earlier write failed: start a new message";

    fn push_work(&self, input: usize) -> usize {
        Self::push_work(self, input)
    }

    fn finish_work(&self, rest: usize) -> usize {
        self.finish_length(rest)
    }

    fn push(&mut self, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<usize> {
        let length = self.push_length(input.len());
        Self::push(self, input, room(out, length))
    }

    fn finish(self, rest: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<(usize, Sealed)> {
        let length = self.finish_length(rest.len());
        Ok((length, Self::finish(self, rest, room(out, length))?))
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

    /// It hashes every byte, and nobody waits for plaintext: it is always sent away.
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
