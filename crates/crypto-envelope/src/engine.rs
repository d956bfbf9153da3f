//! The engines: state machines that take and give byte slices.
//!
//! Nothing here reads, writes, waits or draws on a runtime. The adapters only move bytes between
//! these and their readers and writers, so that a truncated or changed message is the same error
//! everywhere.

mod body_scan;
mod bound;
mod frames;
mod header;
mod keys;
mod open;
mod outline;
mod parts;
mod range;
mod reserved;
mod runs;
mod seal;
mod sealed;
mod signature;

pub use self::{
    header::{HeaderParser, UnverifiedHeader},
    open::{Finished, Opener},
    outline::{Outline, Outliner},
    range::{RangeOpener, RangeRead, RangeStep},
    reserved::ReservedFrames,
    seal::Sealer,
    sealed::Sealed,
};
pub(crate) use self::{
    header::{VerifiedHeader, check_header},
    keys::MessageKeys,
    open::Release,
    runs::{FrameOpener, FrameSealer, Run, stored_length},
    seal::TOO_MANY_FRAMES,
    signature::{MessageSigner, MessageVerifier},
};
