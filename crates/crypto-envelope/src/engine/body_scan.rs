//! Walking over the parts of a body, by their lengths alone.

use super::runs::Run;
use crate::{
    Error, Limits, Result,
    message::{
        BodyFormat, Header,
        body::{LONGEST_BLOCK, NeedsBytes, Part, Prefix},
        footer,
    },
};

/// Where in a body we are, and what has to come next.
#[derive(Debug)]
pub(super) struct BodyScan {
    stage: Stage,
    /// Where in the message the next part begins.
    position: u64,
    signed: bool,
    limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The frame with this number comes next.
    Frame {
        number: u32,
        frame_length: usize,
    },
    Block,
    End,
}

/// A part of the body that is there as a whole.
pub(super) struct WholePart {
    pub(super) prefix: Prefix,
    pub(super) plaintext: usize,
    /// Of the part alone.
    pub(super) length: usize,
    /// Of the part with the footer, where one follows.
    pub(super) total: usize,
}

impl BodyScan {
    /// At the beginning of the body.
    pub(super) fn new(header: &Header, limits: Limits) -> Self {
        let stage = match header.body_format() {
            BodyFormat::NonFramed => Stage::Block,
            BodyFormat::Framed { frame_length } => {
                let frame_length = usize::try_from(frame_length.get()).unwrap_or(usize::MAX);
                Stage::Frame { number: 1, frame_length }
            }
        };
        let signed = header.suite().is_signing();
        Self { stage, position: header.length() as u64, signed, limits }
    }

    /// In the middle of a body: before the frame that `before` others precede, at `position`. For a
    /// body that is not framed there is only its beginning.
    pub(super) fn at_frame(header: &Header, limits: Limits, before: u64, position: u64) -> Self {
        let mut scan = Self { position, ..Self::new(header, limits) };
        if let Stage::Frame { number, .. } = &mut scan.stage {
            // No frame has the number of the highest one, which marks a final frame.
            *number = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        }
        scan
    }

    /// Where in the message the next part begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.stage == Stage::End
    }

    /// Number and length of the next frame.
    pub(super) fn next_frame(&self) -> Option<(u32, usize)> {
        match self.stage {
            Stage::Frame { number, frame_length } => Some((number, frame_length)),
            Stage::Block | Stage::End => None,
        }
    }

    /// Goes behind a run of regular frames.
    pub(super) fn skip(&mut self, run: &Run) {
        if let Stage::Frame { number, .. } = &mut self.stage {
            *number = number.saturating_add(run.frames);
            self.position += run.stored_length() as u64;
        }
    }

    /// Goes behind `unit`.
    pub(super) fn advance(&mut self, unit: &WholePart) {
        self.position += unit.total as u64;
        self.stage = match self.stage {
            Stage::Frame { number, frame_length } if unit.prefix.part == Part::RegularFrame => {
                // No overflow: the largest number marks a final frame.
                Stage::Frame { number: number.saturating_add(1), frame_length }
            }
            _ => Stage::End,
        };
    }

    /// The part that begins with `bytes`, if all of it is there.
    pub(super) fn unit(&self, bytes: &[u8]) -> Result<Result<WholePart, NeedsBytes>> {
        let malformed =
            |what, behind| Err(Error::Malformed { what, offset: self.position + behind as u64 });
        let (prefix, longest) = match self.stage {
            Stage::Frame { frame_length, .. } => {
                (Prefix::read_frame(bytes, self.position)?, frame_length as u64)
            }
            Stage::Block => (Prefix::read_block(bytes, self.position)?, LONGEST_BLOCK),
            Stage::End => return malformed("bytes after the end of the message", 0),
        };
        let prefix = match prefix {
            Ok(prefix) => prefix,
            Err(needs) => return Ok(Err(needs)),
        };
        if let Stage::Frame { number, .. } = self.stage
            && prefix.number != number
        {
            let offset = if prefix.part == Part::FinalFrame { 4 } else { 0 };
            return malformed("unexpected frame number", offset);
        }
        let length = prefix.length.unwrap_or(longest);
        if length > longest {
            return malformed("a part is longer than it may be", prefix.part.prefix_length());
        }
        self.limits.check_claimed_frame(length)?;
        let plaintext = usize::try_from(length).unwrap_or(usize::MAX);
        let length = plaintext.saturating_add(prefix.part.overhead());
        let unit = WholePart { prefix, plaintext, length, total: length };
        Ok(if prefix.part == Part::RegularFrame {
            unit.if_within(bytes)
        } else {
            self.with_footer(unit, bytes)
        })
    }

    /// The last part comes with the footer: its plaintext is not to come out before the signature
    /// is verified, whatever the mode.
    fn with_footer(&self, mut unit: WholePart, bytes: &[u8]) -> Result<WholePart, NeedsBytes> {
        if self.signed {
            let footer = bytes.get(unit.length..).and_then(footer::stored_length);
            unit.total = unit.length.saturating_add(footer.unwrap_or(footer::LENGTH_FIELD));
            if footer.is_none() {
                return Err(unit.needs());
            }
        }
        unit.if_within(bytes)
    }
}

impl WholePart {
    fn if_within(self, bytes: &[u8]) -> Result<Self, NeedsBytes> {
        if bytes.len() < self.total { Err(self.needs()) } else { Ok(self) }
    }

    fn needs(&self) -> NeedsBytes {
        NeedsBytes { total: self.total, overhead: self.total - self.plaintext }
    }
}
