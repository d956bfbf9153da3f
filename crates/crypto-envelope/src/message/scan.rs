//! Finding the end of a header while it arrives.

use super::{
    COMMITMENT_LENGTH, MESSAGE_ID_LENGTH,
    header::{check_version, suite_from_id},
};
use crate::{Error, LimitKind, Limits, Result, crypto::TAG_LENGTH};

/// Walks over the lengths in a header, each of them once however the bytes arrive, and checks
/// the limits before anything has to be kept for them.
#[derive(Debug)]
pub(crate) struct HeaderScan {
    step: Step,
    /// Bytes from the start of the message that the next step needs.
    needed: usize,
}

/// What the byte before `needed` completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Version,
    Suite,
    ContextLength,
    KeyCount,
    /// The length of a string: so many strings are still to come, this one included.
    StringLength(u32),
    End,
}

impl HeaderScan {
    pub(crate) fn new() -> Self {
        Self { step: Step::Version, needed: 1 }
    }

    /// Goes on with `header`, all bytes of the message so far. Returns the length of the header
    /// once it is complete, else how many bytes are needed to go on.
    pub(crate) fn advance(&mut self, header: &[u8], limits: &Limits) -> Result<Progress> {
        while header.len() >= self.needed {
            let seen = &header[..self.needed];
            let (step, needed) = match self.step {
                Step::Version => {
                    check_version(seen[0])?;
                    (Step::Suite, self.needed + 2)
                }
                Step::Suite => {
                    suite_from_id(last_u16(seen))?;
                    (Step::ContextLength, self.needed + MESSAGE_ID_LENGTH + 2)
                }
                Step::ContextLength => {
                    (Step::KeyCount, self.needed + usize::from(last_u16(seen)) + 2)
                }
                Step::KeyCount => self.after_key_count(last_u16(seen), limits)?,
                Step::StringLength(left) => {
                    let end = self.needed + usize::from(last_u16(seen));
                    after_string(left - 1, end)
                }
                Step::End => return Ok(Progress::Complete(self.needed)),
            };
            if needed > limits.max_header() {
                let limit = limits.max_header() as u64;
                return Err(Error::Limit { kind: LimitKind::Header, limit });
            }
            (self.step, self.needed) = (step, needed);
        }
        Ok(Progress::Needs(self.needed))
    }

    fn after_key_count(&self, count: u16, limits: &Limits) -> Result<(Step, usize)> {
        if count == 0 {
            let offset = (self.needed - 2) as u64;
            return Err(Error::Malformed { what: "no encrypted data keys", offset });
        }
        limits.check_encrypted_data_keys(usize::from(count))?;
        Ok(after_string(u32::from(count) * STRINGS_PER_KEY, self.needed))
    }
}

/// How far a [`HeaderScan`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The header has this many bytes, and all of them are there.
    Complete(usize),
    /// At least this many bytes of the message are needed to go on.
    Needs(usize),
}

fn after_string(left: u32, end: usize) -> (Step, usize) {
    match left {
        0 => (Step::End, end + TRAILER_LENGTH),
        left => (Step::StringLength(left), end + 2),
    }
}

fn last_u16(seen: &[u8]) -> u16 {
    seen.last_chunk().copied().map_or(0, u16::from_be_bytes)
}

/// Provider id, provider info, ciphertext.
const STRINGS_PER_KEY: u32 = 3;
/// Content type, frame length, commitment, tag.
const TRAILER_LENGTH: usize = 1 + 4 + COMMITMENT_LENGTH + TAG_LENGTH;
