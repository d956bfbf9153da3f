#![doc = include_str!("../README.md")]

mod format;
mod object_error;
mod provider;
#[cfg(feature = "wire")]
pub mod wire;

pub use self::{
    format::{CosCarrier, CosFormat, envelope::CosEnvelope, warning::CosWarning},
    object_error::CosObjectError,
    provider::{
        aes::{CosAesProvider, CosAesWrapping},
        kms::{CosKmsProvider, TencentKms},
        rsa::{CosRsaProvider, CosRsaWrapping},
    },
};
