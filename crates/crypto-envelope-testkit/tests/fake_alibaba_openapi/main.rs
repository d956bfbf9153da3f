//! The fake OpenAPI of Alibaba Cloud KMS, over the wire and without any SDK.

mod beside;
mod client;
mod data;
mod faults;
mod keys;
mod protocol;
mod rsa;
mod state;
