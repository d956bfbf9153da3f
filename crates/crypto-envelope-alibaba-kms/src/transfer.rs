//! Calls of the OpenAPI, served by an instance: for programs and data that move from one to the other. What
//! [`AlibabaKmsTransfer`](crate::AlibabaKmsTransfer) can be told.

mod asymmetric;
pub(crate) mod blob;
pub(crate) mod client;
pub(crate) mod refusal;
mod secrets;
mod symmetric;

pub use self::client::{DataKeyOrigin, Gateway, Mode};

#[cfg(test)]
mod tests;
