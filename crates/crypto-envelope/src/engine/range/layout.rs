//! Where in a message which frame is.

use std::ops::Range;

use crate::{
    Error, Result,
    message::{
        BodyFormat, Header,
        body::Part,
        footer,
        geometry::{regular_length, surely_regular_frames},
    },
};

/// The frames of a message: first those that are surely regular, then, counted as one more, the
/// *tail*. It is the final frame and its footer; as long as the length of the footer is not known
/// it may begin with a regular frame or two. The tail of a body that is not framed is all of it.
///
/// Whoever stores the message says how long it is, so all numbers that come from there are no more
/// than that: no sum of them overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Where the body begins.
    body: u64,
    message_length: u64,
    /// Plaintext bytes of a regular frame.
    frame_length: u64,
    /// Stored bytes of a regular frame.
    stored_frame: u64,
    regular: u64,
    /// Stored bytes of the tail that cannot be plaintext of its final frame.
    tail_overhead: u64,
    /// Of the plaintext, if there is just one that fits, or it is proved.
    length: Option<u64>,
    proof: Proof,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Missing,
    Given,
}

impl Layout {
    pub(super) fn new(header: &Header, message_length: u64) -> Result<Self> {
        let body = header.length() as u64;
        let Some(body_length) = message_length.checked_sub(body) else {
            return Err(Error::Truncated { offset: message_length });
        };
        let footer = footer::longest(header.suite()) as u64;
        let (frame_length, stored_frame, regular) = match header.body_format() {
            BodyFormat::NonFramed => (1, 1, 0),
            BodyFormat::Framed { frame_length } => (
                u64::from(frame_length.get()),
                regular_length(frame_length.get().into()),
                surely_regular_frames(body_length, frame_length, footer),
            ),
        };
        // Signatures differ in length, so that there is more than one plaintext length for these.
        let is_exact = !header.suite().is_signing();
        let estimate = || header.estimate_plaintext_length(message_length);
        let length = is_exact.then(estimate).flatten();
        Ok(Self {
            body,
            message_length,
            frame_length,
            stored_frame,
            regular,
            tail_overhead: footer + AROUND_FINAL_FRAME,
            length,
            proof: Proof::Missing,
        })
    }

    /// The same message, once its end was verified.
    pub(super) fn proved(&self, regular: u64, length: u64) -> Self {
        Self { regular, length: Some(length), proof: Proof::Given, ..*self }
    }

    /// Whether the end was verified.
    pub(super) fn is_proved(&self) -> bool {
        self.proof == Proof::Given
    }

    /// Where in the message the body begins.
    pub(super) fn body(&self) -> u64 {
        self.body
    }

    /// Length of the body with the footer.
    pub(super) fn body_length(&self) -> u64 {
        self.message_length - self.body
    }

    /// Length of the whole message.
    pub(super) fn message_length(&self) -> u64 {
        self.message_length
    }

    /// Length of the plaintext, if there is just one that fits or it is proved.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Plaintext bytes of a regular frame.
    pub(super) fn frame_length(&self) -> u64 {
        self.frame_length
    }

    /// The number of the tail, from 0: how many frames there are before it.
    pub(super) fn tail(&self) -> u64 {
        self.regular
    }

    /// Some frame of the tail has at least so much plaintext, if it is genuine.
    pub(super) fn least_of_tail(&self) -> u64 {
        let tail = self.message_length - self.start(self.regular);
        tail.saturating_sub(self.tail_overhead)
    }

    /// Where in the message a frame begins.
    pub(super) fn start(&self, frame: u64) -> u64 {
        self.body + frame * self.stored_frame
    }

    /// Where in the message a frame ends.
    pub(super) fn end(&self, frame: u64) -> u64 {
        if frame < self.regular { self.start(frame + 1) } else { self.message_length }
    }

    /// Where in the plaintext a frame begins.
    pub(super) fn plaintext_start(&self, frame: u64) -> u64 {
        frame * self.frame_length
    }

    /// The frames that hold a range that is not empty.
    pub(super) fn frames_of(&self, range: &Range<u64>) -> Range<u64> {
        let frame_of = |position: u64| (position / self.frame_length).min(self.regular);
        frame_of(range.start)..frame_of(range.end - 1) + 1
    }

    /// Where those at the front of `frames` stop that end before `limit` in the message.
    pub(super) fn last_before(&self, limit: u64, frames: &Range<u64>) -> u64 {
        if limit >= self.message_length {
            return frames.end;
        }
        let regular = limit.saturating_sub(self.body) / self.stored_frame;
        regular.min(self.regular).min(frames.end)
    }

    /// Whether an answer needs the tail, or depends on where it ends.
    pub(super) fn reaches_tail(&self, range: &Range<u64>) -> bool {
        range.is_empty() || range.end > self.plaintext_start(self.regular)
    }

    /// Whole frames from the one that `range` starts in: as many as end within it, but at least
    /// one. Goes to the end, if that is in the last of them.
    pub(super) fn whole_frames(&self, range: Range<u64>) -> Range<u64> {
        let tail = self.plaintext_start(self.regular);
        let start = (range.start - range.start % self.frame_length).min(tail);
        let end = range.end - range.end % self.frame_length;
        let end = end.max(start.saturating_add(self.frame_length));
        start..if end > tail { u64::MAX } else { end }
    }
}

/// What a tail has beside the plaintext of its final frame and the footer: what the format puts
/// around that, and maybe around a regular frame before it.
const AROUND_FINAL_FRAME: u64 =
    (Part::FinalFrame.overhead() + Part::RegularFrame.overhead()) as u64;
