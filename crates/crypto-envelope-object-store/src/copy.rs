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
    Error,
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
        let (at_once, put_mode) = match mode {
            CopyMode::Create => (self.conditional_copy_limit, PutMode::Create),
            CopyMode::Overwrite => (self.part_length as u64, PutMode::Overwrite),
        };
        if length <= at_once {
            let put = PutOptions { mode: put_mode, attributes, extensions, ..Default::default() };
            let plaintext = collect(plaintext, length).await?;
            let plaintext = plaintext.ok_or_else(|| Error::ImpossibleLength.at(from))?;
            self.put(to, plaintext.into(), put).await?;
        } else if mode == CopyMode::Create {
            return Err(Error::ConditionalCopy { limit: at_once }.at(to));
        } else {
            let put = PutMultipartOptions { attributes, extensions, ..Default::default() };
            self.upload(plaintext, length, to, put).await?;
        }
        Ok(stored)
    }

    /// Uploads all that a stream gives, if it comes to its end.
    async fn upload(
        &self,
        plaintext: BoxStream<'static, Result<Bytes>>,
        length: u64,
        to: &Path,
        options: PutMultipartOptions,
    ) -> Result<()> {
        let part_length = (self.part_length as u64).max(length / MOST_PARTS);
        let part_length = usize::try_from(part_length).unwrap_or(usize::MAX);
        let mut upload = self.begin_upload(to, options).await?;
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

/// Whether one of these is not the other one, as far as the store says.
fn is_other(now: &ObjectMeta, then: &ObjectMeta) -> bool {
    (&now.e_tag, &now.version, now.last_modified, now.size)
        != (&then.e_tag, &then.version, then.last_modified, then.size)
}

/// Stores take 10,000 parts, and messages are a little longer than their plaintext.
const MOST_PARTS: u64 = 9000;
