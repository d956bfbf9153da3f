//! The fake AWS KMS, over the wire and without any SDK.

mod client;
mod data;
