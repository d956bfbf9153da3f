//! An upload as the server has it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_sdk_s3::{
    operation::{
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder,
        head_object::HeadObjectOutput,
    },
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use crypto_envelope::{Result, service};

use super::{Uploaded, record::Found, record::Saved, tasks::Sent};
use crate::{
    Epoch, ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind, StoredInPlain,
    s3::{
        calls::{Answered, another_key, send},
        copy::CopySource,
        error::About,
        etag::Named,
        existing::Existing,
        guard::Echo,
        protection::Seal,
    },
};

/// An upload that was begun.
///
/// If it is dropped before it is over, what was uploaded is removed in the background, unless it is to be
/// [gone on with](Self::keep_if_dropped).
pub(crate) struct OpenUpload {
    channel: Channel,
    done: BTreeMap<i32, SentPart>,
    pub(crate) existing: Existing,
    is_over: AtomicBool,
    is_kept: AtomicBool,
}

/// Sends parts of an upload, also several at the same time.
#[derive(Clone)]
pub(crate) struct Channel {
    client: SseCClient,
    place: ObjectPlace,
    id: String,
    seal: Seal,
}

/// A part that the server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentPart {
    pub(crate) number: i32,
    pub(crate) etag: String,
    /// The MD5 of its bytes, in base64.
    pub(crate) digest: String,
}

impl OpenUpload {
    /// Begins an upload, which has to be one under the key.
    pub(crate) async fn begin(
        client: &SseCClient,
        request: CreateMultipartUploadFluentBuilder,
        place: &ObjectPlace,
        seal: Seal,
    ) -> Result<Self> {
        let is_by_customer = seal.customer_key().is_some();
        let (open, echo) = Self::create(client, request, place, seal).await?;
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
        Ok((Self::of(client, place, id.to_owned(), seal, BTreeMap::new()), echo))
    }

    /// Goes on with an upload, if that is possible, or begins one.
    pub(super) async fn resume(
        client: &SseCClient,
        request: CreateMultipartUploadFluentBuilder,
        place: &ObjectPlace,
        protection: &Protection,
        found: Found,
    ) -> Result<Self> {
        let (saved, is_same) = match found {
            Found::Nothing => {
                return Self::begin(client, request, place, protection.seal(place).await?).await;
            }
            Found::Same(saved) => (saved, true),
            Found::Other(saved) => (saved, false),
        };
        let seal = if is_same { saved.seal(protection, place).await? } else { None };
        let Some(seal) = seal else {
            abort(client, place, &saved.id).await;
            return Self::begin(client, request, place, protection.seal(place).await?).await;
        };
        let mut open = Self::of(client, place, saved.id, seal, saved.parts);
        open.keep_if_dropped();
        match open.channel.list_parts().await {
            Ok(there) => {
                open.done.retain(|number, part| there.get(number) == Some(&part.etag));
                Ok(open)
            }
            // It is gone, whoever has ended it.
            Err(error) if error.kind() == SseCErrorKind::NotFound => {
                Self::begin(client, request, place, protection.seal(place).await?).await
            }
            Err(error) => Err(error.into()),
        }
    }

