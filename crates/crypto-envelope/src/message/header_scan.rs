//! Finding the end of a header while it arrives.

use super::{
    COMMITMENT_LENGTH,
    header::{check_type, message_id_length, parse_version, suite_from_id},
};
use crate::{
    Error, LimitKind, Limits, Result,
    crypto::{IV_LENGTH, TAG_LENGTH},
    suite::Version,
};

/// Walks over the lengths in a header, each of them once however the bytes arrive, and checks
/// the limits before anything has to be kept for them.
#[derive(Debug)]
pub(crate) struct HeaderScan {
    step: Step,
    version: Version,
    /// Bytes from the start of the message that the next step needs.
    needed: usize,
}

/// What the byte before `needed` completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Version,
    Type,
    Suite,
    ContextLength,
    KeyCount,
    /// The length of a string: so many strings are still to come, this one included.
    StringLength(u32),
    End,
}

impl HeaderScan {
    pub(crate) fn new() -> Self {
        Self { step: Step::Version, version: Version::V2, needed: 1 }
    }

    /// Goes on with `header`, all bytes of the message so far. Returns the length of the header
    /// once it is complete, else how many bytes are needed to go on.
    pub(crate) fn advance(&mut self, header: &[u8], limits: &Limits) -> Result<Progress> {
        while header.len() >= self.needed {
            let seen = &header[..self.needed];
            let (step, needed) = match self.step {
                Step::Version => {
                    self.version = parse_version(seen[0])?;
                    match self.version {
                        Version::V1 => (Step::Type, self.needed + 1),
                        Version::V2 => (Step::Suite, self.needed + 2),
                    }
                }
                Step::Type => {
                    check_type(seen[1])?;
                    (Step::Suite, self.needed + 2)
                }
                Step::Suite => {
                    suite_from_id(last_u16(seen), self.version)?;
                    let id = message_id_length(self.version);
                    (Step::ContextLength, self.needed + id + 2)
                }
                Step::ContextLength => {
                    (Step::KeyCount, self.needed + usize::from(last_u16(seen)) + 2)
                }
                Step::KeyCount => self.after_key_count(last_u16(seen), limits)?,
                Step::StringLength(left) => {
                    let end = self.needed + usize::from(last_u16(seen));
                    self.after_string(left - 1, end)
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
        Ok(self.after_string(u32::from(count) * STRINGS_PER_KEY, self.needed))
    }

    fn after_string(&self, left: u32, end: usize) -> (Step, usize) {
        match left {
            0 => (Step::End, end + trailer_length(self.version)),
            left => (Step::StringLength(left), end + 2),
        }
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

/// What follows the encrypted data keys.
fn trailer_length(version: Version) -> usize {
    let (content_type, frame_length) = (1, 4);
    let rest = match version {
        // Reserved bytes, IV length, IV.
        Version::V1 => 4 + 1 + IV_LENGTH,
        Version::V2 => COMMITMENT_LENGTH,
    };
    content_type + frame_length + rest + TAG_LENGTH
}

fn last_u16(seen: &[u8]) -> u16 {
    seen.last_chunk().copied().map_or(0, u16::from_be_bytes)
}

/// Provider id, provider info, ciphertext.
const STRINGS_PER_KEY: u32 = 3;
