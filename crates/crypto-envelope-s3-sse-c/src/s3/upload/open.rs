//! An upload as the server has it.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use crypto_envelope::{Error, Result, service};

use super::{
    channel::{Channel, SentPart, abort},
    record::{LeftBehind, UploadRecord, UploadStart},
    source::Shape,
};
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind,
    headers::Echo,
    s3::{
        calls::{another_key, send},
        existing::Existing,
        protection::Seal,
    },
};

/// An upload that was begun.
///
/// If it is dropped before it is over, what was uploaded is removed in the background, unless it is to be
/// [gone on with](Self::keep_if_dropped).
pub(crate) struct OpenUpload {
    pub(super) channel: Channel,
    done: BTreeMap<i32, SentPart>,
    pub(crate) existing: Existing,
    is_over: AtomicBool,
    is_kept: AtomicBool,
}

impl OpenUpload {
    /// Begins an upload, which has to be one under the key.
    pub(crate) async fn begin(
        client: &SseCClient,
        request: CreateMultipartUploadFluentBuilder,
        place: &ObjectPlace,
        seal: Seal,
        existing: Existing,
    ) -> Result<Self> {
        let is_by_customer = seal.customer_key().is_some();
        let (mut open, echo) = Self::create(client, request, place, seal).await?;
        open.existing = existing;
        let about = place.about(CREATE);
        let outcome = match echo {
            Echo::Right => return Ok(open),
            Echo::Missing if is_by_customer => client.demand_encrypted_parts(&about).await,
            Echo::Missing => {
                let finding =
                    "the server does not say that it uses the encryption that was asked for";
                Err(SseCError::found(about, SseCErrorKind::NotProtected, finding).into())
            }
            Echo::Wrong => Err(another_key(&about).into()),
        };
        match outcome {
            Ok(()) => Ok(open),
            Err(error) => {
                open.close().await;
                Err(error)
            }
        }
    }

    /// Begins an upload, and gives what the server says about the key.
    pub(crate) async fn create(
        client: &SseCClient,
        request: CreateMultipartUploadFluentBuilder,
        place: &ObjectPlace,
        seal: Seal,
    ) -> Result<(Self, Echo)> {
        let about = place.about(CREATE);
        let request = seal
            .on(request)
            .set_server_side_encryption(seal.server_side(client.declaration()))
            .set_ssekms_key_id(seal.kms_key_id());
        let answer = send!(client, &about, request).await?;
        let echo = seal.echo(&answer.seen);
        let Some(id) = answer.output.upload_id() else {
            let finding = "the server began an upload and did not say which";
            return Err(SseCError::found(about, SseCErrorKind::Other, finding).into());
        };
        Ok((Self::of(client, place, id.to_owned(), seal), echo))
    }

    /// Goes on with an upload that is recorded, if that is possible, or begins one, and a record of it.
    pub(super) async fn recorded(
        client: &SseCClient,
        request: CreateMultipartUploadFluentBuilder,
        place: &ObjectPlace,
        protection: &Protection,
        existing: Existing,
        (path, shape): (&Path, Shape),
    ) -> Result<(Self, UploadRecord)> {
        match LeftBehind::at(path, place, shape).await? {
            LeftBehind::Nothing => {}
            LeftBehind::Other(record) => Self::forget(client, record).await,
            LeftBehind::Same(record) => match Self::again(client, protection, &record).await? {
                Some(mut open) => {
                    open.existing = existing;
                    return Ok((open, record));
                }
                None => Self::forget(client, record).await,
            },
        }
        let seal = protection.seal(place).await?;
        let open = Self::begin(client, request, place, seal, existing).await?;
        let Channel { id, seal, .. } = &open.channel;
        let Some(start) = UploadStart::new(place, id, seal, shape) else {
            return Err(Error::invalid_input("a record is for files"));
        };
        // Before anything is sent: an upload that is in no record is nobody's.
        match UploadRecord::create(path, start).await {
            Ok(record) => {
                open.keep_if_dropped();
                Ok((open, record))
            }
            Err(error) => {
                open.close().await;
                Err(error)
            }
        }
    }

    /// An upload as it was left. None if nobody can go on with it.
    async fn again(
        client: &SseCClient,
        protection: &Protection,
        record: &UploadRecord,
    ) -> Result<Option<Self>> {
        let UploadStart { place, id, .. } = &record.start;
        let Some(seal) = record.start.seal(protection).await? else { return Ok(None) };
        let mut open = Self::of(client, place, id.clone(), seal);
        open.keep_if_dropped();
        match open.channel.list_parts().await {
            Ok(there) => {
                open.done = record.parts.clone();
                open.done.retain(|number, part| there.get(number) == Some(&part.etag));
                Ok(Some(open))
            }
            // It is gone, whoever has ended it. Without its bucket, it is another server.
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an upload that nobody goes on with.
    async fn forget(client: &SseCClient, record: UploadRecord) {
        let UploadStart { place, id, .. } = &record.start;
        abort(client, place, id).await;
        record.remove().await;
    }

    fn of(client: &SseCClient, place: &ObjectPlace, id: String, seal: Seal) -> Self {
        let channel = Channel { client: client.clone(), place: place.clone(), id, seal };
        let (is_over, is_kept) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { channel, done: BTreeMap::new(), existing: Existing::Replace, is_over, is_kept }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The part, if it is there from before.
    pub(super) fn done(&self, number: i32) -> Option<SentPart> {
        self.done.get(&number).cloned()
    }

    /// Leaves what was uploaded for another one to go on with, if this one is dropped.
    pub(super) fn keep_if_dropped(&self) {
        self.is_kept.store(true, Ordering::Relaxed);
    }

    /// There is an object by now, and nothing more to remove.
    pub(super) fn set_over(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Removes what was uploaded, unless it is over.
    pub(crate) async fn close(&self) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            self.channel.abort().await;
        }
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        if !*self.is_over.get_mut() && !*self.is_kept.get_mut() {
            let channel = self.channel.clone();
            service::spawn(async move { channel.abort().await });
        }
    }
}

const CREATE: &str = "CreateMultipartUpload";
