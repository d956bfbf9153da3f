#![doc = include_str!("../README.md")]

mod bucket_policy;
mod customer_key;
mod headers;
mod key_ring;
mod place;
#[cfg(feature = "aws-sdk-s3")]
mod s3;
#[cfg(feature = "wire")]
pub mod wire;

pub use self::{
    bucket_policy::{BucketPolicy, BucketRule, Partition},
    customer_key::{CustomerKeyDigest, SseCustomerKey},
    headers::{CustomerKeyHeaders, HeaderFamily, KeyRole},
    key_ring::{
        Epoch, EpochAudit, FileRing, KeyRing, KeyRingBuilder, KeyRingError, KeyRingErrorKind,
        Placed, Revision, RingPlace, StoredRing,
    },
    place::ObjectPlace,
};
#[cfg(feature = "aws-sdk-s3")]
pub use {
    self::s3::{
        builders::{WithCustomerKey, WithSourceCustomerKey},
        client::{Declaration, SseCClient},
        copy::{Copied, CopiedWay, CopyWays, ObjectCopy},
        download::{Download, Downloaded},
        encryption_setting::SseCUploads,
        error::{SseCError, SseCErrorKind, StoredObject},
        object_keys::ObjectKeys,
        presign::PresignedSseCRequest,
        protection::{Protection, ServerKey},
        ring::BucketRing,
        settings::{Addressing, SseCClientBuilder},
        upload::{Upload, Uploaded},
    },
    aws_sdk_s3,
    aws_types::SdkConfig,
};
