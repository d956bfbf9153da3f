//! What the tests across the crates share: every way to seal and open, the vectors, and how to
//! talk to the software of others.

pub mod adapter;
pub mod alibaba_kms;
pub mod alibaba_vectors;
pub mod aws_kms;
mod book;
pub mod client;
pub mod cos_vectors;
pub mod counting;
pub mod counting_store;
pub mod echo;
pub mod heard;
pub mod interop;
pub mod items;
pub mod keyferry;
pub mod object_stores;
pub mod peer;
pub mod ranges;
pub mod runner;
pub mod runtime;
pub mod s3_policies;
pub mod s3_servers;
pub mod s3_sse_c;
pub mod server;
pub mod sides;
pub mod stored;
pub mod tencent_cos;
pub mod tencent_kms;
pub mod vector_files;
pub mod vectors;
