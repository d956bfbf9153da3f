#![doc = include_str!("../README.md")]

mod aad;
mod error;
pub mod instance;
pub mod openapi;
mod provider;
mod settings;
pub mod transfer;
#[cfg(feature = "wire")]
pub mod wire;

pub use self::{
    aad::AadStyle,
    error::AlibabaKmsError,
    instance::{client::AlibabaKmsInstance, client_key::ClientKey},
    openapi::client::AlibabaKmsOpenApi,
    provider::{
        instance::{AlibabaKmsInstanceProvider, InstanceCalls},
        openapi::AlibabaKmsOpenApiProvider,
        rsa::AlibabaKmsRsaProvider,
    },
    settings::AlibabaKmsSettings,
    transfer::client::AlibabaKmsTransfer,
};

#[cfg(test)]
mod test_gateway;
#[cfg(test)]
mod test_instance;
#[cfg(test)]
mod test_vectors;
