#![doc = include_str!("../README.md")]

mod arn;
mod calls;
mod clients;
#[cfg(feature = "config")]
mod config;
mod discovery;
mod ecdh;
mod error;
mod guard;
mod rewrap;
mod rsa;
mod settings;
mod several;
mod strict;
mod wrapped_key;

pub use aws_sdk_kms;
pub use aws_types::SdkConfig;

pub use self::{
    arn::AwsKmsArn,
    clients::AwsKmsClients,
    discovery::{AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider},
    ecdh::AwsKmsEcdhProvider,
    error::AwsKmsError,
    rsa::AwsKmsRsaProvider,
    settings::AwsKmsClientsBuilder,
    several::AwsKmsKeysBuilder,
    strict::AwsKmsProvider,
};
