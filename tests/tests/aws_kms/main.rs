//! The providers of AWS KMS, with the fake one of testkit.

mod errors;
mod fake;
mod rewrap;
mod sync;
