//! The gateway of a KMS instance: its keys to log in, its messages, its signatures.

pub(crate) mod client;
pub(crate) mod client_key;
pub(crate) mod messages;
mod pkcs12;
pub(crate) mod protobuf;
mod refusal;
pub(crate) mod sign;
