#![doc = include_str!("../README.md")]

mod retry;
mod settings;
mod time;
mod transport;

pub use self::settings::AlibabaKmsSettings;
#[allow(dead_code, reason = "the client that needs it is not written yet")]
mod aad;
#[allow(dead_code, reason = "the client that needs it is not written yet")]
mod error;
#[allow(dead_code, reason = "the client that needs it is not written yet")]
mod instance;
#[cfg(feature = "wire")]
pub mod wire;

pub use self::{aad::AadStyle, error::AlibabaKmsError, instance::client_key::ClientKey};

#[cfg(test)]
mod test_vectors;
