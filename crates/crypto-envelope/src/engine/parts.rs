//! The parts of a body, one after the other, out of pieces of any size.

use super::{
    body_scan::{BodyScan, WholePart},
    runs::Run,
};
use crate::{Error, Header, LimitKind, Limits, Result, message::body::NeedsBytes};

/// Cuts a body into its parts. One that is there as a whole is handed out where it lies; only one
/// that is spread over several pieces is put together in a buffer.
#[derive(Debug)]
pub(super) struct Parts {
    scan: BodyScan,
    buffer: Vec<u8>,
    /// How much of the buffer is waiting for more: nothing once it was handed out.
    waiting: usize,
}

impl Parts {
    /// At the beginning of the body.
    pub(super) fn new(header: &Header, limits: Limits) -> Self {
        Self { scan: BodyScan::new(header, limits), buffer: Vec::new(), waiting: 0 }
    }

    pub(super) fn limits(&self) -> &Limits {
        self.scan.limits()
    }

    /// Whether the last part was handed out.
    pub(super) fn is_at_end(&self) -> bool {
        self.scan.is_at_end()
    }

    /// Number and length of the next frame, unless a piece of it is here.
    pub(super) fn next_frame(&self) -> Option<(u32, usize)> {
        self.scan.next_frame().filter(|_| self.waiting == 0)
    }

    /// Goes behind a run of frames that was seen to elsewhere.
    pub(super) fn skip(&mut self, run: &Run) {
        self.scan.skip(run);
    }

    /// How many bytes are waiting for more.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many bytes are needed to go on with what is waiting; `None` if nothing is, or it cannot
    /// go on.
    pub(super) fn missing(&self) -> Option<usize> {
        if self.waiting == 0 {
            return None;
        }
        match self.scan.unit(&self.buffer) {
            Ok(Err(needs)) => Some(needs.total - self.waiting),
            Ok(Ok(_)) | Err(_) => None,
        }
    }

    /// The length of the part that waits, if so many `more` bytes can complete it. It is 0 if
    /// nothing waits.
    pub(super) fn completed_by(&self, more: usize) -> Option<usize> {
        if self.waiting == 0 {
            return Some(0);
        }
        match self.scan.unit(&self.buffer) {
            Ok(Err(needs)) if needs.total > self.waiting.saturating_add(more) => None,
            Ok(Err(needs)) => Some(needs.total),
            Ok(Ok(_)) | Err(_) => Some(self.waiting),
        }
    }

    /// How many bytes of the message there were so far.
    pub(super) fn position(&self) -> u64 {
        self.scan.position() + self.waiting as u64
    }

    /// Takes the next part out of `rest`, with what was kept of earlier pieces; `None` if it is
    /// not complete, all of `rest` is kept then.
    #[expect(single_use_lifetimes, reason = "the pieces outlive the buffer that they are kept in")]
    pub(super) fn next<'next, 'rest: 'next>(
        &'next mut self,
        rest: &mut &'rest [u8],
    ) -> Result<Option<(WholePart, &'next [u8])>> {
        if self.waiting > 0 {
            return self.next_from_buffer(rest);
        }
        if rest.is_empty() {
            return Ok(None);
        }
        match self.scan.unit(rest)? {
            Ok(unit) => {
                let (bytes, tail) = rest.split_at(unit.total);
                *rest = tail;
                self.scan.advance(&unit);
                Ok(Some((unit, bytes)))
            }
            Err(needs) => {
                self.buffer.clear();
                self.keep(std::mem::take(rest), needs)?;
                Ok(None)
            }
        }
    }

    fn next_from_buffer(&mut self, rest: &mut &[u8]) -> Result<Option<(WholePart, &[u8])>> {
        loop {
            match self.scan.unit(&self.buffer)? {
                Ok(unit) => {
                    self.scan.advance(&unit);
                    self.waiting = 0;
                    return Ok(Some((unit, &self.buffer)));
                }
                Err(_) if rest.is_empty() => return Ok(None),
                Err(needs) => {
                    let missing = needs.total - self.buffer.len();
                    let (head, tail) = rest.split_at(rest.len().min(missing));
                    self.keep(head, needs)?;
                    *rest = tail;
                }
            }
        }
    }

    /// The limit counts plaintext, as it does when sealing.
    fn keep(&mut self, bytes: &[u8], needs: NeedsBytes) -> Result<()> {
        let limit = self.limits().max_buffered();
        let most = limit.saturating_add(needs.overhead);
        if bytes.len() > most.saturating_sub(self.buffer.len()) {
            return Err(Error::Limit { kind: LimitKind::Buffered, limit: limit as u64 });
        }
        self.buffer.extend_from_slice(bytes);
        self.waiting = self.buffer.len();
        Ok(())
    }
}
