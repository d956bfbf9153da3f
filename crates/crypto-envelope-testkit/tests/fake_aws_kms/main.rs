//! The fake AWS KMS, over the wire and without any SDK.

mod access;
mod agreement;
mod cast;
mod client;
mod data;
mod faults;
mod importer;
mod imports;
mod keys;
mod pairs;
mod policies;
mod protocol;
mod signatures;
mod table;
mod world;
