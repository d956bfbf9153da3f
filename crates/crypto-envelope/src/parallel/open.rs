//! Opening on several threads.

use std::io::{Read, Seek, Write};

use zeroize::{Zeroize, Zeroizing};

use super::{
    Parallel, Shares,
    ends::{FromOffset, InOrder, Sink, Slices, ToOffset, ToWriter},
    memory,
    order::Progress,
    streams::{self, ENDED, Stage},
};
use crate::{
    Finished, Opener, Result,
    engine::{FrameOpener, Run, stored_length},
    io::{self, AtOffset, MessageBody, ReadAt, WriteAt, room},
};

/// Opening.
impl Parallel {
    /// As [`Opener::push`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_piece(
        &self,
        opener: &mut Opener,
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let opened = self.open_parts(opener, ciphertext, out);
        if opened.is_err() {
            out.zeroize();
        }
        opened
    }

    fn open_parts(&self, opener: &mut Opener, ciphertext: &[u8], out: &mut [u8]) -> Result<usize> {
        let bound = opener.push_bound(ciphertext.len());
        if out.len() < bound {
            return opener.push(ciphertext, out);
        }
        // Not more than that: what is to be held must not be opened here.
        let out = &mut out[..bound];
        let (mut rest, mut written) = (ciphertext, 0);
        // Of a frame that waits for more, first its prefix may be missing.
        while let Some(missing) = opener.missing().filter(|_| !rest.is_empty()) {
            let (first, others) = rest.split_at(missing.min(rest.len()));
            written += opener.push(first, &mut out[written..])?;
            rest = others;
        }
        let lengths = self.open_slices(opener, rest, &mut out[written..])?;
        written += lengths.1;
        Ok(written + opener.push(&rest[lengths.0..], &mut out[written..])?)
    }

    /// As [`Opener::open_into`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_into(&self, opener: Opener, body: &[u8], out: &mut Vec<u8>) -> Result<Finished> {
        opener.append_to(body, out, |opener, out| self.open_piece(opener, body, out))
    }

    /// Returns how many bytes were opened to how much plaintext.
    fn open_slices(
        &self,
        opener: &mut Opener,
        body: &[u8],
        out: &mut [u8],
    ) -> Result<(usize, usize)> {
        let Some((first, frames)) = opener.frame_opener() else { return Ok((0, 0)) };
        let shares = self.shares_in_memory(frames.frame_length(), body.len());
        let Some(shares) = shares else { return Ok((0, 0)) };
        let slices = body
            .chunks_exact(shares.stored_length())
            .zip(out.chunks_exact_mut(shares.plaintext_length()));
        let (_, lengths) = memory::each_slice(
            shares.lanes,
            (opener, (0, 0)),
            slices,
            |turn, stored, out| Ok(open_run(shares, first, &frames, turn, stored, out)),
            |(opener, (stored_length, plaintext_length)), run, stored, plaintext| {
                *plaintext_length += opener.accept(run, stored, plaintext)?;
                *stored_length += run.stored_length();
                let whole = run.stored_length() == stored.len();
                Ok(if whole { Progress::More } else { Progress::Ended })
            },
        )?;
        Ok(lengths)
    }

    /// As [`io::decrypt`]. Whichever thread is free reads the next slice, and writes what came out
    /// of it when it is its turn: nothing behind a part that is not genuine is written.
    ///
    /// Slices are read as a whole, and ahead of time. A reader that keeps a thread waiting keeps
    /// what was read before it waiting, too, and errors; for pipes and sockets that may, use
    /// [`io::decrypt`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn decrypt(
        &self,
        opener: Opener,
        body: impl Read + Send,
        writer: impl Write + Send,
    ) -> Result<Finished> {
        match Opening::new(self, &opener) {
            Some(opening) => opening.run(opener, &InOrder::new(body), ToWriter::new(writer)),
            None => io::decrypt(opener, body, writer),
        }
    }

    /// As [`io::decrypt_seekable`]; the second pass is on several threads.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn decrypt_seekable<R: Read + Seek + Send>(
        &self,
        opener: Opener,
        body: MessageBody<R>,
        writer: impl Write + Send,
    ) -> Result<Finished> {
        let (opener, body) = io::first_pass(opener, body)?;
        self.decrypt(opener, body, writer)
    }

    /// Decrypts the message that is all of `source` into `sink`, from its first byte on. This is the
    /// fastest way from file to file: each thread reads and writes at the places of its own
    /// slices. Nothing is written before all that precedes it was verified.
    ///
    /// # Errors
    ///
    /// As [`io::decrypt`]; [`SourceChanged`](crate::Error::SourceChanged) if the source turns out to
    /// have become shorter or longer in the meantime; [`Misuse`](crate::Error::Misuse) if a piece of
    /// the body was pushed into `opener` before. What was written by then may have holes: throw it
    /// away.
    pub fn decrypt_at(
        &self,
        opener: Opener,
        source: &(impl ReadAt + ?Sized),
        sink: &(impl WriteAt + ?Sized),
    ) -> Result<Finished> {
        opener.check_untouched()?;
        sink.check_offsets()?;
        let start = opener.header().length() as u64;
        if let Some(opening) = Opening::new(self, &opener) {
            return opening.run(opener, &FromOffset::new(source, start), ToOffset(sink));
        }
        let body = AtOffset::new(source, start);
        let finished = io::decrypt(opener, body, AtOffset::new(sink, 0))?;
        sink.end_at(finished.plaintext_length())?;
        Ok(finished)
    }
}

