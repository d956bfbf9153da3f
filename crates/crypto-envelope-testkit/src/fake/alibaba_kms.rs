//! What is behind the gateways of Alibaba Cloud KMS: an instance and the OpenAPI can have the same
//! keys.

mod access_key;
pub(crate) mod blob;
mod call;
mod client_key;
mod json;
pub(crate) mod key;
mod kind;
mod pkcs12;
mod refusal;
mod samples;
pub(crate) mod shared;
mod state;
pub(crate) mod store;

pub use self::{
    access_key::AccessKey, call::Call, client_key::ClientKey, kind::KeyKind, refusal::Refusal,
};
