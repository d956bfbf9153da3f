//! Objects in S3, under customer keys (SSE-C) or without.

mod access;
mod body;
pub(crate) mod copy;
mod failure;
mod identity;
pub(crate) mod inspect;
mod object;
pub(crate) mod policy;
pub(crate) mod ring;
pub(crate) mod rotate;

use std::path::Path;

use crypto_envelope::{Result, blocking, service};

use crate::transfers;

pub(crate) use self::{
    access::Access,
    failure::{code_of, hint_for, is_about_object},
    object::Object,
};

/// Does what needs the runtime of the AWS SDK. After a signal it is dropped, as other transfers are.
fn run<T: Send + 'static>(
    record: Option<&Path>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    transfers::run(record, async move { service::run(work).await? })
}

/// The same of what reads, also on threads beside the main one: a signal ends the process.
fn read<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    blocking::wait(async move { service::run(work).await? })
}
