#![doc = include_str!("../README.md")]

pub mod own;
mod record;

pub use self::record::{Content, Record, RecordError};
