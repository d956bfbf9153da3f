//! Key providers for objects in the formats of the official SDKs.

pub(crate) mod aes;
pub(crate) mod kms;
pub(crate) mod padding;
mod private_pem;
pub(crate) mod rsa;
mod rsa_key;
pub(crate) mod wrapped_key;
