//! One message on several cores.
//!
//! The frames of a message do not depend on each other, so they are sealed and opened side by
//! side; what comes out is, byte for byte, what one thread would make, and the errors are the same.
//! Signatures are computed over all bytes in their order, beside the work on the frames.
//!
//! ```
//! # use crypto_envelope::{
//! #     Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, provider::RawAesProvider,
//! # };
//! use crypto_envelope::{io, parallel::Parallel};
//!
//! # fn main() -> crypto_envelope::Result<()> {
//! # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
//! # let (encryptor, decryptor) = (Encryptor::new(provider()?), Decryptor::new(provider()?));
//! # let context = EncryptionContext::new();
//! # let (input, mut message, mut output) = (&b"plaintext"[..], Vec::new(), Vec::new());
//! let parallel = Parallel::new().with_memory(32 << 20);
//! let sealer = blocking::wait(encryptor.prepare(&context))?;
//! parallel.encrypt(sealer, input, &mut message)?;
//!
//! let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
//! let opener = blocking::wait(decryptor.open(header, &context))?;
//! parallel.decrypt(opener, body, &mut output)?; // all of it is verified only when this returns
//! # assert_eq!(output, input);
//! # Ok(())
//! # }
//! ```

mod ends;
mod lanes;
mod memory;
mod open;
mod order;
mod seal;
mod streams;

use std::{num::NonZeroUsize, sync::OnceLock, thread};

use crate::engine::stored_length;

/// How many threads work on one message, and how much memory they share.
///
/// Threads live as long as the call, and are started as the input turns out to be long enough for
/// them: less than about a mebibyte never starts one. Where a thread cannot be had, the others do
/// its work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Parallel {
    threads: NonZeroUsize,
    memory: usize,
    slice: usize,
}

impl Parallel {
    /// All cores that the process might use when this was called first, and 64 MiB.
    pub fn new() -> Self {
        Self { threads: cores(), memory: 64 * MEBIBYTE, slice: MEBIBYTE }
    }

    /// At most so many threads, the calling one included.
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// At most so many bytes in buffers, of plaintext and ciphertext together. What does not leave
    /// room for two threads is done by one, as [`io`](crate::io) does it. Plaintext that is held
    /// until a signature is verified comes on top:
    /// [`Limits::max_held_plaintext`](crate::Limits::max_held_plaintext).
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// At most so many bytes of plaintext for a thread at a time, but at least one frame. Default:
    /// 1 MiB, which the caches of one core hold. Less where the memory would not last for all
    /// threads; but handing a slice on costs as much as sealing some ten kilobytes.
    pub fn with_slice(mut self, bytes: usize) -> Self {
        self.slice = bytes;
        self
    }

    /// Most threads.
    #[must_use]
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// Most bytes in buffers.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Most bytes of plaintext for a thread at a time.
    #[must_use]
    pub fn slice(&self) -> usize {
        self.slice
    }

    /// How frames of this length are shared out, each thread with a slice of input and one of
    /// output in buffers; `None` if that leaves one thread.
    fn shares_in_buffers(&self, frame_length: usize) -> Option<Shares> {
        let stored = stored_length(frame_length);
        let buffer = (self.memory / self.threads / 2).max(SMALLEST_BUFFER);
        let frames = (self.slice / frame_length).min(buffer / stored).max(1);
        let buffers = stored.saturating_mul(frames).saturating_mul(2);
        Shares::new(frames, frame_length, self.threads.get().min(self.memory / buffers))
    }

    /// The same without buffers, for input of this length in memory.
    fn shares_in_memory(&self, frame_length: usize, input: usize) -> Option<Shares> {
        let frames = (self.slice / frame_length).max(1);
        let slices = input / (frames * frame_length);
        Shares::new(frames, frame_length, self.threads.get().min(slices))
    }
}

impl Default for Parallel {
    fn default() -> Self {
        Self::new()
    }
}

/// Asking the system takes longer than sealing a short message.
fn cores() -> NonZeroUsize {
    static CORES: OnceLock<NonZeroUsize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
}

/// How a body is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shares {
    /// How many threads work.
    lanes: usize,
    /// How many frames one of them takes at a time, and how long these are.
    frames: usize,
    frame_length: usize,
}

impl Shares {
    fn new(frames: usize, frame_length: usize, lanes: usize) -> Option<Self> {
        (lanes > 1).then_some(Self { lanes, frames, frame_length })
    }

    /// Length of the plaintext of a slice.
    fn plaintext_length(&self) -> usize {
        self.frames * self.frame_length
    }

    /// Length of a slice as it is stored.
    fn stored_length(&self) -> usize {
        self.frames * stored_length(self.frame_length)
    }

    /// Number of the first frame of a slice; past the largest number there is none.
    fn first_frame(&self, first: u32, slice: u64) -> Option<u32> {
        let before = slice.checked_mul(self.frames as u64)?;
        u32::try_from(before.checked_add(u64::from(first))?).ok()
    }
}

/// Rather fewer threads than slices that are shorter.
const SMALLEST_BUFFER: usize = 1 << 16;
const MEBIBYTE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn parallel(threads: usize, memory: usize) -> Parallel {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        Parallel::new().with_threads(threads).with_memory(memory)
    }

    #[test]
    fn buffers_stay_within_the_memory() {
        for frame_length in [1, 100, 4096, 1 << 20, 5 << 20, 40 << 20, usize::MAX] {
            for memory in [0, 1, 1 << 17, 1 << 20, 10 << 20, 64 << 20, usize::MAX] {
                for threads in [1, 2, 3, 64, 1000] {
                    let shares = parallel(threads, memory).shares_in_buffers(frame_length);
                    let Some(shares) = shares else { continue };
                    assert!(2 <= shares.lanes && shares.lanes <= threads);
                    let buffers = shares.plaintext_length() + shares.stored_length();
                    assert!(shares.lanes * buffers <= memory, "{shares:?}");
                }
            }
        }
    }

    #[test]
    fn all_threads_get_work_where_there_is_memory() {
        let lanes = |threads, memory, frame_length| {
            let shares = parallel(threads, memory).shares_in_buffers(frame_length);
            shares.map(|shares| shares.lanes)
        };
        assert_eq!(lanes(2, 64 << 20, 4096), Some(2));
        assert_eq!(lanes(64, 64 << 20, 4096), Some(64));
        assert_eq!(lanes(64, 64 << 20, 1 << 20), Some(31));
        assert_eq!(lanes(64, 64 << 20, 16 << 20), None);
        assert_eq!(lanes(1, 64 << 20, 4096), None);
    }

    #[test]
    fn a_slice_in_memory_is_worth_a_thread() {
        let lanes = |length| {
            let shares = parallel(4, 0).shares_in_memory(4096, length);
            shares.map_or(1, |shares| shares.lanes)
        };
        assert_eq!([lanes(0), lanes(MEBIBYTE), lanes(2 * MEBIBYTE - 1)], [1, 1, 1]);
        assert_eq!([lanes(2 * MEBIBYTE), lanes(3 * MEBIBYTE), lanes(1 << 30)], [2, 3, 4]);
    }
}
