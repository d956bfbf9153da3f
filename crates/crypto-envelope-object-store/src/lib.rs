#![doc = include_str!("../README.md")]

mod builder;
mod context;
mod copy;
mod error;
mod extensions;
mod get;
mod header_cache;
mod list;
mod payload;
mod put;
mod sizes;
mod source;
mod store;
mod upload;

pub use self::{
    builder::{EncryptedStoreBuilder, object_decryptor, object_encryptor},
    context::LOCATION_KEY,
    error::Error,
    extensions::{ExpectedMessage, Receipt},
    sizes::{HeadSize, ListSizes},
    store::EncryptedStore,
};
pub use {crypto_envelope, object_store};
