//! Files, uploaded in parts that go at the same time, and gone on with after an interruption.
//!
//! The SHA-256 of the ciphertext of a part is on the disk before its first byte leaves. Who goes on with an upload
//! encrypts each such part again and compares: if it is another, the file is not the same any more, and to
//! send it under the same key would give both away. So the upload is begun anew then, with a new data key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crypto_envelope::{
    Error, Result,
    service::{self, all_of, blocking},
};
use sha2::{Digest, Sha256};

use super::{
    begun::Begun,
    cipher::PartCipher,
    client::CosEncryptingClient,
    file::{SourceFile, SourceStamp},
    open_upload::{OnFailure, OpenUpload, SentPart},
    part_source::OfFile,
    put::{Written, WrittenObject},
    request::EncryptObject,
    storing::Storing,
    transfer::FileTransfer,
    upload::no_parts,
    upload_plan::{UploadPlan, send_part},
    upload_record::{UploadRecord, UploadStart, Wrapped},
    watched::Watched,
};
use crate::{
    CosError, CosErrorKind, CosObjectError, ETag, ListParts,
    format::envelope::Shape,
    request::{Headers, is_secret},
};
use crypto_envelope_s3_sse_c::KeyRole;

impl CosEncryptingClient {
    /// Encrypts a file, and stores it: in one call if it is short, else in parts, several of which are on their way
    /// at once.
    ///
    /// With a [record](FileTransfer::resumable), an upload that was interrupted goes on where it was: no part
    /// that COS has is sent again. If the file was changed meanwhile, it begins anew.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put); [`CosObjectError::FileChanged`] if the file is changed during the upload;
    /// [`CosObjectError::Record`] if the record cannot be used, as when another process has it; those of reading
    /// the file; [`Error::InvalidInput`] with a record, if objects of this format have no parts that are encrypted
    /// by themselves.
    pub async fn upload_file(
        &self,
        object: EncryptObject,
        transfer: FileTransfer,
    ) -> Result<WrittenObject> {
        Storing::encrypted(self, object).upload_file(transfer).await
    }
}

impl Storing {
    pub(super) async fn upload_file(self, transfer: FileTransfer) -> Result<WrittenObject> {
        service::run(async move { self.upload_file_here(transfer).await }).await?
    }

    async fn upload_file_here(&self, transfer: FileTransfer) -> Result<WrittenObject> {
        let source = transfer.clone();
        let file = blocking(move || SourceFile::of(&source)).await?;
        let Some(record) = transfer.record.clone() else {
            return self.upload_new(&transfer, file, None).await;
        };
        let opened = {
            let record = record.clone();
            blocking(move || UploadRecord::open(&record)).await?
        };
        if let Some(opened) = opened {
            self.check_same(&record, &opened.start)?;
            match self.go_on(&transfer, &file, opened).await? {
                GoneOn::Done(written) => return Ok(*written),
                GoneOn::StartOver(left) => {
                    let (opened, upload) = *left;
                    upload.abort().await?;
                    blocking(move || opened.remove()).await?;
                }
            }
        }
        self.upload_new(&transfer, file, Some(record)).await
    }

