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
#[cfg(feature = "hierarchy")]
mod hierarchy;
mod rewrap;
mod rsa;
mod settings;
mod several;
mod strict;
mod wrapped_key;

#[cfg(feature = "hierarchy")]
pub use aws_sdk_dynamodb;
pub use aws_sdk_kms;
pub use aws_types::SdkConfig;

#[cfg(feature = "hierarchy")]
pub use self::hierarchy::{
    AwsBranchKeyStore, AwsKmsHierarchyProvider, BranchKeyMaterial, BranchKeySource,
    BranchKeyVersion,
};
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
