//! A request as S3 understands it: which bucket, which object, with which parameters.

use std::string::FromUtf8Error;

use super::{error::S3Error, operation::Operation};
use crate::fake::http::{Parameters, Request, percent};

#[derive(Debug)]
pub(super) struct Asked<'r> {
    pub(super) request: &'r Request,
    /// Empty for the account.
    pub(super) bucket: String,
    /// Empty for the bucket itself.
    pub(super) key: String,
    pub(super) parameters: Parameters,
    /// Nothing for what the fake does not have.
    pub(super) operation: Option<Operation>,
}

impl<'r> Asked<'r> {
    pub(super) fn of(request: &'r Request) -> Result<Self, S3Error> {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let text = |encoded| String::from_utf8(percent::decode(encoded)).map_err(no_text);
        let (bucket, key) = (text(bucket)?, text(key)?);
        let parameters = Parameters::of(&request.query).map_err(no_text)?;
        let operation = Operation::of(request, &bucket, &key, &parameters);
        Ok(Self { request, bucket, key, parameters, operation })
    }

    pub(super) fn header(&self, name: &str) -> Option<&'r str> {
        self.request.header(name)
    }

    /// The version that is asked for.
    pub(super) fn version(&self) -> Option<&str> {
        self.parameters.get("versionId").filter(|id| !id.is_empty())
    }

    pub(super) fn upload_id(&self) -> &str {
        self.parameters.get("uploadId").unwrap_or_default()
    }
}

fn no_text(_: FromUtf8Error) -> S3Error {
    S3Error::new(400, "InvalidURI", "Couldn't parse the specified URI.")
}
