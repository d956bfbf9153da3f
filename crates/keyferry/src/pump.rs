//! From an input to an output, on several cores if the input is a file. What comes out of a pipe may
//! be long in coming: what is there must not wait for it, nor must an error.

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use std::io::{Read, Write};
use std::num::NonZeroUsize;

use crypto_envelope::{
    Finished, Opener, Result, Sealed, Sealer,
    io::{self, MessageBody},
    parallel::Parallel,
};

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::{input::Input, remote::Stored};
use crate::{output::Output, progress::Watched};

/// Whether data keeps somebody waiting.
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It is there, or comes as fast as it can.
    OfFile,
    /// It may be long in coming.
    OfPipe,
}

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
impl Pace {
    pub(crate) fn of(input: &Input) -> Self {
        if input.is_file() { Self::OfFile } else { Self::OfPipe }
    }
}

/// How data is moved.
#[derive(Clone, Debug)]
pub(crate) struct Pump(Parallel);

impl Pump {
    /// With at most so many threads, or as many as there are cores.
    pub(crate) fn new(threads: Option<NonZeroUsize>) -> Self {
        let parallel = Parallel::new();
        Self(match threads {
            Some(threads) => parallel.with_threads(threads),
            None => parallel,
        })
    }

    pub(crate) fn encrypt(
        &self,
        sealer: Sealer,
        input: Watched,
        output: &mut Output,
    ) -> Result<Sealed> {
        if input.has_offsets() && output.has_offsets() {
            self.0.encrypt_at(sealer, &input, output)
        } else if input.is_file() {
            self.0.encrypt(sealer, input, output)
        } else {
            io::encrypt(sealer, input, output)
        }
    }

    /// Of what is stored somewhere.
    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    pub(crate) fn encrypt_stored(
        &self,
        sealer: Sealer,
        stored: Stored,
        writer: impl Write + Send,
    ) -> Result<Sealed> {
        match stored.pace {
            Pace::OfFile => self.0.encrypt(sealer, stored.reader, writer),
            Pace::OfPipe => io::encrypt(sealer, stored.reader, writer),
        }
    }

    /// The same, behind the header.
    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    pub(crate) fn decrypt_stored(
        &self,
        opener: Opener,
        body: impl Read + Send,
        pace: Pace,
        writer: impl Write + Send,
    ) -> Result<Finished> {
        match pace {
            Pace::OfFile => self.0.decrypt(opener, body, writer),
            Pace::OfPipe => io::decrypt(opener, body, writer),
        }
    }

    pub(crate) fn decrypt(
        &self,
        opener: Opener,
        body: MessageBody<Watched>,
        output: &mut Output,
    ) -> Result<Finished> {
        if body.get_ref().has_offsets() && output.has_offsets() {
            self.0.decrypt_at(opener, body.get_ref(), output)
        } else if body.get_ref().is_file() {
            self.0.decrypt(opener, body, output)
        } else {
            io::decrypt(opener, body, output)
        }
    }

    /// In two passes over the input.
    pub(crate) fn decrypt_seekable(
        &self,
        opener: Opener,
        body: MessageBody<Watched>,
        output: &mut Output,
    ) -> Result<Finished> {
        self.0.decrypt_seekable(opener, body, output)
    }
}
