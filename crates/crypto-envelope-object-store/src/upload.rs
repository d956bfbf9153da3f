//! Uploads in parts.

mod order;
mod parts;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{self as core, Sealed, Sealer};
use futures_util::FutureExt;
use object_store::{
    MultipartUpload, ObjectStore, PutMultipartOptions, PutPayload, PutResult, Result, UploadPart,
    path::Path,
};

use self::{
    order::PartsInOrder,
    parts::{Cutter, Part},
};
use crate::{
    Error, Receipt,
    builder::MOST_PART,
    error::{at, through_core},
    header_cache::HeaderCache,
    put::compute_some,
    store::Shared,
};

impl<S: ObjectStore> Shared<S> {
    /// Obtains a data key, and begins an upload in the store below.
    pub(crate) async fn begin_upload(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<EncryptedUpload> {
        let receipt = options.extensions.get::<Receipt>().cloned();
        let sealer = self.encryptor.prepare(&self.context_of(location)?).await;
        let sealer = sealer.map_err(|error| at(location, error))?;
        let upload = self.store.put_multipart_opts(location, options).await?;
        Ok(EncryptedUpload {
            location: location.clone(),
            least_part: self.part_length,
            cutter: None,
            sealer: Some(sealer),
            parts: Arc::new(PartsInOrder::new(upload)),
            ending: None,
            receipt,
            headers: self.headers.clone(),
        })
    }
}

/// Encrypts parts of any length into one message, which is stored in parts of equal length. Whole frames are sealed on
/// threads of the runtime as soon as their plaintext is there.
#[derive(Debug)]
pub(crate) struct EncryptedUpload {
    location: Path,
    least_part: usize,
    /// Set with the first part, whose length decides.
    cutter: Option<Cutter>,
    /// Taken when the message ends, or must not.
    sealer: Option<Sealer>,
    parts: Arc<PartsInOrder>,
    /// The upload in the store below, from when all parts are there until it is complete or aborted: also if a future that
    /// should do that is dropped.
    ending: Option<Box<dyn MultipartUpload>>,
    receipt: Option<Receipt>,
    headers: HeaderCache,
}

impl EncryptedUpload {
    /// Takes plaintext, and gives all parts that are full now.
    fn take(&mut self, payload: &PutPayload) -> core::Result<Vec<Part>> {
        let sealer = self.sealer.as_mut().ok_or_else(|| through_core(OVER))?;
        let cutter = match &mut self.cutter {
            Some(cutter) => cutter,
            none => {
                let first = sealer.message_length(payload.content_length() as u64);
                let first = first.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
                none.insert(Cutter::new(sealer, first.clamp(self.least_part, most_part()))?)
            }
        };
        payload.iter().for_each(|piece| cutter.add(piece.clone()));
        let mut parts = Vec::new();
        while let Some(part) = cutter.next(sealer)? {
            parts.push(part);
        }
        Ok(parts)
    }

    /// Seals the end, and gives what is left to store.
    async fn end(&mut self) -> core::Result<(Sealed, Vec<Bytes>)> {
        let mut sealer = self.sealer.take().ok_or_else(|| through_core(OVER))?;
        let cutter = match self.cutter.take() {
            Some(cutter) => cutter,
            None => Cutter::new(&mut sealer, self.least_part)?,
        };
        compute_some(cutter.work(), move || cutter.finish(sealer)).await
    }
}

async fn complete(upload: &mut dyn MultipartUpload, last: Vec<Bytes>) -> Result<PutResult> {
    for part in last {
        upload.put_part(part.into()).await?;
    }
    upload.complete().await
}

#[async_trait]
impl MultipartUpload for EncryptedUpload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let parts = match self.take(&payload) {
            Ok(parts) => parts,
            Err(error) => {
                // What was taken and not sealed is missing: the message must not get an end.
                self.sealer = None;
                let error = at(&self.location, error);
                return async move { Err(error) }.boxed();
            }
        };
        let sent = parts.into_iter().map(|part| self.parts.send(part)).collect::<Vec<_>>();
        let location = self.location.clone();
        async move {
            for part in futures_util::future::join_all(sent).await {
                part.map_err(|error| at(&location, error))?;
            }
            Ok(())
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let missing = self.parts.missing().ok_or_else(|| OVER.at(&self.location))?;
        if missing > 0 {
            self.sealer = None;
            return Err(Error::PartsMissing { missing }.at(&self.location));
        }
        self.ending = self.parts.take();
        let (sealed, last) = self.end().await.map_err(|error| at(&self.location, error))?;
        let upload = self.ending.as_mut().ok_or_else(|| OVER.at(&self.location))?;
        let stored = complete(&mut **upload, last).await?;
        self.ending = None;
        self.headers.forget(&self.location);
        if let Some(receipt) = &self.receipt {
            receipt.fill(*sealed.header().message_id());
        }
        Ok(stored)
    }

    async fn abort(&mut self) -> Result<()> {
        self.sealer = None;
        if self.ending.is_none() {
            self.ending = self.parts.give_up();
        }
        if let Some(upload) = &mut self.ending {
            upload.abort().await?;
        }
        self.ending = None;
        Ok(())
    }
}

/// More than this no store takes.
fn most_part() -> usize {
    usize::try_from(MOST_PART).unwrap_or(usize::MAX)
}

const OVER: Error =
    Error::Misuse { what: "the upload was completed or aborted, or a call of it failed: abort it" };
