//! Load on a service: the same call over and over again, and what came of it.

mod board;
mod cpu;
mod faults;
mod load;
mod periods;
mod summary;
mod tally;

pub(crate) use self::{
    load::{Calls, Load, run},
    summary::{Subject, Teller},
};
