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
    pub(super) fn starts_behind(&self, length: u64) -> bool {
        matches!(self, Self::Range(range) if range.start > length)
    }

    /// The range, in a plaintext of this length.
    pub(super) fn within(&self, length: u64) -> Result<Range<u64>> {
        if self.starts_behind(length) {
            let what = format!("the range starts behind the end of the plaintext, {length} bytes");
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
pub(super) struct Run {
    pub(super) frames: Range<u64>,
    /// The stretch that they are for; none if only the end is to be proved.
    pub(super) stretch: Option<usize>,
}

/// Stored bytes that are fetched at once, and the frames to open in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) stored: Range<u64>,
    pub(super) runs: Vec<Run>,
}

/// The pieces of a plan. They are cut as they are needed: there may be more than memory has room
/// for, if whoever stores the message claims that it is that long.
#[derive(Debug)]
pub(super) struct Pieces {
    layout: Layout,
    /// In the order of the message.
    runs: VecDeque<Run>,
    merge_gap: u64,
    /// Where in the message the bytes end that need not be fetched.
    held_end: u64,
}

impl Pieces {
    pub(super) fn new(layout: Layout, runs: VecDeque<Run>, merge_gap: u64, held_end: u64) -> Self {
        Self { layout, runs, merge_gap, held_end }
    }

    pub(super) fn next(&mut self) -> Option<Piece> {
        let layout = self.layout;
        let first = self.runs.front()?.frames.start;
        let start = layout.start(first);
        let is_held = layout.end(first) <= self.held_end;
        let limit = if is_held { self.held_end } else { start.saturating_add(LONGEST_PIECE) };
        let mut piece = Piece { stored: start..start, runs: Vec::new() };
        while let Some(run) = self.runs.front_mut() {
            let frames = run.frames.clone();
            let gap = layout.start(frames.start) - piece.stored.end;
            let mut end = layout.last_before(limit, &frames);
            if piece.runs.is_empty() {
                // A frame is fetched at once, however long it is.
                end = end.max(frames.start + 1);
            } else if gap > self.merge_gap || end <= frames.start {
                break;
            }
            piece.stored.end = layout.end(end - 1);
            piece.runs.push(Run { frames: frames.start..end, stretch: run.stretch });
            if end < frames.end {
                run.frames.start = end;
                break;
            }
            self.runs.pop_front();
        }
        Some(piece)
    }
}

/// Most stored bytes that are fetched at once, unless a single frame is longer.
const LONGEST_PIECE: u64 = 8 << 20;
