//! Key providers.

pub(crate) mod instance;
pub(crate) mod openapi;
pub(crate) mod rsa;
pub(crate) mod wrapped_key;
mod wrapped_rsa_key;
