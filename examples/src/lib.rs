//! What the examples share; they are the files beside `Cargo.toml`.

#[cfg(feature = "alibaba-kms")]
mod alibaba_kms;
#[cfg(feature = "aws-kms")]
mod aws_kms;
#[cfg(feature = "s3-sse-c")]
mod s3;
#[cfg(feature = "tencent-cos")]
mod tencent_cos;

#[cfg(feature = "alibaba-kms")]
pub use self::alibaba_kms::ExampleKms;
#[cfg(feature = "aws-kms")]
pub use self::aws_kms::ExampleKey;
#[cfg(feature = "s3-sse-c")]
pub use self::s3::ExampleS3;
#[cfg(feature = "tencent-cos")]
pub use self::tencent_cos::ExampleCos;
