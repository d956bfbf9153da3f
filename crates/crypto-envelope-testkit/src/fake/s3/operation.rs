//! What can be asked for.

mod bucket;
mod copy;
mod deletion;
mod list;
mod multipart;
mod object;
mod read;
mod tagging;

use std::borrow::Cow;

use super::{
    asked::Asked,
    customer_key::{CustomerKey, Echo, Side},
    error::S3Error,
    lie::Lie,
    payload::Payload,
    protection::Protection,
    store::{Bucket, Store},
    terms::Terms,
};
use crate::fake::{
    answer::Answer,
    http::{Parameters, Request},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    DeleteBucket,
    GetBucketLocation,
    GetBucketVersioning,
    PutBucketVersioning,
    GetBucketEncryption,
    PutBucketEncryption,
    DeleteBucketEncryption,
    GetBucketPolicy,
    PutBucketPolicy,
    DeleteBucketPolicy,
    ListObjects,
    ListObjectsV2,
    ListObjectVersions,
    ListMultipartUploads,
    DeleteObjects,
    PutObject,
    CopyObject,
    GetObject,
    HeadObject,
    GetObjectAttributes,
    DeleteObject,
    GetObjectTagging,
    PutObjectTagging,
    DeleteObjectTagging,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    ListParts,
    CompleteMultipartUpload,
    AbortMultipartUpload,
}

impl Operation {
    /// Nothing for what the fake does not have.
    pub(super) fn of(
        request: &Request,
        bucket: &str,
        key: &str,
        parameters: &Parameters,
    ) -> Option<Self> {
        if OTHERS.iter().any(|name| parameters.has(name)) {
            return None;
        }
        let method = request.method.as_str();
        match (bucket.is_empty(), key.is_empty()) {
            (true, true) => (method == "GET").then_some(Self::ListBuckets),
            (true, false) => None,
            (false, true) => Self::of_bucket(method, parameters),
            (false, false) => {
                let is_copy = request.header("x-amz-copy-source").is_some();
                Self::of_object(method, parameters, is_copy)
            }
        }
    }

    fn of_bucket(method: &str, parameters: &Parameters) -> Option<Self> {
        let named = |name: &str| parameters.has(name);
        Some(match method {
            "GET" if named("location") => Self::GetBucketLocation,
            "GET" if named("versioning") => Self::GetBucketVersioning,
            "PUT" if named("versioning") => Self::PutBucketVersioning,
            "GET" if named("encryption") => Self::GetBucketEncryption,
            "PUT" if named("encryption") => Self::PutBucketEncryption,
            "DELETE" if named("encryption") => Self::DeleteBucketEncryption,
            "GET" if named("policy") => Self::GetBucketPolicy,
            "PUT" if named("policy") => Self::PutBucketPolicy,
            "DELETE" if named("policy") => Self::DeleteBucketPolicy,
            "GET" if named("versions") => Self::ListObjectVersions,
            "GET" if named("uploads") => Self::ListMultipartUploads,
            "POST" if named("delete") => Self::DeleteObjects,
            _ if named("tagging") => return None,
            "GET" if parameters.get("list-type") == Some("2") => Self::ListObjectsV2,
            "GET" => Self::ListObjects,
            "HEAD" => Self::HeadBucket,
            "PUT" => Self::CreateBucket,
            "DELETE" => Self::DeleteBucket,
            _ => return None,
        })
    }

    fn of_object(method: &str, parameters: &Parameters, is_copy: bool) -> Option<Self> {
        let named = |name: &str| parameters.has(name);
        let (is_upload, is_part) = (named("uploadId"), named("partNumber"));
        Some(match method {
            "GET" if named("tagging") => Self::GetObjectTagging,
            "PUT" if named("tagging") => Self::PutObjectTagging,
            "DELETE" if named("tagging") => Self::DeleteObjectTagging,
            "GET" if named("attributes") => Self::GetObjectAttributes,
            "POST" if named("uploads") => Self::CreateMultipartUpload,
            "POST" if is_upload => Self::CompleteMultipartUpload,
            "PUT" if is_upload && is_part && is_copy => Self::UploadPartCopy,
            "PUT" if is_upload && is_part => Self::UploadPart,
            "PUT" if is_upload || is_part => return None,
            "PUT" if is_copy => Self::CopyObject,
            "PUT" => Self::PutObject,
            "GET" if is_upload => Self::ListParts,
            "GET" => Self::GetObject,
            "HEAD" => Self::HeadObject,
            "DELETE" if is_upload => Self::AbortMultipartUpload,
            "DELETE" => Self::DeleteObject,
            _ => return None,
        })
    }

