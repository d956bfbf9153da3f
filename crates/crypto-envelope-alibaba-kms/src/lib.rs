#![doc = include_str!("../README.md")]

mod retry;
mod settings;
mod time;
mod transport;

pub use self::settings::AlibabaKmsSettings;
#[allow(dead_code, reason = "the client that needs it is not written yet")]
mod instance;

pub use self::instance::client_key::ClientKey;

#[cfg(test)]
mod test_vectors;
