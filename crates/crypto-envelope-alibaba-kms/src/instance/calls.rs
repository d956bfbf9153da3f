//! The calls of the gateway: which messages they send, and which answers they have.

#[macro_use]
mod macros;
pub(crate) mod ciphertexts;
pub(crate) mod data_keys;
pub(crate) mod secrets;
pub(crate) mod signatures;

use std::fmt;

use crypto_envelope::Result;

use super::{answers::Read, protobuf::Encoded};

/// A call of the gateway, with its parameters. Its implementors are the calls that there are.
pub trait Call: Parts + fmt::Debug + Send + Sync {
    /// What the instance answers.
    type Answer: Read + fmt::Debug + Send;

    /// The name of the call, such as `Decrypt`.
    const API: &'static str;
}

/// The parts of a call.
pub trait Parts {
    /// The bytes of its message.
    fn body(&self) -> Result<Encoded>;

    /// The version of the key that a header names.
    fn key_version(&self) -> Result<Option<String>>;

    /// The key, alias or secret that it is about.
    fn name(&self) -> Option<&str>;

    /// How many secret bytes it asks for.
    fn length(&self) -> Option<u32>;
}

#[cfg(test)]
mod fake_tests;
#[cfg(test)]
mod tests;
