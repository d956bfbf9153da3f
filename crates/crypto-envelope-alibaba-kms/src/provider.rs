//! Key providers.

pub(crate) mod instance;
pub(crate) mod openapi;
mod wrapped_key;
