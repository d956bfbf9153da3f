//! The fake Tencent COS, over the wire and without any SDK.

mod client;
mod copy;
mod customer_keys;
mod faults;
mod listing;
mod multipart;
mod objects;
mod protocol;
mod ranges;
mod signatures;
mod vectors;
