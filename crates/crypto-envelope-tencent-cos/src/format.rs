//! The formats of encrypted objects: what the official SDKs write, and core messages.

pub(crate) mod body;
pub(crate) mod cipher;
pub(crate) mod envelope;
pub(crate) mod instruction;
mod java;
mod kind;
mod legacy;
pub(crate) mod names;
mod python;
pub(crate) mod warning;

pub use self::kind::{CosCarrier, CosFormat};
