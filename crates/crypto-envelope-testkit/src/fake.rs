//! Cloud services on the loopback interface, for tests **without any security**.
//!
//! Each listens on a port of its own, on 127.0.0.1 alone, runs on a thread of its own and ends when
//! it is dropped. It is started in one line, with or without an async runtime around:
//!
//! ```
//! # #[cfg(feature = "aws-kms")]
//! # fn main() -> std::io::Result<()> {
//! use crypto_envelope_testkit::fake::aws_kms::FakeAwsKms;
//!
//! let kms = FakeAwsKms::start()?;
//! println!("AWS_ENDPOINT_URL_KMS={}", kms.endpoint());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "aws-kms"))]
//! # fn main() {}
//! ```
//!
//! A fake keeps a log of all calls, and gives [faults](http::Fault) when told to.

// A fake alone does not need all that the fakes have in common.
#![cfg_attr(
    not(all(
        feature = "aws-kms",
        feature = "alibaba-kms",
        feature = "s3",
        feature = "tencent-cos"
    )),
    allow(dead_code, unused_imports)
)]

#[cfg(feature = "alibaba-kms")]
pub mod alibaba_instance;
#[cfg(feature = "alibaba-kms")]
mod alibaba_kms;
#[cfg(feature = "alibaba-kms")]
pub mod alibaba_openapi;
mod answer;
#[cfg(feature = "aws-kms")]
pub mod aws_kms;
mod clock;
mod crypto;
mod date;
pub mod http;
mod listing;
mod log;
mod pattern;
#[cfg(feature = "alibaba-kms")]
mod pem;
#[cfg(feature = "s3")]
pub mod s3;
mod sigv4;
#[cfg(feature = "tencent-cos")]
pub mod tencent_cos;
mod throttle;
#[cfg(feature = "fake-tls")]
pub mod tls;
mod xml;
