//! Key providers.

pub(crate) mod instance;
pub(crate) mod openapi;
pub(crate) mod rsa;
mod wrapped_key;
mod wrapped_rsa_key;