    fn of(
        client: &SseCClient,
        place: &ObjectPlace,
        id: String,
        seal: Seal,
        done: BTreeMap<i32, SentPart>,
    ) -> Self {
        let channel = Channel { client: client.clone(), place: place.clone(), id, seal };
        let (is_over, is_kept) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { channel, done, existing: Existing::Replace, is_over, is_kept }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The part, if it is there from before.
    pub(super) fn done(&self, number: i32) -> Option<SentPart> {
        self.done.get(&number).cloned()
    }

    pub(super) fn saved(&self) -> Saved {
        let Channel { place, id, seal, .. } = &self.channel;
        let key = seal.customer_key();
        Saved {
            place: place.clone(),
            id: id.clone(),
            key_digest: key.map_or(String::new(), |key| key.key.digest().as_str().to_owned()),
            epoch: key.and_then(|key| key.epoch).map(Epoch::number),
            parts: self.done.clone(),
        }
    }

    /// Leaves what was uploaded for another one to go on with, if this one is dropped.
    pub(super) fn keep_if_dropped(&self) {
        self.is_kept.store(true, Ordering::Relaxed);
    }

    /// Removes what was uploaded, unless it is over.
    pub(crate) async fn close(&self) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            let Channel { client, place, id, .. } = &self.channel;
            abort(client, place, id).await;
        }
    }

    /// Puts the parts together, and looks at the object.
    pub(crate) async fn complete(&self, sent: Sent) -> Result<Uploaded> {
        let Channel { client, place, id, seal } = &self.channel;
        let about = place.about("CompleteMultipartUpload");
        let parts: Vec<_> = sent
            .parts
            .iter()
            .map(|part| CompletedPart::builder().part_number(part.number).e_tag(&part.etag).build())
            .collect();
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        // What is there before is not what this upload becomes.
        let before = client.head_sealed(place, seal).await.ok().map(Answered::named);
        let request = client
            .s3()
            .complete_multipart_upload()
            .bucket(place.bucket())
            .key(place.key())
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .set_if_none_match(self.existing.if_none_match())
            .set_if_match(self.existing.if_match());
        let request = seal.on(request);
        let answer = send!(client, &about, request).await;
        let told = match answer {
            // Ceph names an empty tag.
            Ok(answer) => {
                let tag = answer.output.e_tag().filter(|tag| !tag.is_empty());
                Some(Named::of(answer.output.version_id(), tag))
            }
            // It may be the second attempt of one that was done, and whose answer was lost.
            Err(error) if self.may_be_done(&error).await => None,
            Err(error) => return Err(error.into()),
        };
        self.is_over.store(true, Ordering::Relaxed);
        let object = self.look_at(told, before, &sent, &about).await?;
        if let Some(key) = seal.customer_key() {
            key.check_not_retired(&about).await?;
        }
        let (size, resumed_parts) = (sent.size, sent.resumed);
        let place = place.clone().with_version(object.version);
        Ok(Uploaded { place, etag: object.etag, size, parts: count, resumed_parts })
    }

    /// Demands that the object is what was put together: named as the server said, or at least not what was there
    /// before; under the key, and as long as it must be.
    async fn look_at(
        &self,
        told: Option<Named>,
        before: Option<Named>,
        sent: &Sent,
        about: &About,
    ) -> Result<Named, SseCError> {
        let Channel { client, seal, place, .. } = &self.channel;
        let version = told.as_ref().and_then(|told| told.version.clone());
        let stored = StoredInPlain {
            place: place.clone().with_version(version),
            etag: told.as_ref().and_then(|told| told.etag.clone()),
            took_the_place: false,
        };
        let fail = |kind, finding: String| {
            Err(SseCError::found(about.clone(), kind, finding).with_stored_in_plain(stored.clone()))
        };
        let place = &stored.place;
        let answer = match client.head_sealed(place, seal).await {
            Ok(answer) => answer,
            Err(error) if error.may_be_about_the_key() => {
                return fail(SseCErrorKind::Unproven, format!("{place} does not open: {error}"));
            }
            Err(error) => {
                let finding = format!("what was put together cannot be looked at: {error}");
                return fail(SseCErrorKind::Unverified, finding);
            }
        };
        if seal.echo(&answer.seen) != Echo::Right {
            let finding = format!(
                "the server does not say of {place} that it is encrypted as it was asked for"
            );
            return fail(SseCErrorKind::NotProtected, finding);
        }
        let size = answer.output.content_length().and_then(|size| u64::try_from(size).ok());
        let now = answer.named();
        let is_it = match &told {
            Some(told) => now.may_be(told),
            None => before.is_none_or(|before| !now.may_be(&before)),
        };
        if !is_it {
            let finding = format!(
                "{place} ({now}) is another object than the one that was put together ({})",
                told.map_or("unknown".to_owned(), |told| told.to_string())
            );
            return Err(SseCError::found(about.clone(), SseCErrorKind::Unverified, finding));
        }
        if size == Some(sent.size) {
            return Ok(now);
        }
        let size = size.map_or("an unknown number".to_owned(), |size| size.to_string());
        let finding = format!("{} bytes were sent, and the server has {size} of them", sent.size);
        Err(SseCError::found(about.clone(), SseCErrorKind::Damaged, finding).after_write())
    }

    /// Whether the upload is over although putting it together seems to have failed.
    async fn may_be_done(&self, error: &SseCError) -> bool {
        let is_unclear =
            matches!(error.kind(), SseCErrorKind::NotFound | SseCErrorKind::Unavailable);
        if !is_unclear {
            return false;
        }
        let listed = self.channel.list_parts().await;
        listed.is_err_and(|error| error.kind() == SseCErrorKind::NotFound)
    }
}

