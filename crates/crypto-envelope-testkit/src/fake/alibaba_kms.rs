//! What is behind the gateways of Alibaba Cloud KMS: an instance and the OpenAPI can have the same
//! keys.

mod access_key;
pub(crate) mod blob;
mod client_key;
pub(crate) mod key;
mod kind;
mod refusal;
pub(crate) mod shared;
pub(crate) mod store;

pub use self::{access_key::AccessKey, client_key::ClientKey, kind::KeyKind, refusal::Refusal};
