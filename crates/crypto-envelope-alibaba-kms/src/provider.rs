//! Key providers.

pub(crate) mod instance;
mod wrapped_key;
