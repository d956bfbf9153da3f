//! The secret hunt: no public type, error or record shows a key or plaintext.

mod alibaba_kms;
mod library;
mod object_store;
mod s3_sse_c;
mod tencent_cos;
