#![doc = include_str!("../README.md")]

mod error;
mod format;
mod provider;
#[cfg(feature = "wire")]
pub mod wire;

pub use self::{
    error::{Error, Result},
    format::{
        CosCarrier, CosFormat, envelope::CosEnvelope, error::CosEnvelopeError, warning::CosWarning,
    },
    provider::{
        aes::{CosAesProvider, CosAesWrapping},
        kms::{CosKmsProvider, TencentKms},
        rsa::{CosRsaProvider, CosRsaWrapping},
    },
};
