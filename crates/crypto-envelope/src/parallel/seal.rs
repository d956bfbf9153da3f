//! Sealing on several threads.

use std::io::{Read, Write};

use zeroize::{Zeroize, Zeroizing};

use super::{
    Parallel, Shares,
    ends::{FromOffset, InOrder, Sink, Slices, ToOffset, ToWriter},
    memory,
    order::Progress,
    streams::{self, ENDED, Stage},
};
use crate::{
    Error, Result, Sealed, Sealer,
    engine::{FrameSealer, Run, TOO_MANY_FRAMES, stored_length},
    io::{self, AtOffset, ReadAt, WriteAt, room},
};

/// Sealing.
impl Parallel {
    /// As [`Sealer::push`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn seal_piece(
        &self,
        sealer: &mut Sealer,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let all = sealer.push_length(plaintext.len());
        if out.len() < all {
            return sealer.push(plaintext, out);
        }
        // What several threads sealed is in `out` before the sealer accepts it.
        let sealed = sealer.all_or_nothing(|sealer| {
            let (plaintext, out) = self.seal_frames(sealer, plaintext, &mut out[..all])?;
            sealer.push(plaintext, out)
        });
        if sealed.is_err() {
            out.zeroize();
        }
        sealed.map(|_| all)
    }

    /// As [`Sealer::finish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn seal_last(
        &self,
        mut sealer: Sealer,
        plaintext: &[u8],
        out: &mut [u8],
    ) -> Result<Sealed> {
        let all = sealer.finish_length(plaintext.len());
        let room = out.get_mut(..all).ok_or(Sealer::OUT_TOO_SHORT)?;
        let frames = self.seal_frames(&mut sealer, plaintext, room);
        let sealed = frames.and_then(|(plaintext, out)| sealer.finish(plaintext, out));
        if sealed.is_err() {
            out.zeroize();
        }
        sealed
    }

    /// Seals what is worth it on several threads. Returns what is left of both.
    fn seal_frames<'p, 'o>(
        &self,
        sealer: &mut Sealer,
        plaintext: &'p [u8],
        out: &'o mut [u8],
    ) -> Result<(&'p [u8], &'o mut [u8])> {
        // The header, and the frame that waits for more.
        let (first, plaintext) = plaintext.split_at(sealer.missing().min(plaintext.len()));
        let written = sealer.push(first, out)?;
        let out = &mut out[written..];
        let frames = sealer.frame_sealer();
        let shares = self.shares_in_memory(frames.frame_length(), plaintext.len());
        let (Some(shares), Some(first)) = (shares, sealer.next_of_run()) else {
            return Ok((plaintext, out));
        };
        let lengths = seal_slices(shares, first, &frames, sealer, plaintext, out)?;
        Ok((&plaintext[lengths.0..], &mut out[lengths.1..]))
    }

    /// As [`Sealer::seal`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn seal(&self, sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut message = Vec::new();
        self.seal_into(sealer, plaintext, &mut message)?;
        Ok(message)
    }

    /// As [`Sealer::seal_into`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn seal_into(&self, sealer: Sealer, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        sealer.append_to(plaintext, out, |sealer, out| self.seal_last(sealer, plaintext, out))
    }

    /// As [`io::encrypt`]. Whichever thread is free reads the next slice, and writes it when it is
    /// its turn.
    ///
    /// Slices are read as a whole, and ahead of time. A reader that keeps a thread waiting keeps
    /// what was read before it waiting, too, and errors; for pipes and sockets that may, use
    /// [`io::encrypt`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn encrypt(
        &self,
        sealer: Sealer,
        reader: impl Read + Send,
        writer: impl Write + Send,
    ) -> Result<Sealed> {
        match Sealing::shares(self, &sealer) {
            Some(shares) => {
                Sealing::run(shares, sealer, &InOrder::new(reader), ToWriter::new(writer))
            }
            None => io::encrypt(sealer, reader, writer),
        }
    }

    /// Encrypts all of `source` into `sink`, from their first bytes on. This is the fastest way from
    /// file to file: each thread reads and writes at the places of its own slices.
    ///
    /// # Errors
    ///
    /// As [`io::encrypt`]; [`Error::SourceChanged`] if the source turns out to have become shorter
    /// or longer in the meantime; [`Error::Misuse`] if a piece of plaintext was pushed into `sealer` before.
    /// What was written by then may have holes.
    pub fn encrypt_at(
        &self,
        sealer: Sealer,
        source: &(impl ReadAt + ?Sized),
        sink: &(impl WriteAt + ?Sized),
    ) -> Result<Sealed> {
        if !sealer.is_untouched() {
            return Err(Error::Misuse { what: "a piece of the plaintext was pushed before" });
        }
        sink.check_offsets()?;
        if let Some(shares) = Sealing::shares(self, &sealer) {
            return Sealing::run(shares, sealer, &FromOffset::new(source, 0), ToOffset(sink));
        }
        let sealed = io::encrypt(sealer, AtOffset::new(source, 0), AtOffset::new(sink, 0))?;
        sink.end_at(sealed.message_length())?;
        Ok(sealed)
    }
}

