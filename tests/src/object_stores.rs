//! Stores of `object_store` on servers, and what stores have to do.

mod azurite;
mod gcs;
mod s3;
mod suite;
mod webdav;

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_object_store::EncryptedStore;
use object_store::{ClientOptions, ObjectStore};

pub use self::{
    azurite::Azurite, gcs::Gcs, s3::bucket, suite::passes_what_the_store_passes, webdav::WebDav,
};
use crate::vectors::Result;

/// A store that encrypts into another one.
///
/// # Errors
///
/// None, as far as one can see.
pub fn encrypted<S: ObjectStore>(store: S) -> Result<EncryptedStore<S>> {
    let provider = RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))?;
    Ok(EncryptedStore::new(store, provider)?)
}

fn http_allowed() -> ClientOptions {
    ClientOptions::new().with_allow_http(true)
}