    /// As the documentation calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::CreateBucket => "CreateBucket",
            Self::HeadBucket => "HeadBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::GetBucketVersioning => "GetBucketVersioning",
            Self::PutBucketVersioning => "PutBucketVersioning",
            Self::GetBucketEncryption => "GetBucketEncryption",
            Self::PutBucketEncryption => "PutBucketEncryption",
            Self::DeleteBucketEncryption => "DeleteBucketEncryption",
            Self::GetBucketPolicy => "GetBucketPolicy",
            Self::PutBucketPolicy => "PutBucketPolicy",
            Self::DeleteBucketPolicy => "DeleteBucketPolicy",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::ListObjectVersions => "ListObjectVersions",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::DeleteObjects => "DeleteObjects",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::GetObjectAttributes => "GetObjectAttributes",
            Self::DeleteObject => "DeleteObject",
            Self::GetObjectTagging => "GetObjectTagging",
            Self::PutObjectTagging => "PutObjectTagging",
            Self::DeleteObjectTagging => "DeleteObjectTagging",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::ListParts => "ListParts",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
        }
    }

    /// What policies call it. Nothing for what no policy can take from the owner.
    pub(super) fn action(self) -> Option<&'static str> {
        Some(match self {
            Self::ListBuckets
            | Self::CreateBucket
            | Self::GetBucketPolicy
            | Self::PutBucketPolicy
            | Self::DeleteBucketPolicy => return None,
            Self::HeadBucket | Self::ListObjects | Self::ListObjectsV2 => "s3:ListBucket",
            Self::ListObjectVersions => "s3:ListBucketVersions",
            Self::ListMultipartUploads => "s3:ListBucketMultipartUploads",
            Self::GetBucketEncryption => "s3:GetEncryptionConfiguration",
            Self::PutBucketEncryption | Self::DeleteBucketEncryption => {
                "s3:PutEncryptionConfiguration"
            }
            Self::PutObject
            | Self::CopyObject
            | Self::CreateMultipartUpload
            | Self::UploadPart
            | Self::UploadPartCopy
            | Self::CompleteMultipartUpload => "s3:PutObject",
            Self::GetObject | Self::HeadObject | Self::GetObjectAttributes => "s3:GetObject",
            Self::DeleteObject | Self::DeleteObjects => "s3:DeleteObject",
            Self::ListParts => "s3:ListMultipartUploadParts",
            Self::AbortMultipartUpload => "s3:AbortMultipartUpload",
            Self::DeleteBucket => "s3:DeleteBucket",
            Self::GetBucketLocation => "s3:GetBucketLocation",
            Self::GetBucketVersioning => "s3:GetBucketVersioning",
            Self::PutBucketVersioning => "s3:PutBucketVersioning",
            Self::GetObjectTagging => "s3:GetObjectTagging",
            Self::PutObjectTagging => "s3:PutObjectTagging",
            Self::DeleteObjectTagging => "s3:DeleteObjectTagging",
        })
    }
}

/// A request that may be served.
pub(super) struct Call<'c> {
    pub(super) asked: &'c Asked<'c>,
    pub(super) payload: &'c Payload,
    pub(super) terms: &'c Terms,
    pub(super) lies: Vec<Lie>,
}

