//! The command line as people and scripts use it: the real program in an empty folder.

#[cfg(feature = "alibaba-kms")]
mod alibaba;
#[cfg(feature = "alibaba-kms")]
mod alibaba_kms;
#[cfg(feature = "aws-kms")]
mod aws;
#[cfg(feature = "aws-kms")]
mod aws_kms;
mod base64;
#[cfg(feature = "alibaba-kms")]
mod bench;
mod cases;
#[cfg(feature = "tencent-cos")]
mod cos;
mod files;
mod interrupt;
mod key_files;
mod keys;
mod local_keys;
mod many;
mod messages;
mod policy;
mod ranges;
#[cfg(feature = "s3-sse-c")]
mod s3;
#[cfg(feature = "s3-sse-c")]
mod s3_rings;
#[cfg(feature = "s3-sse-c")]
mod s3_transfers;
mod sandbox;
mod streams;
#[cfg(feature = "tencent-cos")]
mod tencent_cos;
mod terminal;
#[cfg(feature = "tencent-cos")]
mod transfers;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
mod under_way;