/// Returns how much plaintext was sealed into how many bytes.
fn seal_slices(
    shares: Shares,
    first: u32,
    frames: &FrameSealer,
    sealer: &mut Sealer,
    plaintext: &[u8],
    out: &mut [u8],
) -> Result<(usize, usize)> {
    let slices = plaintext
        .chunks_exact(shares.plaintext_length())
        .zip(out.chunks_exact_mut(shares.stored_length()));
    let (_, lengths) = memory::each_slice(
        shares.lanes,
        (sealer, (0, 0)),
        slices,
        |turn, plaintext, out| {
            let first = shares.first_frame(first, turn).ok_or(TOO_MANY_FRAMES)?;
            frames.seal(first, plaintext, out)
        },
        |(sealer, (plaintext_length, stored_length)), run, plaintext, stored| {
            sealer.accept(run, stored)?;
            *plaintext_length += plaintext.len();
            *stored_length += stored.len();
            Ok(Progress::More)
        },
    )?;
    Ok(lengths)
}

/// What is done to slices of plaintext.
struct Sealing {
    shares: Shares,
    first: u32,
    frames: FrameSealer,
}

impl Sealing {
    fn shares(parallel: &Parallel, sealer: &Sealer) -> Option<Shares> {
        let frame_length = sealer.frame_sealer().frame_length();
        let fits = sealer.may_buffer(frame_length) && !sealer.has_pending();
        parallel.shares_in_buffers(frame_length).filter(|_| fits)
    }

    fn run(
        shares: Shares,
        mut sealer: Sealer,
        source: &impl Slices,
        sink: impl Sink,
    ) -> Result<Sealed> {
        const NO_RUN: Error = Error::Internal { what: "no run can follow the header" };
        let mut start = vec![0; sealer.push_length(0)];
        sealer.push(&[], &mut start)?;
        sink.in_turn(&start)?;
        sink.after_turn(&start, 0)?;
        let first = sealer.next_of_run().ok_or(NO_RUN)?;
        let stage = Self { shares, first, frames: sealer.frame_sealer() };
        streams::pump(shares.lanes, &stage, sealer, start.len() as u64, source, sink)
    }
}

impl Stage for Sealing {
    type Engine = Sealer;
    type End = Sealed;

    fn slice(&self) -> usize {
        self.shares.plaintext_length()
    }

    fn prepare(&self, turn: u64, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<Run> {
        let first = self.shares.first_frame(self.first, turn).ok_or(TOO_MANY_FRAMES)?;
        let frames = input.len() / self.frames.frame_length();
        self.frames.seal(
            first,
            input,
            room(out, frames * stored_length(self.frames.frame_length())),
        )
    }

    fn take_turn(
        &self,
        sealer: &mut Option<Sealer>,
        run: &Run,
        input: &[u8],
        out: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(usize, Option<Sealed>)> {
        sealer.as_mut().ok_or(ENDED)?.accept(run, out)?;
        let length = run.stored_length();
        let Some(sealer) = sealer.take_if(|_| input.len() < self.slice()) else {
            return Ok((length, None));
        };
        let rest = &input[run.plaintext_length()..];
        let end = length + sealer.finish_length(rest.len());
        let sealed = sealer.finish(rest, &mut room(out, end)[length..])?;
        Ok((end, Some(sealed)))
    }
}
