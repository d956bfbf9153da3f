#![doc = include_str!("../README.md")]

pub mod own;
mod record;
mod target;

pub use self::{
    record::{Content, Record, RecordError},
    target::{Existing, KeptPlace, Naming, Permissions, TargetFile},
};