impl Answered<HeadObjectOutput> {
    fn named(self) -> Named {
        Named::of(self.output.version_id(), self.output.e_tag())
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        if !*self.is_over.get_mut() && !*self.is_kept.get_mut() {
            let Channel { client, place, id, .. } = self.channel.clone();
            service::spawn(async move { abort(&client, &place, &id).await });
        }
    }
}

impl Channel {
    /// Sends a part, and demands that it was put under the key.
    pub(crate) async fn send(
        &self,
        number: i32,
        bytes: Bytes,
        digest: String,
    ) -> Result<SentPart, SseCError> {
        let about = self.place.about("UploadPart");
        let request = self
            .client
            .s3()
            .upload_part()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .upload_id(&self.id)
            .part_number(number)
            .content_md5(&digest)
            .body(ByteStream::from(bytes));
        let request = self.seal.on(request);
        let answer = send!(self.client, &about, request).await?;
        if self.seal.customer_key().is_some() {
            self.seal.demand(&answer.seen, &about, || None)?;
        }
        match answer.output.e_tag() {
            Some(etag) => Ok(SentPart { number, etag: etag.to_owned(), digest }),
            None => Err(no_entity_tag(about)),
        }
    }

    /// Has the server copy a range of an object into a part. Some servers say nothing of the key then: a test has
    /// shown what they do, and the whole object is looked at in the end.
    pub(crate) async fn copy(&self, number: i32, from: &CopySource) -> Result<SentPart, SseCError> {
        let about = self.place.about("UploadPartCopy");
        let request = self
            .client
            .s3()
            .upload_part_copy()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .upload_id(&self.id)
            .part_number(number);
        let request = self.seal.on(from.on_part(request, number));
        let answer = send!(self.client, &about, request).await?;
        if self.seal.customer_key().is_some() && self.seal.echo(&answer.seen) == Echo::Wrong {
            return Err(another_key(&about));
        }
        let part = answer.output.copy_part_result();
        match part.and_then(|part| part.e_tag()) {
            Some(etag) => Ok(SentPart { number, etag: etag.to_owned(), digest: String::new() }),
            None => Err(no_entity_tag(about)),
        }
    }

    /// Entity tags by their numbers.
    async fn list_parts(&self) -> Result<BTreeMap<i32, String>, SseCError> {
        let about = self.place.about("ListParts");
        let mut there = BTreeMap::new();
        let (mut marker, mut last) = (None, None);
        loop {
            let request = self
                .client
                .s3()
                .list_parts()
                .bucket(self.place.bucket())
                .key(self.place.key())
                .upload_id(&self.id)
                .set_part_number_marker(marker.take());
            let request = self.seal.on(request);
            let page = send!(self.client, &about, request).await?.output;
            for part in page.parts() {
                if let (Some(number), Some(etag)) = (part.part_number(), part.e_tag()) {
                    there.insert(number, etag.to_owned());
                }
            }
            match page.next_part_number_marker() {
                Some(next)
                    if page.is_truncated() == Some(true) && Some(next) != last.as_deref() =>
                {
                    last = Some(next.to_owned());
                    marker = last.clone();
                }
                _ => return Ok(there),
            }
        }
    }
}

fn no_entity_tag(about: About) -> SseCError {
    let finding = "the server took a part and named no entity tag";
    SseCError::found(about, SseCErrorKind::Other, finding)
}

const CREATE: &str = "CreateMultipartUpload";

/// Removes an upload, as far as that is possible.
pub(super) async fn abort(client: &SseCClient, place: &ObjectPlace, id: &str) {
    let about = place.about("AbortMultipartUpload");
    let request =
        client.s3().abort_multipart_upload().bucket(place.bucket()).key(place.key()).upload_id(id);
    // Nobody could do more about it.
    let _ = send!(client, &about, request).await;
}
