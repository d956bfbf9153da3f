//! The fake S3, over the wire and without any SDK.

mod buckets;
mod client;
mod copy;
mod customer_keys;
mod lies;
mod listing;
mod multipart;
mod objects;
mod protocol;
mod signatures;
mod versions;
