//! Which stored bytes are fetched for which ranges.

use std::{collections::VecDeque, ops::Range};

use super::layout::Layout;
use crate::{Error, Result};

/// What somebody wants to read of the plaintext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Range(Range<u64>),
    /// So many bytes before the end.
    Suffix(u64),
}

impl Want {
    /// Whether the answer depends on how long the plaintext is.
    pub(super) fn depends_on_end(&self, layout: &Layout) -> bool {
        match self {
            Self::Range(range) => layout.reaches_tail(range),
            Self::Suffix(_) => true,
        }
    }

    /// Whether it cannot be had if the plaintext is that long.
    pub(super) fn starts_past(&self, length: u64) -> bool {
        matches!(self, Self::Range(range) if range.start > length)
    }

    /// The range, in a plaintext of this length.
    pub(super) fn within(&self, length: u64) -> Result<Range<u64>> {
        if self.starts_past(length) {
            let what = format!("the range starts past the end of the plaintext, {length} bytes");
            return Err(Error::InvalidInput { what });
        }
        Ok(match self {
            Self::Range(range) => range.start..range.end.min(length),
            Self::Suffix(bytes) => length.saturating_sub(*bytes)..length,
        })
    }
}

/// A stretch of plaintext that is put together at once: one range, or several that have a frame in
/// common. No two of them have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) range: Range<u64>,
    pub(super) frames: Range<u64>,
}

/// The stretches of some ranges in the order of the plaintext, and in which of them each range is;
/// one that is empty is in none.
pub(super) fn stretches(
    layout: &Layout,
    ranges: &[Range<u64>],
) -> (Vec<Stretch>, Vec<Option<usize>>) {
    let mut order: Vec<_> = (0..ranges.len()).filter(|i| !ranges[*i].is_empty()).collect();
    order.sort_by_key(|i| ranges[*i].start);
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut homes = vec![None; ranges.len()];
    for i in order {
        let (range, frames) = (ranges[i].clone(), layout.frames_of(&ranges[i]));
        match stretches.last_mut() {
            Some(last) if frames.start < last.frames.end => {
                last.range.end = last.range.end.max(range.end);
                last.frames.end = last.frames.end.max(frames.end);
            }
            _ => stretches.push(Stretch { range, frames }),
        }
        homes[i] = Some(stretches.len() - 1);
    }
    (stretches, homes)
}

/// Frames that are opened one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FrameSpan {
    pub(super) frames: Range<u64>,
    /// The stretch that they are for; none if only the end is to be proved.
    pub(super) stretch: Option<usize>,
}

/// Stored bytes that are fetched at once, and the frames to open in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    pub(super) stored: Range<u64>,
    pub(super) spans: Vec<FrameSpan>,
}

impl Fetch {
    /// Of the tail alone, to prove the end.
    pub(super) fn of_tail(layout: &Layout) -> Self {
        let tail = layout.tail();
        Self {
            stored: layout.start(tail)..layout.end(tail),
            spans: vec![FrameSpan { frames: tail..tail + 1, stretch: None }],
        }
    }
}

/// The fetches of a plan. They are cut as they are needed: there may be more than memory has room
/// for, if whoever stores the message claims that it is that long.
#[derive(Debug)]
pub(super) struct Fetches {
    layout: Layout,
    /// In the order of the message.
    spans: VecDeque<FrameSpan>,
    merge_gap: u64,
    /// Where in the message the bytes end that need not be fetched.
    held_end: u64,
}

impl Fetches {
    pub(super) fn new(
        layout: Layout,
        spans: VecDeque<FrameSpan>,
        merge_gap: u64,
        held_end: u64,
    ) -> Self {
        Self { layout, spans, merge_gap, held_end }
    }

    /// The next one, which is behind all before it. Those that are held come first.
    pub(super) fn next(&mut self) -> Option<Fetch> {
        let first = self.spans.front()?.frames.start;
        let limit = self.limit(first);
        let start = self.layout.start(first);
        let mut fetch = Fetch { stored: start..start, spans: Vec::new() };
        while let Some(span) = self.take_front(fetch.stored.end, limit) {
            fetch.stored.end = self.layout.end(span.frames.end - 1);
            fetch.spans.push(span);
        }
        Some(fetch)
    }

    /// Where in the message a fetch ends at the latest that begins with this frame, and holds all
    /// of it, however long it is.
    fn limit(&self, first: u64) -> u64 {
        let end = self.layout.end(first);
        if end <= self.held_end {
            self.held_end
        } else {
            self.layout.start(first).saturating_add(LONGEST_FETCH).max(end)
        }
    }

    /// Takes the next frames, as far as they go with a fetch that ends at `end` so far.
    fn take_front(&mut self, end: u64, limit: u64) -> Option<FrameSpan> {
        let span = self.spans.front_mut()?;
        let (start, stretch) = (span.frames.start, span.stretch);
        let last = self.layout.last_before(limit, &span.frames);
        if last <= start || self.layout.start(start) - end > self.merge_gap {
            return None;
        }
        span.frames.start = last;
        if span.frames.is_empty() {
            self.spans.pop_front();
        }
        Some(FrameSpan { frames: start..last, stretch })
    }
}

/// Most stored bytes that are fetched at once, unless a single frame is longer.
const LONGEST_FETCH: u64 = 8 << 20;
