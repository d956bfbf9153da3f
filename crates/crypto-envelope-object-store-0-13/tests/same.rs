//! The tests of `crypto-envelope-object-store` in which the version of `object_store` shows, with the one that this is
//! for: the source is the same, so the others are not made twice.

extern crate crypto_envelope_object_store_0_13 as crypto_envelope_object_store;

#[path = "store/attributes.rs"]
mod attributes;
#[path = "store/copies.rs"]
mod copies;
#[path = "store/expectations.rs"]
mod expectations;
#[path = "store/suite.rs"]
mod suite;
#[expect(dead_code, reason = "the others need it")]
#[path = "store/support.rs"]
mod support;
#[expect(dead_code, reason = "the others need it")]
#[path = "store/watched.rs"]
mod watched;
