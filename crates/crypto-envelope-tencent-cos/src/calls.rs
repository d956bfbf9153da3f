//! The calls of the API: what they send, and what they read.

pub(crate) mod abort_multipart_upload;
pub(crate) mod complete_multipart_upload;
mod conditions;
pub(crate) mod copy_object;
pub(crate) mod delete_object;
pub(crate) mod get_object;
pub(crate) mod head_object;
pub(crate) mod initiate_multipart_upload;
pub(crate) mod list_multipart_uploads;
pub(crate) mod list_objects;
pub(crate) mod list_parts;
pub(crate) mod properties;
pub(crate) mod put_object;
pub(crate) mod upload;
pub(crate) mod upload_part;
pub(crate) mod upload_part_copy;

use std::fmt;

use bytes::Bytes;
use crypto_envelope::{Result, SecretBytes};

use crate::{
    CosBucket, CosError, CosErrorKind, CosMethod, ObjectKey,
    answer::{Head, Wrong},
    error::{About, Refusal},
    request::{Headers, Query},
};

/// A call whose answer is small. Its implementors are the calls that there are, but for
/// [`GetObject`](crate::GetObject), whose answer goes on.
pub trait Call: Exchange {}

/// What is sent, and how the answer is read.
pub trait Exchange: fmt::Debug + Send + Sync + 'static {
    /// What COS answers.
    type Answer: fmt::Debug + Send + 'static;

    /// The name of the call, such as `PutObject`.
    const OPERATION: &'static str;

    /// The method of HTTP.
    fn method(&self) -> CosMethod;

    /// The object. None if it is about the bucket.
    fn key(&self) -> Option<&ObjectKey>;

    /// The parameters of the URL.
    fn query(&self) -> Query {
        Query::default()
    }

    /// Those of the call: host, length, token and signature come later.
    fn headers(&self) -> Result<Headers> {
        Ok(Headers::default())
    }

    /// In pieces that are sent one after the other.
    fn body(&self) -> Result<Vec<Bytes>> {
        Ok(Vec::new())
    }

    /// Whether it comes to the same if it is done again after an answer was lost. Else it may be refused because
    /// of itself.
    fn is_idempotent(&self) -> bool {
        true
    }

    /// Reads an answer with a status of success.
    fn read(&self, head: &Head, body: &[u8]) -> Result<Self::Answer, Wrong>;

    /// Compares checksums, which may take a while.
    fn check(&self, _: &Self::Answer) -> Result<(), Wrong> {
        Ok(())
    }
}

/// What `call` is, for errors.
pub(crate) fn about<E: Exchange>(call: &E, bucket: &CosBucket) -> About {
    About { operation: E::OPERATION, bucket: bucket.clone(), key: call.key().cloned() }
}

/// The answer to `call`. What was sent as `secrets` is left out of errors.
pub(crate) fn read_answer<E: Exchange>(
    call: &E,
    bucket: &CosBucket,
    head: &Head,
    body: &[u8],
    secrets: &[SecretBytes],
) -> Result<E::Answer, CosError> {
    let answer = if head.is_success() {
        call.read(head, body)
    } else {
        Err(Wrong::Refused(Box::new(Refusal::of(head, body))))
    };
    answer.map_err(|wrong| wrongly_answered(about(call, bucket), wrong, head, secrets))
}

pub(crate) fn wrongly_answered(
    about: About,
    wrong: Wrong,
    head: &Head,
    secrets: &[SecretBytes],
) -> CosError {
    match wrong {
        Wrong::Refused(refusal) => about.refused(refusal.with_ids(head), secrets),
        Wrong::Unreadable(what) => about.answered_wrongly(head.request_id(), &what),
        Wrong::Damaged => about.failed(CosErrorKind::Damaged, DAMAGED),
    }
}

const DAMAGED: &str = "the checksum of COS (CRC-64) is another than that of the bytes here";

#[cfg(test)]
mod transcript_tests;
