//! What the tests across the crates share: every way to seal and open, and the vectors.

pub mod adapter;
mod book;
pub mod python_peer;
pub mod runner;
pub mod vectors;
