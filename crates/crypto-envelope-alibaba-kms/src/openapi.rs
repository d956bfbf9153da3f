//! The OpenAPI gateways, public and dedicated: KMS 2016-01-20.

mod access_key;
mod acs3;
mod acs4;
mod canonical;
mod credentials;
mod ini;
mod json;
mod profile;
pub(crate) mod query;
mod rpc;
pub(crate) mod signature;
#[cfg(test)]
mod test_vectors;

pub use access_key::AccessKey;
pub use credentials::Credentials;
pub use signature::{Placement, Signature};
