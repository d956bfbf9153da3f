//! What the provider crates for key services of this workspace have in common (feature `service`). It
//! may change with any release.

mod background;
pub mod echo;
pub mod percent;
pub mod place;
mod tasks;
mod words;

pub use crate::secret::reserve_wiped;

pub use self::{
    background::{Unsettled, run, settled, spawn, unsettled},
    tasks::{all_of, blocking, compute, ended},
    words::{all_in, caused_by, chain, said},
};