impl Call<'_> {
    /// The key of a customer that the request has.
    fn customer_key(&self, side: Side) -> Result<Option<CustomerKey>, S3Error> {
        if self.lies(&Lie::NoEcho) {
            return Ok(None);
        }
        CustomerKey::of(self.asked.request, side)
    }

    /// As [`customer_key`](Self::customer_key), for what is written into a bucket, which must take it.
    fn key_to_write(&self, bucket: &Bucket) -> Result<Option<CustomerKey>, S3Error> {
        let key = self.customer_key(Side::Target)?;
        if key.is_some() && bucket.encryption.blocks_customer_keys() {
            return Err(S3Error::denied("Access Denied"));
        }
        Ok(key)
    }

    /// What what is written is encrypted with.
    fn key_to_keep<'k>(&self, key: Option<&'k CustomerKey>) -> Option<&'k CustomerKey> {
        key.filter(|_| !self.lies(&Lie::KeepsPlain))
    }

    /// What the answer says of a key of the service.
    fn says(&self, protection: &Protection) -> Vec<(Cow<'static, str>, String)> {
        if self.lies(&Lie::NoEcho) { Vec::new() } else { protection.headers() }
    }

    /// What it says of the key of a customer.
    fn echo(&self, key: Option<&CustomerKey>) -> Vec<(Cow<'static, str>, String)> {
        let echo = if self.lies(&Lie::OtherEcho) { Echo::OfAnother } else { Echo::True };
        key.map(|key| key.echo(echo)).unwrap_or_default()
    }

    /// What a check of a condition said, or nothing.
    fn conditionally(&self, check: Result<(), S3Error>) -> Result<(), S3Error> {
        if self.lies(&Lie::IgnoresConditions) { Ok(()) } else { check }
    }

    fn lies(&self, lie: &Lie) -> bool {
        self.lies.contains(lie)
    }
}

/// Does it.
pub(super) fn run(
    operation: Operation,
    call: &Call<'_>,
    store: &mut Store,
) -> Result<Answer, S3Error> {
    match operation {
        Operation::ListBuckets => Ok(bucket::list_all(store)),
        Operation::CreateBucket => bucket::create(call, store),
        Operation::HeadBucket => bucket::head(call, store),
        Operation::DeleteBucket => bucket::delete(call, store),
        Operation::GetBucketLocation => bucket::location(call, store),
        Operation::GetBucketVersioning => bucket::versioning(call, store),
        Operation::PutBucketVersioning => bucket::put_versioning(call, store),
        Operation::GetBucketEncryption => bucket::encryption(call, store),
        Operation::PutBucketEncryption => bucket::put_encryption(call, store),
        Operation::DeleteBucketEncryption => bucket::delete_encryption(call, store),
        Operation::GetBucketPolicy => bucket::policy(call, store),
        Operation::PutBucketPolicy => bucket::put_policy(call, store),
        Operation::DeleteBucketPolicy => bucket::delete_policy(call, store),
        Operation::ListObjects | Operation::ListObjectsV2 => list::objects(operation, call, store),
        Operation::ListObjectVersions => list::versions(call, store),
        Operation::ListMultipartUploads => list::uploads(call, store),
        Operation::DeleteObjects => deletion::several(call, store),
        Operation::PutObject => object::put(call, store),
        Operation::CopyObject => copy::object(call, store),
        Operation::GetObject => read::get(call, store),
        Operation::HeadObject => read::head(call, store),
        Operation::GetObjectAttributes => read::attributes(call, store),
        Operation::DeleteObject => deletion::one(call, store),
        Operation::GetObjectTagging => tagging::get(call, store),
        Operation::PutObjectTagging => tagging::put(call, store),
        Operation::DeleteObjectTagging => tagging::delete(call, store),
        Operation::CreateMultipartUpload => multipart::create(call, store),
        Operation::UploadPart => multipart::upload(call, store),
        Operation::UploadPartCopy => copy::part(call, store),
        Operation::ListParts => list::parts(call, store),
        Operation::CompleteMultipartUpload => multipart::complete(call, store),
        Operation::AbortMultipartUpload => multipart::abort(call, store),
    }
}

/// Parameters of operations that are not here, so that none is taken for another one.
const OTHERS: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "append",
    "cors",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "torrent",
    "website",
];
