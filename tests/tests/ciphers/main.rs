//! What ciphers are behind, not what is around them: `cargo xtask test` runs this program with each cipher
//! backend. What tells the same with any backend is in the other programs.

mod alibaba_vectors;
mod aws_kms_providers;
mod changed_vectors;
mod client;
mod client_providers;
mod conformance;
mod cos_envelopes;
mod cos_vectors;
mod esdk_vectors;
mod parallel;
mod properties;
mod range_engine;
mod ranges;
mod raw_ecdh;
mod raw_rsa;
