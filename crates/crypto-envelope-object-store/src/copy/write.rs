//! Writing what is copied into a new message.

use std::future;

use bytes::Bytes;
use crypto_envelope::MessageId;
use futures_util::{FutureExt, TryStreamExt, future::try_join, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, Error as StoreError, MultipartUpload, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, Result, UpdateVersion, UploadPart,
    path::Path,
};

use super::{Copied, is_tagged, reading};
use crate::{
    Error, Receipt,
    payload::{collect, take_stream},
    store::Shared,
    upload::EncryptedUpload,
};

/// What may be where the copy is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Anything,
    Nothing,
    /// The source itself, as it was read.
    Source,
}

impl<S: ObjectStore> Shared<S> {
    /// Reads and verifies an object, and encrypts it for another location, or with another key where it is.
    pub(super) async fn encrypt_again(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> Result<Copied> {
        let CopyOptions { mode, extensions } = options;
        let target = match mode {
            CopyMode::Create => Target::Nothing,
            CopyMode::Overwrite if from == to => Target::Source,
            CopyMode::Overwrite => Target::Anything,
        };
        let (found, mut options) = (Receipt::new(), reading(&extensions));
        options.extensions.insert(found.clone());
        let (meta, mut source) = self.whole(from, options).await?;
        let copied = Copied { meta, message_id: found.message_id() };
        let (length, attributes) = (source.meta.size, std::mem::take(&mut source.attributes));
        let plaintext = take_stream(&mut source);
        let at_once = self.whole_copy_limit.min(self.part_length as u64);
        if target != Target::Nothing && length > at_once {
            let (attributes, extensions) = (attributes.clone(), extensions.clone());
            let options = PutMultipartOptions { attributes, extensions, ..Default::default() };
            match self.begin_upload(to, options).await {
                Err(error) if is_not_offered(&error) => {}
                upload => {
                    let (upload, source) = (upload?, (target == Target::Source).then_some(&copied));
                    self.upload(plaintext, length, upload, to, source).await?;
                    return Ok(copied);
                }
            }
        }
        if length > self.whole_copy_limit {
            return Err(Error::CopyTooLong { limit: self.whole_copy_limit }.at(to));
        }
        let plaintext = collect(plaintext, length).await?;
        let plaintext = plaintext.ok_or_else(|| Error::ImpossibleLength.at(from))?;
        let options = PutOptions { attributes, extensions, ..Default::default() };
        self.write(to, target, &copied, plaintext.into(), options).await?;
        Ok(copied)
    }

    /// Stores a message of the payload.
    async fn write(
        &self,
        to: &Path,
        target: Target,
        copied: &Copied,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<()> {
        let receipt = options.extensions.get::<Receipt>().cloned();
        let (message_id, message) = self.sealed_for(to, payload).await?;
        match target {
            Target::Anything => drop(self.store.put_opts(to, message, options).await?),
            Target::Nothing => self.create(to, message_id, message, options).await?,
            Target::Source => self.replace(to, message_id, message, copied, options).await?,
        }
        self.stored(to, message_id, receipt.as_ref());
        Ok(())
    }

    /// Stores a message where nothing is.
    async fn create(
        &self,
        to: &Path,
        message_id: MessageId,
        message: PutPayload,
        options: PutOptions,
    ) -> Result<()> {
        let put = PutOptions { mode: PutMode::Create, ..options.clone() };
        let stored = match self.store.put_opts(to, message.clone(), put).await {
            Err(error) if is_not_offered(&error) => {
                self.create_by_copy(to, message_id, message, options).await
            }
            stored => stored.map(drop),
        };
        match stored {
            // The store below asks again if an answer is lost.
            Err(StoreError::AlreadyExists { .. })
                if self.is_at(to, message_id).await.unwrap_or(false) =>
            {
                Ok(())
            }
            stored => stored,
        }
    }

    /// The same in a store that has such a condition for copies alone: by way of a name beside it.
    async fn create_by_copy(
        &self,
        to: &Path,
        message_id: MessageId,
        message: PutPayload,
        options: PutOptions,
    ) -> Result<()> {
        let folder = to.as_ref().rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
        let beside = Path::parse(format!("{folder}/{message_id}"))?;
        let extensions = options.extensions.clone();
        let copied = match self.store.put_opts(&beside, message, options).await {
            Ok(_) => {
                let options = CopyOptions::new().with_mode(CopyMode::Create);
                self.store.copy_opts(&beside, to, options.with_extensions(extensions)).await
            }
            Err(error) => Err(error),
        };
        // Also where the answer to the first request was lost. What stays is no reason to say that a copy that is there
        // is not.
        let _ = self.store.delete(&beside).await;
        copied
    }

    /// Stores a message in place of the object that it was made of.
    async fn replace(
        &self,
        location: &Path,
        message_id: MessageId,
        message: PutPayload,
        copied: &Copied,
        options: PutOptions,
    ) -> Result<()> {
        if is_tagged(&copied.meta) {
            let (e_tag, version) = (copied.meta.e_tag.clone(), copied.meta.version.clone());
            let mode = PutMode::Update(UpdateVersion { e_tag, version });
            let put = PutOptions { mode, ..options.clone() };
            match self.store.put_opts(location, message.clone(), put).await {
                Err(error) if is_not_offered(&error) => {}
                // Some servers refuse all conditions, each in its own way; and an answer can be lost.
                Err(StoreError::Precondition { .. } | StoreError::Generic { .. }) => {
                    if self.is_at(location, message_id).await? {
                        return Ok(());
                    }
                }
                stored => return stored.map(drop),
            }
        }
        self.check_unchanged(location, copied).await?;
        self.store.put_opts(location, message, options).await.map(drop)
    }

    /// Uploads all that a stream gives, if it comes to its end; in place of `source` if that is still there then.
    async fn upload(
        &self,
        plaintext: BoxStream<'static, Result<Bytes>>,
        length: u64,
        mut upload: EncryptedUpload,
        to: &Path,
        source: Option<&Copied>,
    ) -> Result<()> {
        let part_length = (self.part_length as u64).max(length / MOST_PARTS);
        let part_length = usize::try_from(part_length).unwrap_or(usize::MAX);
        let uploaded = async {
            send(plaintext, &mut upload, part_length).await?;
            if let Some(source) = source {
                self.check_unchanged(to, source).await?;
            }
            upload.complete().await.map(drop)
        };
        let uploaded = uploaded.await;
        if uploaded.is_err() {
            // What went wrong first says more than that it could not be tidied up.
            let _ = upload.abort().await;
        }
        uploaded
    }
}

/// Sends plaintext in parts, one while the next one is read.
async fn send(
    mut plaintext: BoxStream<'static, Result<Bytes>>,
    upload: &mut EncryptedUpload,
    part_length: usize,
) -> Result<()> {
    let mut before: UploadPart = future::ready(Ok(())).boxed();
    while let ((), Some(part)) = try_join(before, next_part(&mut plaintext, part_length)).await? {
        before = upload.put_part(part);
    }
    Ok(())
}

/// So much plaintext, or what is left of it.
async fn next_part(
    plaintext: &mut BoxStream<'static, Result<Bytes>>,
    length: usize,
) -> Result<Option<PutPayload>> {
    let (mut part, mut taken) = (Vec::new(), 0);
    while taken < length
        && let Some(piece) = plaintext.try_next().await?
    {
        taken += piece.len();
        part.push(piece);
    }
    Ok((!part.is_empty()).then(|| part.into_iter().collect()))
}

/// Whether the store below says that it has no such request.
fn is_not_offered(error: &StoreError) -> bool {
    matches!(error, StoreError::NotImplemented { .. } | StoreError::NotSupported { .. })
}

/// Most parts of a copy. Stores take 10,000, and messages are a little longer than their plaintext.
const MOST_PARTS: u64 = 9000;
