//! What somebody who reads one piece after the other holds of the plaintext.

use std::{fmt, io::SeekFrom, ops::Range};

use zeroize::Zeroizing;

use super::RangeOptions;
use crate::{Error, RangeOpener, Result};

/// A position in the plaintext, and the bytes around it that were read ahead.
pub(crate) struct Window {
    position: u64,
    start: u64,
    bytes: Zeroizing<Vec<u8>>,
    /// How many bytes were to be read when it was filled.
    size: u64,
    largest: u64,
}

/// What fills a window next.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    range: Range<u64>,
    size: u64,
}

impl Window {
    pub(crate) fn new(options: &RangeOptions) -> Self {
        let largest = options.read_ahead() as u64;
        Self { position: 0, start: 0, bytes: Zeroizing::default(), size: 0, largest }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What is there from the position on.
    pub(crate) fn unread(&self) -> &[u8] {
        let behind = self.position.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        behind.and_then(|behind| self.bytes.get(behind..)).unwrap_or_default()
    }

    /// Copies what is there to `buffer`, as far as it fits, and goes behind it.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let unread = self.unread();
        let length = unread.len().min(buffer.len());
        buffer[..length].copy_from_slice(&unread[..length]);
        self.advance(length);
        length
    }

    /// Goes behind so many bytes that are there.
    pub(crate) fn advance(&mut self, length: usize) {
        self.position += length as u64;
    }

    /// What to read now that nothing is there; `None` at the proved end.
    pub(crate) fn next(&self, opener: &RangeOpener) -> Option<Next> {
        if opener.length().is_some_and(|length| length <= self.position) {
            return None;
        }
        let goes_on = !self.bytes.is_empty() && self.position == self.end();
        let size = next_size(if goes_on { self.size } else { 0 }, self.largest);
        let range = self.position..self.position.saturating_add(size);
        Some(Next { range: opener.whole_frames(range), size })
    }

    /// What proves the end: that is where whoever asked for it goes on, as a rule.
    pub(crate) fn end_of(opener: &RangeOpener) -> Next {
        Next { range: opener.whole_frames(u64::MAX..u64::MAX), size: 0 }
    }

    /// Takes the plaintext of what was to be read.
    pub(crate) fn fill(&mut self, next: &Next, bytes: Zeroizing<Vec<u8>>) {
        self.start = next.range.start;
        self.bytes = bytes;
        self.size = next.size;
    }

    /// Goes to a position, which may be past the end. From the end it can be told only if that is
    /// known.
    pub(crate) fn seek(&mut self, to: SeekFrom, length: Option<u64>) -> Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => {
                let length = length.ok_or(Error::Internal { what: "the end is not proved" })?;
                length.checked_add_signed(offset)
            }
        };
        self.position =
            position.ok_or_else(|| Error::invalid_input("a position before the beginning"))?;
        Ok(self.position)
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Next {
    pub(crate) fn range(&self) -> Range<u64> {
        self.range.clone()
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.start..self.end();
        f.debug_struct("Window")
            .field("position", &self.position)
            .field("held", &held)
            .finish_non_exhaustive()
    }
}

/// How much is read at once after so much was, and 0 is nothing yet.
pub(crate) fn next_size(last: u64, largest: u64) -> u64 {
    let size = if last == 0 { FIRST } else { last.saturating_mul(2) };
    size.min(largest).max(1)
}

/// Small enough for somebody who looks here and there.
const FIRST: u64 = 64 << 10;
