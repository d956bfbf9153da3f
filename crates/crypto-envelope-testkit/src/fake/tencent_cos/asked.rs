//! A request as COS understands it: where to, which object, with which parameters.

use std::string::FromUtf8Error;

use super::{error::CosError, operation::Operation};
use crate::fake::http::{Parameters, Request, percent};

#[derive(Debug)]
pub(super) struct Asked<'r> {
    pub(super) request: &'r Request,
    /// Without the slash in front; empty for the bucket itself.
    pub(super) key: String,
    pub(super) parameters: Parameters,
    /// Nothing for what the fake does not have.
    pub(super) operation: Option<Operation>,
}

impl<'r> Asked<'r> {
    pub(super) fn of(request: &'r Request) -> Result<Self, CosError> {
        let path = String::from_utf8(percent::decode(&request.path)).map_err(no_text)?;
        let key = path.strip_prefix('/').unwrap_or(&path).to_owned();
        let parameters = Parameters::of(&request.query).map_err(no_text)?;
        let operation = Operation::of(request, &key, &parameters);
        Ok(Self { request, key, parameters, operation })
    }

    pub(super) fn header(&self, name: &str) -> Option<&'r str> {
        self.request.header(name)
    }
}

fn no_text(_: FromUtf8Error) -> CosError {
    CosError::new(400, "InvalidURI", "The URI is no UTF-8.")
}
