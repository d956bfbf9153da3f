//! Frames that a sealer gave away.

use std::fmt;

use zeroize::Zeroizing;

use super::runs::{FrameSealer, stored_length};
use crate::{Error, Result};

/// Regular frames of one message with their numbers, of which the message has no others: made by
/// [`Sealer::reserve`](crate::Sealer::reserve).
///
/// They are sealed once, as [`seal`](Self::seal) takes them: send the same bytes again if they do not
/// arrive. A message of which such frames were dropped is not whole.
#[must_use = "the message is not whole without these frames"]
pub struct ReservedFrames {
    sealer: FrameSealer,
    first: u32,
    frames: u32,
}

impl ReservedFrames {
    pub(super) fn new(sealer: FrameSealer, first: u32, frames: u32) -> Self {
        Self { sealer, first, frames }
    }

    /// Length in bytes of the plaintext that they take, exactly.
    #[must_use]
    pub fn plaintext_length(&self) -> usize {
        self.frames as usize * self.sealer.frame_length()
    }

    /// Length in bytes of what they are sealed to.
    #[must_use]
    pub fn stored_length(&self) -> usize {
        self.frames as usize * stored_length(self.sealer.frame_length())
    }

    /// Seals `plaintext` into the front of `out`.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if `plaintext` does not have exactly its
    /// [length](Self::plaintext_length), or `out` is shorter than
    /// [it has to be](Self::stored_length). The frames are gone then.
    pub fn seal(self, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        if plaintext.len() != self.plaintext_length() {
            return Err(WRONG_LENGTH);
        }
        self.seal_pieces([plaintext], out)
    }

    /// The same for a plaintext in pieces. Only frames that lie across two of them are put together.
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal).
    #[expect(single_use_lifetimes, reason = "items have no lifetime without a name")]
    pub fn seal_pieces<'p>(
        self,
        pieces: impl IntoIterator<Item = &'p [u8]>,
        out: &mut [u8],
    ) -> Result<()> {
        let out = out.get_mut(..self.stored_length()).ok_or(crate::Sealer::OUT_TOO_SHORT)?;
        let mut rest = Rest { sealer: &self.sealer, next: self.first, left: self.frames, out };
        let frame_length = self.sealer.frame_length();
        let mut frame = Zeroizing::new(Vec::new());
        for mut piece in pieces {
            if !frame.is_empty() {
                let (head, tail) = piece.split_at(piece.len().min(frame_length - frame.len()));
                frame.extend_from_slice(head);
                piece = tail;
                if frame.len() < frame_length {
                    continue;
                }
                rest.seal(&frame)?;
                frame.clear();
            }
            let (frames, tail) = piece.split_at(piece.len() - piece.len() % frame_length);
            rest.seal(frames)?;
            if !tail.is_empty() {
                frame.reserve_exact(frame_length);
                frame.extend_from_slice(tail);
            }
        }
        if rest.left > 0 || !frame.is_empty() { Err(WRONG_LENGTH) } else { Ok(()) }
    }
}

/// What is still to be sealed, and where to.
struct Rest<'r> {
    sealer: &'r FrameSealer,
    next: u32,
    left: u32,
    out: &'r mut [u8],
}

impl Rest<'_> {
    /// Seals whole frames.
    fn seal(&mut self, frames: &[u8]) -> Result<()> {
        let count = u32::try_from(frames.len() / self.sealer.frame_length());
        let count = count.ok().filter(|count| *count <= self.left).ok_or(WRONG_LENGTH)?;
        let run = self.sealer.seal(self.next, frames, self.out)?;
        self.out = &mut std::mem::take(&mut self.out)[run.stored_length()..];
        self.next += count;
        self.left -= count;
        Ok(())
    }
}

const WRONG_LENGTH: Error = Error::Misuse { what: "the plaintext is not as long as the frames" };

impl fmt::Debug for ReservedFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReservedFrames")
            .field("first", &self.first)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}
