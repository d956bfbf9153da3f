//! From an input to an output, on several cores if the input is a file. What comes out of a pipe may
//! be long in coming: what is there must not wait for it, nor must an error.

use std::num::NonZeroUsize;

use crypto_envelope::{
    Finished, Opener, Result, Sealed, Sealer,
    io::{self, MessageBody},
    parallel::Parallel,
};

use crate::{output::Output, progress::Watched};

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
