#![doc = include_str!("../README.md")]

mod context;
mod crypto;
mod decryptor;
mod der;
mod encrypted_data_key;
mod encryptor;
mod engine;
mod error;
mod limits;
mod materials;
mod message;
mod pem;
mod secret;
mod suite;

#[cfg(feature = "tokio")]
pub mod aio;
pub mod blocking;
pub mod cache;
#[cfg(feature = "hazmat")]
pub mod hazmat;
pub mod io;
#[cfg(feature = "key-file")]
pub mod key_file;
pub mod parallel;
pub mod provider;
pub mod ranges;
#[cfg(feature = "service")]
pub mod service;

pub use self::{
    context::EncryptionContext,
    decryptor::{Decrypted, Decryptor, DecryptorBuilder},
    encrypted_data_key::EncryptedDataKey,
    encryptor::{Encryptor, EncryptorBuilder},
    engine::{
        Finished, HeaderParser, Opener, Outline, Outliner, RangeOpener, RangeRead, RangeStep,
        ReservedFrames, Sealed, Sealer, UnverifiedHeader,
    },
    error::{Error, MessagePart, PolicyViolation, Result, UnwrapAttempt},
    limits::{LimitKind, Limits},
    message::{BodyFormat, Header, MessageId},
    secret::SecretBytes,
    suite::{AlgorithmSuite, CommitmentPolicy},
};

#[cfg(all(test, target_os = "linux"))]
mod test_memory;
#[cfg(test)]
mod test_vectors;
