//! S3, by the AWS SDK.

mod audit;
pub(crate) mod builders;
mod by_keys;
pub(crate) mod calls;
mod carried;
pub(crate) mod client;
#[cfg(feature = "config")]
mod config;
pub(crate) mod copy;
pub(crate) mod download;
pub(crate) mod encryption_setting;
mod endpoint;
pub(crate) mod error;
mod etag;
mod existing;
mod guard;
mod look;
pub(crate) mod object_keys;
mod object_tags;
pub(crate) mod presign;
mod probe;
mod proof;
pub(crate) mod protection;
mod quoted;
pub(crate) mod ring;
pub(crate) mod settings;
mod transfer;
pub(crate) mod upload;

#[cfg(test)]
mod answers_tests;
