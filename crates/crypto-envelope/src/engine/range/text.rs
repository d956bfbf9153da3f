//! Plaintext that is put together from frames.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    RangeOpener,
    layout::Layout,
    plan::{FrameSpan, Stretch},
};
use crate::{Error, Result, secret::reserve_wiped};

/// A stretch of plaintext, as far as it was opened.
pub(super) struct Text {
    stretch: Stretch,
    bytes: Zeroizing<Vec<u8>>,
}

impl Text {
    pub(super) fn new(stretch: Stretch) -> Self {
        Self { stretch, bytes: Zeroizing::default() }
    }

    /// Opens the frames of a span, whose stored bytes these are, behind what is there.
    pub(super) fn open(
        &mut self,
        opener: &RangeOpener,
        layout: &Layout,
        span: &FrameSpan,
        bytes: &[u8],
        scratch: &mut Zeroizing<Vec<u8>>,
    ) -> Result<()> {
        self.reserve(layout, &span.frames)?;
        let mut rest = bytes;
        for frame in span.frames.clone() {
            let length = index(layout.end(frame) - layout.start(frame))?;
            let (bytes, behind) = rest.split_at_checked(length).ok_or(FRAME_MISSING)?;
            if frame == layout.tail() {
                let tail = opener.open_tail(layout, bytes)?;
                self.take_part(layout, frame, &tail)?;
            } else {
                self.open_frame(opener, layout, frame, bytes, scratch)?;
            }
            rest = behind;
        }
        Ok(())
    }

    /// How many bytes have to move to make room for these frames.
    pub(super) fn moved_for(&self, layout: &Layout, frames: &Range<u64>) -> usize {
        let room = (self.bytes.capacity() - self.bytes.len()) as u64;
        if self.missing_through(layout, frames) > room { self.bytes.len() } else { 0 }
    }

    /// Appends the end, if that was opened before, and checks that all is there.
    pub(super) fn complete(&mut self, layout: &Layout, tail: Option<&[u8]>) -> Result<()> {
        let frames = layout.tail()..self.stretch.frames.end;
        if let Some(tail) = tail.filter(|_| !frames.is_empty()) {
            self.reserve(layout, &frames)?;
            self.take_part(layout, layout.tail(), tail)?;
        }
        if self.bytes.len() as u64 != self.stretch.range.end - self.stretch.range.start {
            return Err(Error::Internal { what: "a part of a range is missing" });
        }
        Ok(())
    }

    /// Gives away all of it.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes)
    }

    /// A copy of the plaintext of a range of it.
    pub(super) fn copy(&self, range: &Range<u64>) -> Result<Vec<u8>> {
        let start = self.stretch.range.start;
        Ok(self.bytes[index(range.start - start)?..index(range.end - start)?].to_vec())
    }

    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn address(&self) -> usize {
        self.bytes.as_ptr().addr()
    }

    /// Makes room for what these frames have of it. They were fetched, so that there is as much.
    fn reserve(&mut self, layout: &Layout, frames: &Range<u64>) -> Result<()> {
        let most = longest_buffer(self.stretch.range.end - self.stretch.range.start)?;
        let missing = index(self.missing_through(layout, frames))?;
        reserve_wiped(&mut self.bytes, missing, most);
        Ok(())
    }

    /// How many bytes come in up to the end of these frames.
    fn missing_through(&self, layout: &Layout, frames: &Range<u64>) -> u64 {
        let mut end = self.stretch.range.end;
        if frames.end <= layout.tail() {
            end = end.min(layout.plaintext_start(frames.end));
        }
        end.saturating_sub(self.stretch.range.start + self.bytes.len() as u64)
    }

    /// Opens a regular frame behind what is there, in place if all of it is wanted.
    fn open_frame(
        &mut self,
        opener: &RangeOpener,
        layout: &Layout,
        frame: u64,
        bytes: &[u8],
        scratch: &mut Zeroizing<Vec<u8>>,
    ) -> Result<()> {
        let start = layout.plaintext_start(frame);
        let end = start + layout.frame_length();
        let length = index(layout.frame_length())?;
        if self.stretch.range.start <= start && end <= self.stretch.range.end {
            let filled = self.bytes.len();
            self.bytes.resize(filled + length, 0);
            return opener.open_frame(layout, frame, bytes, &mut self.bytes[filled..]);
        }
        scratch.resize(length, 0);
        opener.open_frame(layout, frame, bytes, scratch)?;
        self.take_part(layout, frame, scratch)
    }

    /// Appends what is wanted of a frame.
    fn take_part(&mut self, layout: &Layout, frame: u64, plaintext: &[u8]) -> Result<()> {
        let start = layout.plaintext_start(frame);
        let from = index(self.stretch.range.start.saturating_sub(start))?;
        let to = index(self.stretch.range.end - start)?.min(plaintext.len());
        self.bytes.extend_from_slice(&plaintext[from.min(to)..to]);
        Ok(())
    }
}

/// As an index of something that is in memory, or is to be.
pub(super) fn index(value: u64) -> Result<usize> {
    usize::try_from(value).map_err(|_| too_long())
}

fn longest_buffer(length: u64) -> Result<usize> {
    match isize::try_from(length) {
        Ok(_) => index(length),
        Err(_) => Err(too_long()),
    }
}

fn too_long() -> Error {
    Error::invalid_input("a range is longer than memory can hold: read it in several pieces")
}

const FRAME_MISSING: Error = Error::Internal { what: "a frame of a fetch is missing" };
