//! From plaintext to parts of a message.

use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use crypto_envelope::{self as core, ReservedFrames, Sealed, Sealer};

use crate::{Error, error::through_core};

/// Cuts a message into parts of equal length, wherever its frames end.
pub(super) struct Cutter {
    part_length: usize,
    frame_length: usize,
    stored_frame: usize,
    /// Plaintext that is not sealed yet.
    pieces: VecDeque<Bytes>,
    plaintext: usize,
    /// What the next part begins with: the header, or the rest of the frame that the last one ended in.
    front: Vec<u8>,
}

impl Cutter {
    /// Begins with the header of the message.
    pub(super) fn new(sealer: &mut Sealer, part_length: usize) -> core::Result<Self> {
        const NOT_FRAMED: Error = Error::Internal { what: "a message has no frames" };
        let core::BodyFormat::Framed { frame_length } = sealer.header().body_format() else {
            return Err(through_core(NOT_FRAMED));
        };
        let frame_length =
            usize::try_from(frame_length.get()).map_err(|_| through_core(NOT_FRAMED))?;
        let mut front = vec![0; sealer.push_length(0)];
        sealer.push(&[], &mut front)?;
        let stored_frame = sealer.push_length(frame_length);
        let pieces = VecDeque::new();
        Ok(Self { part_length, frame_length, stored_frame, pieces, plaintext: 0, front })
    }

    /// Takes plaintext behind what is there.
    pub(super) fn add(&mut self, piece: Bytes) {
        self.plaintext += piece.len();
        self.pieces.push_back(piece);
    }

    /// The next part, if there is enough for one.
    pub(super) fn next(&mut self, sealer: &mut Sealer) -> core::Result<Option<Part>> {
        let room = self.part_length.saturating_sub(self.front.len());
        let (frames, back) = (room / self.stored_frame, room % self.stored_frame);
        let needed = (frames + usize::from(back > 0)).saturating_mul(self.frame_length);
        if needed == 0 || self.plaintext < needed {
            return Ok(self.next_of_front());
        }
        let plaintext = self.cut(frames * self.frame_length);
        let mut front = std::mem::take(&mut self.front);
        let frames = if sealer.header().suite().is_signing() {
            seal_behind(&mut front, sealer, &plaintext)?;
            None
        } else {
            let frames = u32::try_from(frames).map_err(|_| through_core(TOO_LONG))?;
            Some((sealer.reserve(frames)?, plaintext))
        };
        let mut last = Vec::new();
        if back > 0 {
            let plaintext = self.cut(self.frame_length);
            seal_behind(&mut last, sealer, &plaintext)?;
        }
        self.front = last.split_off(back);
        Ok(Some(Part { front, frames, back: last }))
    }

    /// A frame may be longer than a part.
    fn next_of_front(&mut self) -> Option<Part> {
        if self.front.len() < self.part_length {
            return None;
        }
        let rest = self.front.split_off(self.part_length);
        let front = std::mem::replace(&mut self.front, rest);
        Some(Part { front, frames: None, back: Vec::new() })
    }

    /// How many bytes are still to be sealed.
    pub(super) fn work(&self) -> usize {
        self.plaintext
    }

    /// Ends the message, and gives what is left of it: more than one part if the last frame reaches into another one.
    pub(super) fn finish(mut self, mut sealer: Sealer) -> core::Result<(Sealed, Vec<Bytes>)> {
        let mut rest = std::mem::take(&mut self.front);
        let plaintext = self.cut(self.plaintext);
        seal_behind(&mut rest, &mut sealer, &plaintext)?;
        let start = rest.len();
        rest.resize(start + sealer.finish_length(0), 0);
        let sealed = sealer.finish(&[], &mut rest[start..])?;
        let mut rest = Bytes::from(rest);
        let mut parts = Vec::new();
        while rest.len() > self.part_length {
            parts.push(rest.split_to(self.part_length));
        }
        parts.push(rest);
        Ok((sealed, parts))
    }

    /// Takes the first bytes of the plaintext, of which there are so many.
    fn cut(&mut self, mut length: usize) -> Vec<Bytes> {
        self.plaintext -= length;
        let mut cut = Vec::new();
        while length > 0
            && let Some(mut piece) = self.pieces.pop_front()
        {
            let taken = piece.split_to(piece.len().min(length));
            length -= taken.len();
            if !piece.is_empty() {
                self.pieces.push_front(piece);
            }
            cut.push(taken);
        }
        cut
    }
}

impl fmt::Debug for Cutter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cutter")
            .field("part_length", &self.part_length)
            .field("plaintext", &format_args!("{} bytes", self.plaintext))
            .finish_non_exhaustive()
    }
}

/// A part, of which the frames in the middle are sealed when and where there is time for it.
pub(super) struct Part {
    front: Vec<u8>,
    frames: Option<(ReservedFrames, Vec<Bytes>)>,
    back: Vec<u8>,
}

impl Part {
    /// How many bytes are still to be sealed.
    pub(super) fn work(&self) -> usize {
        self.frames.as_ref().map_or(0, |(frames, _)| frames.stored_length())
    }

    /// The bytes to store.
    pub(super) fn seal(self) -> core::Result<Vec<u8>> {
        let Self { mut front, frames, back } = self;
        if let Some((frames, plaintext)) = frames {
            let start = front.len();
            front.reserve_exact(frames.stored_length() + back.len());
            front.resize(start + frames.stored_length(), 0);
            frames.seal_pieces(plaintext.iter().map(Bytes::as_ref), &mut front[start..])?;
        }
        front.extend_from_slice(&back);
        Ok(front)
    }
}

fn seal_behind(out: &mut Vec<u8>, sealer: &mut Sealer, plaintext: &[Bytes]) -> core::Result<()> {
    for piece in plaintext {
        let start = out.len();
        out.resize(start + sealer.push_length(piece.len()), 0);
        sealer.push(piece, &mut out[start..])?;
    }
    Ok(())
}

const TOO_LONG: Error = Error::Internal { what: "a part has too many frames" };