fn open_run(
    shares: Shares,
    first: u32,
    frames: &FrameOpener,
    turn: u64,
    stored: &[u8],
    out: &mut [u8],
) -> Run {
    match shares.first_frame(first, turn) {
        Some(first) => frames.open(first, stored, out),
        // There is no such frame: what to say of it is the opener's business.
        None => frames.open(u32::MAX, &[], out),
    }
}

/// What is done to slices of a body.
struct Opening {
    shares: Shares,
    first: u32,
    frames: FrameOpener,
}

impl Opening {
    fn new(parallel: &Parallel, opener: &Opener) -> Option<Self> {
        let (first, frames) = opener.frame_opener()?;
        let fits = opener.may_buffer(frames.frame_length());
        let shares = parallel.shares_in_buffers(frames.frame_length()).filter(|_| fits)?;
        Some(Self { shares, first, frames })
    }

    fn run(self, opener: Opener, source: &impl Slices, sink: impl Sink) -> Result<Finished> {
        streams::pump(self.shares.lanes, &self, opener, 0, source, sink)
    }
}

impl Stage for Opening {
    type Engine = Opener;
    type End = Finished;

    fn slice(&self) -> usize {
        self.shares.stored_length()
    }

    fn prepare(&self, turn: u64, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<Run> {
        // A slice may be as long as a frame that somebody only claims.
        let frames = input.len() / stored_length(self.frames.frame_length());
        let out = room(out, frames * self.frames.frame_length());
        Ok(open_run(self.shares, self.first, &self.frames, turn, input, out))
    }

    fn take_turn(
        &self,
        opener: &mut Option<Opener>,
        run: &Run,
        input: &[u8],
        out: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(usize, Option<Finished>)> {
        let here = opener.as_mut().ok_or(ENDED)?;
        let mut length = here.accept(run, input, out)?;
        let rest = &input[run.stored_length()..];
        let end = length + here.push_bound(rest.len());
        length += here.push(rest, &mut room(out, end)[length..])?;
        let Some(opener) = opener.take_if(|_| input.len() < self.slice()) else {
            return Ok((length, None));
        };
        let mut finished = opener.finish()?;
        let held = finished.take_held_plaintext();
        if !held.is_empty() {
            // Nothing else came out of a message that was held.
            length = held.len();
            *out = held;
        }
        Ok((length, Some(finished)))
    }
}
