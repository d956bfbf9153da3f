//! The fake KMS instance of Alibaba Cloud, over the wire and without any SDK.

mod client;
mod data;
mod faults;
mod fields;
mod pairs;
mod protocol;
mod refusals;
mod rsa;
mod secrets;
mod tls;
