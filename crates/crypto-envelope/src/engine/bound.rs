//! A bound that the caller sets on the plaintext of one message.

use crate::{Error, LimitKind, Result};

/// Most plaintext bytes of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaintextBound(u64);

impl PlaintextBound {
    pub(super) const NONE: Self = Self(u64::MAX);

    pub(super) fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Whether there may be so much, and so much more.
    pub(super) fn check(self, before: u64, more: usize) -> Result<()> {
        match before.checked_add(more as u64) {
            Some(all) if all <= self.0 => Ok(()),
            _ => Err(Error::Limit { kind: LimitKind::Plaintext, limit: self.0 }),
        }
    }

    /// Whether so many full frames may be there.
    pub(super) fn check_frames(self, frames: u32, frame_length: usize) -> Result<()> {
        // A frame is shorter than 2^32 bytes, so this cannot overflow.
        self.check(u64::from(frames) * frame_length as u64, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_taken_and_no_byte_more() {
        let bound = PlaintextBound::new(100);
        assert!(bound.check(0, 100).is_ok());
        assert!(bound.check(100, 0).is_ok());
        assert!(bound.check_frames(2, 50).is_ok());
        let refused = [bound.check(1, 100), bound.check_frames(3, 34), bound.check(u64::MAX, 1)];
        for refused in refused {
            let kind = LimitKind::Plaintext;
            assert!(matches!(refused, Err(Error::Limit { kind: k, limit: 100 }) if k == kind));
        }
        assert!(PlaintextBound::NONE.check_frames(u32::MAX, u32::MAX as usize).is_ok());
    }
}