    /// What else is said of the object when its upload begins, as a digest.
    fn options(&self) -> Result<String> {
        let mut headers = Headers::default();
        self.object.metadata.push_to(&mut headers)?;
        if let Some(key) = &self.object.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        let mut hash = Sha256::new();
        for (name, value) in headers.iter() {
            // The key itself stays out of it.
            if !is_secret(name) {
                hash.update(format!("{}:{}\0{}\0", name.len(), name, value));
            }
        }
        let keyed = self.object.customer_key.as_ref().map(|key| key.digest().to_string());
        hash.update(keyed.unwrap_or_default());
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A record is of one object.
    fn check_same(&self, path: &Path, start: &UploadStart) -> Result<()> {
        if start.bucket == self.bucket() && start.key == self.object.key {
            return Ok(());
        }
        Err(CosObjectError::record_of_another_object(path))
    }

    async fn upload_new(
        &self,
        transfer: &FileTransfer,
        file: SourceFile,
        record: Option<PathBuf>,
    ) -> Result<WrittenObject> {
        let length = file.stamp.length;
        let begun = self.begin(Some(length)).await?;
        if record.is_some() && !begun.has_parts() {
            return Err(no_parts());
        }
        if length < self.part_length(length, begun.unit()) || !begun.has_parts() {
            return self.upload_in_order(begun, transfer, file).await;
        }
        let part_length = self.part_length(length, begun.unit());
        let shape = Shape::Parts { length: Some(length), part: Some(part_length) };
        let metadata = begun.metadata(&self.object.metadata, shape)?;
        let (message_id, of_envelope) = (begun.message_id(), begun.envelope_metadata()?);
        let cipher = begun.into_parts(length)?.ok_or_else(no_parts)?;
        let wrapped = Wrapped::of(&cipher, of_envelope);
        let upload = OpenUpload::begin(self, metadata).await?;
        let record = match record {
            Some(path) => {
                let start = self.start(&upload, file.stamp, part_length, wrapped)?;
                let created = blocking(move || UploadRecord::create(&path, start)).await;
                let record = match created {
                    Ok(record) => record,
                    Err(error) => return Err(upload.fail(error).await),
                };
                // Also if this future is dropped, somebody may go on with it.
                upload.keep();
                Some(record)
            }
            None => None,
        };
        let stored_length = cipher.stored_length();
        let written = Written { message_id, plaintext_length: length, stored_length };
        let plan = Arc::new(UploadPlan::new(transfer, file, cipher, part_length, record));
        match self.send_all(&upload, &plan, BTreeMap::new()).await {
            Ok(Sent::All(parts)) => self.complete(upload, &plan, parts, written).await,
            // Nothing was sent before that could be another.
            Ok(Sent::Another) => Err(upload.fail(CosObjectError::FileChanged.into()).await),
            Err(error) => Err(give_up(upload, &plan, error).await),
        }
    }

    /// What somebody has to know to go on with it.
    fn start(
        &self,
        upload: &OpenUpload,
        source: SourceStamp,
        part_length: u64,
        wrapped: Wrapped,
    ) -> Result<UploadStart> {
        Ok(UploadStart {
            bucket: self.bucket().to_owned(),
            key: self.object.key.clone(),
            upload: upload.id().clone(),
            format: self.format(),
            options: self.options()?,
            source,
            part_length,
            wrapped,
        })
    }

    /// What has no parts, or is short.
    async fn upload_in_order(
        &self,
        begun: Begun,
        transfer: &FileTransfer,
        file: SourceFile,
    ) -> Result<WrittenObject> {
        let length = file.stamp.length;
        let watched = Watched::file(file.clone(), transfer.meter(Some(length)));
        self.put_begun(begun, OfFile::new(file), watched).await
    }

    async fn go_on(
        &self,
        transfer: &FileTransfer,
        file: &SourceFile,
        record: UploadRecord,
    ) -> Result<GoneOn> {
        let start = record.start.clone();
        let upload = OpenUpload::again(self, start.upload.clone());
        // Whatever happens now, somebody may go on with it.
        upload.keep();
        let is_same = start.source == file.stamp
            && start.format == self.format()
            && start.options == self.options()?;
        if !is_same {
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
        }
        let Some(there) = self.parts_there(&upload).await? else {
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
        };
        let Some(cipher) = self.cipher_again(&start).await? else {
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
        };
        let message_id = match &cipher {
            PartCipher::Message(parts) => Some(*parts.header().message_id()),
            PartCipher::Stream { .. } | PartCipher::AsItIs { .. } => None,
        };
        let length = file.stamp.length;
        let stored_length = cipher.stored_length();
        let written = Written { message_id, plaintext_length: length, stored_length };
        let (file, part_length) = (file.clone(), start.part_length);
        let plan = UploadPlan::new(transfer, file, cipher, part_length, Some(record));
        let plan = Arc::new(plan);
        match self.send_all(&upload, &plan, there).await {
            Ok(Sent::All(parts)) => self
                .complete(upload, &plan, parts, written)
                .await
                .map(|written| GoneOn::Done(Box::new(written))),
            Ok(Sent::Another) => {
                let record = plan.take_record().ok_or_else(lost)?;
                Ok(GoneOn::StartOver(Box::new((record, upload))))
            }
            Err(error) => Err(error),
        }
    }

    /// The parts that COS has. None if it knows nothing of the upload.
    async fn parts_there(&self, upload: &OpenUpload) -> Result<Option<BTreeMap<u32, (ETag, u64)>>> {
        let mut there = BTreeMap::new();
        let mut marker = None;
        loop {
            let mut call = ListParts::new(self.object.key.clone(), upload.id().clone());
            if let Some(marker) = marker {
                call = call.after(marker);
            }
            let page = match self.client.call(call).await {
                Ok(page) => page,
                Err(error) if CosError::kind_in(&error) == Some(CosErrorKind::NotFound) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            let parts = page.parts.into_iter();
            there.extend(parts.map(|part| (part.number.get(), (part.etag, part.length))));
            match page.next {
                Some(next) => marker = Some(next),
                None => return Ok(Some(there)),
            }
        }
    }

    async fn complete(
        &self,
        upload: OpenUpload,
        plan: &UploadPlan,
        parts: BTreeMap<u32, SentPart>,
        written: Written,
    ) -> Result<WrittenObject> {
        let record = plan.take_record();
        if let Err(error) = plan.file.check_unchanged() {
            // Why it failed is worth more than that something is left.
            let _ = record.map(UploadRecord::remove);
            return Err(upload.fail(error).await);
        }
        let on_failure = if record.is_some() { OnFailure::Keep } else { OnFailure::Remove };
        let stored = upload.complete(parts, on_failure).await?;
        // A record that stays is of no upload that anybody could go on with.
        let _ = record.map(UploadRecord::remove);
        Ok(written.stored_as(stored))
    }

    async fn send_all(
        &self,
        upload: &OpenUpload,
        plan: &Arc<UploadPlan>,
        there: BTreeMap<u32, (ETag, u64)>,
    ) -> Result<Sent> {
        let parallel = self.limits.parallel;
        let upload = upload.channel();
        let parts = (1..=plan.parts()).map(|number| {
            let (upload, plan) = (upload.clone(), Arc::clone(plan));
            let there = there.get(&number).cloned();
            async move { send_part(&upload, &plan, number, there).await }
        });
        let sent = all_of(parts, parallel).await?;
        let sent: Option<Vec<_>> = sent.into_iter().collect();
        Ok(match sent {
            Some(parts) => Sent::All(parts.into_iter().map(|part| (part.number, part)).collect()),
            None => Sent::Another,
        })
    }
}

enum GoneOn {
    Done(Box<WrittenObject>),
    /// The file or its part is another, or nothing is left of what was sent.
    StartOver(Box<(UploadRecord, OpenUpload)>),
}

enum Sent {
    All(BTreeMap<u32, SentPart>),
    /// A part is another than the one that may have been sent before.
    Another,
}

/// With a record it can be gone on with, else nothing is left of it.
async fn give_up(upload: OpenUpload, plan: &UploadPlan, error: Error) -> Error {
    let is_recorded = plan.take_record().is_some();
    let on_failure = if is_recorded { OnFailure::Keep } else { OnFailure::Remove };
    upload.give_up(error, on_failure).await
}

fn lost() -> Error {
    Error::invalid_input("the record of the upload is gone")
}
