//! Runs of full frames, sealed or opened away from the engine that they belong to.
//!
//! What is sealed here is not part of the message, and what is opened here is not verified as a
//! part of it, before the engine accepted the run. It accepts each frame number once, and in order.

use std::sync::Arc;

use super::{bound::PlaintextBound, frames::FrameCipher};
use crate::{
    Error, Result,
    message::{
        body::{Part, Prefix},
        geometry::regular_length,
    },
};

/// Seals frames of one message, on any thread.
#[derive(Clone)]
pub(crate) struct FrameSealer {
    pub(super) cipher: Arc<FrameCipher>,
    pub(super) frame_length: usize,
    pub(super) bound: PlaintextBound,
}

/// Opens frames of one message, on any thread.
#[derive(Clone)]
pub(crate) struct FrameOpener {
    pub(super) cipher: Arc<FrameCipher>,
    pub(super) frame_length: usize,
}

/// Regular frames that follow each other.
#[derive(Debug)]
#[must_use = "a run is part of the message once the engine has accepted it"]
pub(crate) struct Run {
    /// Number of the first frame.
    pub(super) first: u32,
    pub(super) frames: u32,
    pub(super) frame_length: usize,
}

impl Run {
    fn new(first: u32, frame_length: usize) -> Self {
        Self { first, frames: 0, frame_length }
    }

    /// Whether there is no frame in it. There always is a place for such a run.
    pub(super) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Length in bytes of their plaintext.
    pub(crate) fn plaintext_length(&self) -> usize {
        self.frames as usize * self.frame_length
    }

    /// Length in bytes as they are stored.
    pub(crate) fn stored_length(&self) -> usize {
        self.frames as usize * stored_length(self.frame_length)
    }

    /// The number behind the last frame, which must be one: the final frame has the largest.
    pub(crate) fn next(&self) -> Option<u32> {
        self.first.checked_add(self.frames)
    }
}

impl FrameSealer {
    /// Plaintext bytes of a frame.
    pub(crate) fn frame_length(&self) -> usize {
        self.frame_length
    }

    /// Seals every frame that `plaintext` fills, from the number `first` on, into the front of
    /// `out`. For each number only ever one plaintext: the sealer accepts no second run of it, but
    /// what was sealed must not get out before that.
    pub(crate) fn seal(&self, first: u32, plaintext: &[u8], out: &mut [u8]) -> Result<Run> {
        const NO_ROOM: Error = Error::Internal { what: "no room for a run of frames" };
        let mut run = Run::new(first, self.frame_length);
        let mut frames = out.chunks_exact_mut(stored_length(self.frame_length));
        for plaintext in plaintext.chunks_exact(self.frame_length) {
            let number = run.next().filter(|number| *number < u32::MAX);
            let number = number.ok_or(super::seal::TOO_MANY_FRAMES)?;
            self.bound.check_frames(number, self.frame_length)?;
            let frame = frames.next().ok_or(NO_ROOM)?;
            self.cipher.seal(Part::RegularFrame, number, plaintext, frame)?;
            run.frames += 1;
        }
        Ok(run)
    }
}

#[cfg(feature = "hazmat")]
impl FrameSealer {
    /// Seals what is left behind the regular frames into `out`, which has exactly the length of the
    /// frame.
    pub(crate) fn seal_final(&self, number: u32, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        self.cipher.seal(Part::FinalFrame, number, plaintext, out)
    }
}

impl FrameOpener {
    /// Seals frames of the same message once more, for who repeats what was sealed before.
    #[cfg(feature = "hazmat")]
    pub(crate) fn sealer(&self) -> FrameSealer {
        let (cipher, frame_length) = (self.cipher.clone(), self.frame_length);
        FrameSealer { cipher, frame_length, bound: PlaintextBound::NONE }
    }

    /// Plaintext bytes of a frame.
    pub(crate) fn frame_length(&self) -> usize {
        self.frame_length
    }

    /// Opens regular frames, from the number `first` on, into the front of `out`: as many as there
    /// are, up to one that is anything else or is not genuine. What to say of that one is the
    /// opener's business; of its plaintext nothing is left.
    pub(crate) fn open(&self, first: u32, stored: &[u8], out: &mut [u8]) -> Run {
        let mut run = Run::new(first, self.frame_length);
        let frames = stored.chunks_exact(stored_length(self.frame_length));
        for (frame, plaintext) in frames.zip(out.chunks_exact_mut(self.frame_length)) {
            let opened = run.next().and_then(|number| self.open_frame(number, frame, plaintext));
            if opened.is_none() {
                break;
            }
            run.frames += 1;
        }
        run
    }

    fn open_frame(&self, number: u32, frame: &[u8], plaintext: &mut [u8]) -> Option<()> {
        let prefix = Prefix::read_frame(frame, 0).ok()?.ok()?;
        let as_expected = prefix.part == Part::RegularFrame && prefix.number == number;
        as_expected.then(|| self.cipher.open(&prefix, frame, plaintext).ok())?
    }
}

/// Length in bytes of a regular frame with so much plaintext.
pub(crate) fn stored_length(frame_length: usize) -> usize {
    usize::try_from(regular_length(frame_length as u64)).unwrap_or(usize::MAX)
}
