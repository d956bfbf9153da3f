//! Primitives for the provider crates of this workspace (feature `hazmat`). Used wrongly they protect
//! nothing, and they may change with any release.

mod aes_cbc;
mod aes_ctr;
mod bind;
mod branch_key;
mod detached;
mod gcm;
mod key_wrap;
mod parts;
mod rsa_keys;

pub use self::{
    aes_cbc::AesCbcDecryptor,
    aes_ctr::AesCtr,
    bind::{bind, release},
    branch_key::BranchKey,
    detached::unwrap_detached,
    gcm::{GcmStream, unauthenticated_gcm_key_stream},
    key_wrap::AesKeyWrap,
    parts::{Part, PartSealer},
    rsa_keys::{RsaDecryptor, RsaEncryptor, der_value, pkcs8},
};
pub use crate::{crypto::RsaScheme, provider::EcdhParties};
