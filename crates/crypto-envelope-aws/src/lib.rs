#![doc = include_str!("../README.md")]

#[cfg(feature = "config")]
pub mod config;
mod failure;
pub mod guard;
pub mod http;
pub mod settings;

pub use self::failure::{Cause, Failure, kind_of_status};
