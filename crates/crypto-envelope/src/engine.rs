//! The engines: state machines that take and give byte slices.
//!
//! Nothing here reads, writes, waits or draws on a runtime. The adapters of [`io`](crate::io)
//! only move bytes between these and their readers and writers, so that a truncated or changed
//! message is the same error everywhere.

mod frames;
mod header;
mod open;
mod seal;

pub use self::{
    header::{HeaderReader, UnverifiedHeader},
    open::{Finished, Opener},
    seal::Sealer,
};
pub(crate) use self::{open::Release, seal::FRAME_LENGTH_ERROR};
