//! The fake AWS KMS, over the wire and without any SDK.

mod access;
mod client;
mod data;
mod faults;
mod keys;
mod policies;
mod protocol;
mod signatures;
mod table;
mod world;
