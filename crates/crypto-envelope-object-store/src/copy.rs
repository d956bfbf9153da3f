//! Copying and renaming.

use std::future;

use bytes::Bytes;
use futures_util::{FutureExt, TryStreamExt, future::try_join, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, Error as StoreError, Extensions, GetOptions, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    RenameOptions, RenameTargetMode, Result, UploadPart, path::Path,
};

use crate::{
    Error, Receipt,
    payload::{collect, take_stream},
    store::Shared,
    upload::EncryptedUpload,
};

impl<S: ObjectStore> Shared<S> {
    /// Copies the message as it is where it may stand, else its plaintext into a new one.
    pub(crate) async fn copy(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        if self.may_stand_at(from, to, &reading(&options.extensions))? {
            self.store.copy_opts(from, to, options).await?;
            self.headers.forget(to);
            return Ok(());
        }
        self.encrypt_again(from, to, options).await.map(drop)
    }

    /// Copies, and deletes the source if it is still what was copied.
    pub(crate) async fn rename(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> Result<()> {
        // A copy to where it is, and to delete that, would be a loss.
        if from == to {
            let there = self.store.head(from).await?;
            return match options.target_mode {
                RenameTargetMode::Overwrite => Ok(()),
                RenameTargetMode::Create => Err(StoreError::AlreadyExists {
                    path: there.location.to_string(),
                    source: "it would be renamed to the name that it has".into(),
                }),
            };
        }
        if self.may_stand_at(from, to, &reading(&options.extensions))? {
            self.store.rename_opts(from, to, options).await?;
            self.headers.forget(from);
            self.headers.forget(to);
            return Ok(());
        }
        let mode = match options.target_mode {
            RenameTargetMode::Overwrite => CopyMode::Overwrite,
            RenameTargetMode::Create => CopyMode::Create,
        };
        let copy = CopyOptions::new().with_mode(mode).with_extensions(options.extensions);
        let copied = self.encrypt_again(from, to, copy).await?;
        let now = self.store.head(from).await?;
        if is_other(&now, &copied) {
            return Err(Error::SourceReplaced.at(from));
        }
        self.headers.forget(from);
        self.store.delete(from).await
    }

    /// Whether what is at `from` is right at `to` as it is: a message with the same context, which nobody has to look at.
    fn may_stand_at(&self, from: &Path, to: &Path, reading: &GetOptions) -> Result<bool> {
        let is_looked_at =
            self.unencrypted.is_allowed(from) || self.expected(from, reading).is_some();
        Ok(!is_looked_at && self.context_of(from)? == self.context_of(to)?)
    }

    /// Reads and verifies an object, and encrypts it for another location. Returns what was copied, as it was stored.
    async fn encrypt_again(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> Result<ObjectMeta> {
        let CopyOptions { mode, extensions } = options;
        let (stored, mut source) = self.whole(from, reading(&extensions)).await?;
        let (length, attributes) = (source.meta.size, std::mem::take(&mut source.attributes));
        let plaintext = take_stream(&mut source);
        if mode == CopyMode::Overwrite && length > self.part_length as u64 {
            let (attributes, extensions) = (attributes.clone(), extensions.clone());
            let options = PutMultipartOptions { attributes, extensions, ..Default::default() };
            match self.begin_upload(to, options).await {
                Err(error) if is_not_offered(&error) => {}
                upload => return self.upload(plaintext, length, upload?).await.map(|()| stored),
            }
        }
        if length > self.whole_copy_limit {
            return Err(Error::CopyTooLong { limit: self.whole_copy_limit }.at(to));
        }
        let plaintext = collect(plaintext, length).await?;
        let plaintext = plaintext.ok_or_else(|| Error::ImpossibleLength.at(from))?;
        let put = PutOptions { attributes, extensions, ..Default::default() };
        match mode {
            CopyMode::Overwrite => self.put(to, plaintext.into(), put).await.map(drop)?,
            CopyMode::Create => self.create(to, plaintext.into(), put).await?,
        }
        Ok(stored)
    }

    /// Encrypts `payload` to where nothing is.
    async fn create(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<()> {
        let receipt = options.extensions.get::<Receipt>().cloned();
        let (message_id, message) = self.sealed_for(to, payload).await?;
        let put = PutOptions { mode: PutMode::Create, ..options.clone() };
        match self.store.put_opts(to, message.clone(), put).await {
            Err(error) if is_not_offered(&error) => {
                let beside = Path::parse(format!("{to}.{message_id}"))?;
                self.create_by_copy(&beside, to, message, options).await?;
            }
            stored => drop(stored?),
        }
        self.headers.forget(to);
        if let Some(receipt) = receipt {
            receipt.fill(message_id);
        }
        Ok(())
    }

    /// Stores a message where nothing is, in a store that has such a condition for copies alone: by way of another
    /// name, at which it cannot be opened.
    async fn create_by_copy(
        &self,
        beside: &Path,
        to: &Path,
        message: PutPayload,
        options: PutOptions,
    ) -> Result<()> {
        let extensions = options.extensions.clone();
        let copied = match self.store.put_opts(beside, message, options).await {
            Ok(_) => {
                let options = CopyOptions::new().with_mode(CopyMode::Create);
                self.store.copy_opts(beside, to, options.with_extensions(extensions)).await
            }
            Err(error) => Err(error),
        };
        // Also where the answer to the first request was lost. What stays is of use to nobody, and no reason to say that
        // a copy that is there is not.
        let _ = self.store.delete(beside).await;
        copied
    }

    /// Uploads all that a stream gives, if it comes to its end.
    async fn upload(
        &self,
        plaintext: BoxStream<'static, Result<Bytes>>,
        length: u64,
        mut upload: EncryptedUpload,
    ) -> Result<()> {
        let part_length = (self.part_length as u64).max(length / MOST_PARTS);
        let part_length = usize::try_from(part_length).unwrap_or(usize::MAX);
        let sent = send(plaintext, &mut upload, part_length).await;
        if sent.is_err() {
            // What went wrong first says more than that it could not be tidied up.
            let _ = upload.abort().await;
        }
        sent
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
    upload.complete().await.map(drop)
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

/// The source of a copy, as far as its caller said something of it.
fn reading(extensions: &Extensions) -> GetOptions {
    GetOptions { extensions: extensions.clone(), ..GetOptions::default() }
}

/// Whether the store below says that it has no such request.
fn is_not_offered(error: &StoreError) -> bool {
    matches!(error, StoreError::NotImplemented { .. } | StoreError::NotSupported { .. })
}

/// Whether one of these is not the other one, as far as the store says.
fn is_other(now: &ObjectMeta, then: &ObjectMeta) -> bool {
    (&now.e_tag, &now.version, now.last_modified, now.size)
        != (&then.e_tag, &then.version, then.last_modified, then.size)
}

/// Stores take 10,000 parts, and messages are a little longer than their plaintext.
const MOST_PARTS: u64 = 9000;
