//! Objects in S3 under customer keys (SSE-C).

mod access;
pub(crate) mod copy;
mod failure;
mod place;
pub(crate) mod policy;
pub(crate) mod ring;
pub(crate) mod rotate;

use crypto_envelope::service;

use crate::transfers;

pub(crate) use self::failure::{code_of, hint_for};
pub(crate) use self::place::S3Place;

/// Does what needs the runtime of the AWS SDK. After a signal it is dropped, as other transfers are.
fn run<T: Send + 'static>(
    record: Option<&std::path::Path>,
    work: impl Future<Output = crypto_envelope::Result<T>> + Send + 'static,
) -> crypto_envelope::Result<T> {
    transfers::run(record, async move { service::run(work).await? })
}
