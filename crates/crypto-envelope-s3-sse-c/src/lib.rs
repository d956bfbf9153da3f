#![doc = include_str!("../README.md")]

mod customer_key;
mod headers;
mod key_ring;

pub use self::{
    customer_key::{CustomerKeyDigest, SseCustomerKey},
    headers::{CustomerKeyHeaders, HeaderFamily, KeyRole},
    key_ring::{
        Epoch, EpochAudit, FileRing, KeyRing, KeyRingBuilder, KeyRingError, KeyRingErrorKind,
        Placed, Revision, RingPlace, StoredRing,
    },
};
