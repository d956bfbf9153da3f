#![doc = include_str!("../README.md")]

mod context;
mod crypto;
mod decryptor;
mod encrypted_data_key;
mod encryptor;
mod engine;
mod error;
mod limits;
mod materials;
mod message;
mod secret;
mod suite;

pub mod blocking;
pub mod io;
pub mod provider;

pub use self::{
    context::EncryptionContext,
    decryptor::{Decryptor, DecryptorBuilder, Opened},
    encrypted_data_key::EncryptedDataKey,
    encryptor::{Encryptor, EncryptorBuilder},
    engine::{Finished, HeaderReader, Opener, Sealer, UnverifiedHeader},
    error::{
        Attempt, Error, MessagePart, PolicyViolation, ProviderError, ProviderErrorKind, Result,
    },
    limits::Limits,
    message::{BodyFormat, Header, MessageId},
    provider::{KeyProvider, RawAesProvider},
    secret::SecretBytes,
    suite::AlgorithmSuite,
};

#[cfg(test)]
mod test_vectors;
