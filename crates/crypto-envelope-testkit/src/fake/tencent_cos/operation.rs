//! What can be asked for.

mod bucket;
mod copy;
mod multipart;
mod object;

use super::{asked::Asked, error::CosError, store::Store, terms::Terms};
use crate::fake::{
    answer::Answer,
    http::{Parameters, Request},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GetService,
    HeadBucket,
    GetBucket,
    ListMultipartUploads,
    DeleteMultipleObjects,
    PutObject,
    CopyObject,
    GetObject,
    HeadObject,
    DeleteObject,
    InitiateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    ListParts,
    CompleteMultipartUpload,
    AbortMultipartUpload,
}

impl Operation {
    /// Nothing for what the fake does not have. Of the calls of a whole account, only the host says
    /// that they are.
    pub(super) fn of(request: &Request, key: &str, parameters: &Parameters) -> Option<Self> {
        if OTHERS.iter().any(|name| parameters.has(name)) {
            return None;
        }
        let is_copy = request.header("x-cos-copy-source").is_some();
        let is_upload = parameters.has("uploadId");
        let is_part = parameters.has("partNumber");
        Some(match (request.method.as_str(), key.is_empty()) {
            ("GET", true) if parameters.has("uploads") => Self::ListMultipartUploads,
            ("GET", true) => Self::GetBucket,
            ("HEAD", true) => Self::HeadBucket,
            ("POST", true) if parameters.has("delete") => Self::DeleteMultipleObjects,
            (_, true) => return None,
            ("POST", _) if parameters.has("uploads") => Self::InitiateMultipartUpload,
            ("POST", _) if is_upload => Self::CompleteMultipartUpload,
            ("PUT", _) if is_upload && is_part && is_copy => Self::UploadPartCopy,
            ("PUT", _) if is_upload && is_part => Self::UploadPart,
            ("PUT", _) if is_upload || is_part => return None,
            ("PUT", _) if is_copy => Self::CopyObject,
            ("PUT", _) => Self::PutObject,
            ("GET", _) if is_upload => Self::ListParts,
            ("GET", _) => Self::GetObject,
            ("HEAD", _) => Self::HeadObject,
            ("DELETE", _) if is_upload => Self::AbortMultipartUpload,
            ("DELETE", _) => Self::DeleteObject,
            _ => return None,
        })
    }

    /// As the documentation calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetService => "GetService",
            Self::HeadBucket => "HeadBucket",
            Self::GetBucket => "GetBucket",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::DeleteMultipleObjects => "DeleteMultipleObjects",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::DeleteObject => "DeleteObject",
            Self::InitiateMultipartUpload => "InitiateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::ListParts => "ListParts",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
        }
    }
}

/// A request that may be served, in its bucket.
pub(super) struct Call<'c> {
    pub(super) asked: &'c Asked<'c>,
    pub(super) bucket: &'c str,
    pub(super) terms: &'c Terms,
}

/// Does it.
pub(super) fn run(
    operation: Operation,
    call: &Call<'_>,
    store: &mut Store,
) -> Result<Answer, CosError> {
    match operation {
        Operation::GetService => Ok(bucket::list_all(store)),
        Operation::HeadBucket => Ok(Answer::empty(200)),
        Operation::GetBucket => bucket::list(call, store),
        Operation::ListMultipartUploads => bucket::list_uploads(call, store),
        Operation::DeleteMultipleObjects => bucket::delete(call, store),
        Operation::PutObject => object::put(call, store),
        Operation::CopyObject => copy::object(call, store),
        Operation::GetObject | Operation::HeadObject => object::get(call, store),
        Operation::DeleteObject => object::delete(call, store),
        Operation::InitiateMultipartUpload => multipart::initiate(call, store),
        Operation::UploadPart => multipart::upload(call, store),
        Operation::UploadPartCopy => copy::part(call, store),
        Operation::ListParts => multipart::list(call, store),
        Operation::CompleteMultipartUpload => multipart::complete(call, store),
        Operation::AbortMultipartUpload => multipart::abort(call, store),
    }
}

/// Parameters of operations that are not here, so that none is taken for another one.
const OTHERS: &[&str] = &[
    "accelerate",
    "acl",
    "append",
    "ci-process",
    "cors",
    "domain",
    "encryption",
    "intelligenttiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "object-lock",
    "origin",
    "policy",
    "referer",
    "replication",
    "restore",
    "select",
    "tagging",
    "torrent",
    "versioning",
    "versions",
    "website",
];
