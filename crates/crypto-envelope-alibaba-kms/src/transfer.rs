//! Calls of the OpenAPI, served by an instance: for programs and data that move from one to the other.

mod asymmetric;
pub(crate) mod blob;
pub(crate) mod client;
mod refusal;
mod secrets;
mod symmetric;

#[cfg(test)]
mod tests;
