//! Files, uploaded in parts that go at the same time, and gone on with after an interruption.
//!
//! The SHA-256 of the ciphertext of a part is on the disk before its first byte leaves. Who goes on with an upload
//! encrypts each such part again and compares: if it is another, the file is not the same any more, and to
//! send it under the same key would give both away. So the upload is begun anew then, with a new data key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crypto_envelope::{
    Error, HeaderParser, Result, hazmat::PartSealer, provider::ProviderErrorKind, service,
};
use sha2::{Digest, Sha256};
use tokio::task::{JoinError, JoinSet, spawn_blocking};

use super::{
    begun::Begun,
    cipher::PartCipher,
    client::CosEncryptingClient,
    file::SourceFile,
    put::{Written, WrittenObject},
    request::EncryptObject,
    transfer::{FileTransfer, Meter},
    upload::{self, OnFailure, OpenUpload, SentPart, UploadChannel, no_parts},
    upload_record::{UploadRecord, UploadStart, Wrapped},
    watched::Watched,
};
use crate::{
    CosEnvelope, CosErrorKind, CosObjectError, Crc64, ETag, ListParts, format::envelope::Shape,
};

impl CosEncryptingClient {
    /// Encrypts a file, and stores it: in one call if it is short, else in parts, several of which are on their way
    /// at once.
    ///
    /// With a [record](FileTransfer::resumable), an upload that was interrupted goes on where it was: no part
    /// that COS has is sent again. If the file was changed meanwhile, it begins anew.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put); [`CosObjectError::SourceChanged`] if the file is changed during the upload;
    /// [`CosObjectError::Record`] if the record cannot be used, as when another process has it; those of reading
    /// the file; [`Error::InvalidInput`] with a record, if objects of this format have no parts that are encrypted
    /// by themselves.
    pub async fn upload_file(
        &self,
        object: EncryptObject,
        transfer: FileTransfer,
    ) -> Result<WrittenObject> {
        let client = self.clone();
        service::run(async move { client.upload_file_here(object, transfer).await }).await?
    }

    async fn upload_file_here(
        &self,
        object: EncryptObject,
        transfer: FileTransfer,
    ) -> Result<WrittenObject> {
        let path = transfer.path().to_owned();
        let file = blocking(move || SourceFile::open(&path)).await?;
        let Some(record) = transfer.record.clone() else {
            return self.upload_new(object, &transfer, file, None).await;
        };
        let opened = {
            let record = record.clone();
            blocking(move || UploadRecord::open(&record)).await?
        };
        if let Some(opened) = opened {
            self.check_same(&object, &record, &opened.start)?;
            match self.go_on(&object, &transfer, &file, opened).await? {
                GoneOn::Done(written) => return Ok(written),
                GoneOn::StartOver(opened, upload) => {
                    upload.abort().await?;
                    blocking(move || opened.remove()).await?;
                }
            }
        }
        self.upload_new(object, &transfer, file, Some(record)).await
    }

    /// A record is of one object.
    fn check_same(&self, object: &EncryptObject, path: &Path, start: &UploadStart) -> Result<()> {
        let bucket = self.plain().endpoint().bucket().name();
        if start.bucket == bucket && start.key == object.key {
            return Ok(());
        }
        let what = "it is of another object: take another record, or remove this one";
        Err(CosObjectError::record(path, what))
    }

    async fn upload_new(
        &self,
        object: EncryptObject,
        transfer: &FileTransfer,
        file: SourceFile,
        record: Option<PathBuf>,
    ) -> Result<WrittenObject> {
        let length = file.stamp.length;
        let begun = Begun::new(self.inner(), &object, Some(length)).await?;
        if record.is_some() && !begun.has_parts() {
            return Err(no_parts());
        }
        if length <= self.part_length(length, 1) || !begun.has_parts() {
            return self.upload_in_order(object, transfer, file).await;
        }
        let part_length = self.part_length(length, begun.unit());
        let shape = Shape::Parts { length: Some(length), part: part_length };
        let metadata = begun.metadata(&object.metadata, shape)?;
        let (message_id, of_envelope) = (begun.message_id(), begun.envelope_metadata()?);
        let cipher = begun.into_parts(length)?.ok_or_else(no_parts)?;
        let wrapped = match &cipher {
            PartCipher::Message(parts) => Wrapped::Header(parts.header_bytes()),
            PartCipher::Stream { .. } => Wrapped::Metadata(of_envelope),
        };
        let upload = OpenUpload::begin(self, &object, metadata).await?;
        let start = UploadStart {
            bucket: self.plain().endpoint().bucket().name().to_owned(),
            key: object.key.clone(),
            upload: upload.id().clone(),
            format: self.inner().format,
            source: file.stamp,
            part_length,
            wrapped,
        };
        let record = match record {
            Some(path) => Some(blocking(move || UploadRecord::create(&path, start)).await?),
            None => None,
        };
        let stored_length = cipher.stored_length();
        let written = Written { message_id, plaintext_length: length, stored_length };
        let plan = Plan::new(transfer, file, cipher, part_length);
        let plan = Arc::new(Plan { record: Mutex::new(record), ..plan });
        match self.send_all(&upload, &plan, BTreeMap::new()).await {
            Ok(Sent::All(parts)) => self.complete(upload, &plan, parts, &object, written).await,
            // Nothing was sent before that could be another.
            Ok(Sent::Another) => Err(upload.fail(CosObjectError::SourceChanged.into()).await),
            Err(error) => Err(give_up(upload, &plan, error).await),
        }
    }

    /// What has no parts, or is short.
    async fn upload_in_order(
        &self,
        object: EncryptObject,
        transfer: &FileTransfer,
        file: SourceFile,
    ) -> Result<WrittenObject> {
        let length = file.stamp.length;
        let reader = tokio::fs::File::from_std(file.try_clone()?);
        let watched = Watched::file(file, transfer.meter(Some(length)));
        self.put_reader(object, reader, watched).await
    }

    async fn go_on(
        &self,
        object: &EncryptObject,
        transfer: &FileTransfer,
        file: &SourceFile,
        record: UploadRecord,
    ) -> Result<GoneOn> {
        let start = record.start.clone();
        let upload = OpenUpload::again(self, object.key.clone(), start.upload.clone());
        // Whatever happens now, somebody may go on with it.
        upload.keep();
        let is_same = start.source == file.stamp && start.format == self.inner().format;
        if !is_same {
            return Ok(GoneOn::StartOver(record, upload));
        }
        let Some(there) = self.parts_there(&upload, object).await? else {
            return Ok(GoneOn::StartOver(record, upload));
        };
        let Some(cipher) = self.cipher_again(object, &start).await? else {
            return Ok(GoneOn::StartOver(record, upload));
        };
        let message_id = match &cipher {
            PartCipher::Message(parts) => Some(*parts.header().message_id()),
            PartCipher::Stream { .. } => None,
        };
        let length = file.stamp.length;
        let stored_length = cipher.stored_length();
        let written = Written { message_id, plaintext_length: length, stored_length };
        let plan = Plan::new(transfer, file.clone(), cipher, start.part_length);
        let plan = Arc::new(Plan { record: Mutex::new(Some(record)), ..plan });
        match self.send_all(&upload, &plan, there).await {
            Ok(Sent::All(parts)) => {
                self.complete(upload, &plan, parts, object, written).await.map(GoneOn::Done)
            }
            Ok(Sent::Another) => {
                let record = plan.take_record().ok_or_else(lost)?;
                Ok(GoneOn::StartOver(record, upload))
            }
            Err(error) => Err(error),
        }
    }

    /// The parts that COS has. None if it knows nothing of the upload.
    async fn parts_there(
        &self,
        upload: &OpenUpload,
        object: &EncryptObject,
    ) -> Result<Option<BTreeMap<u32, (ETag, u64)>>> {
        let mut there = BTreeMap::new();
        let mut marker = None;
        loop {
            let mut call = ListParts::new(object.key.clone(), upload.id().clone());
            if let Some(marker) = marker {
                call = call.after(marker);
            }
            let page = match self.plain().call(call).await {
                Ok(page) => page,
                Err(error) if upload::kind(&error) == Some(CosErrorKind::NotFound) => {
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

    /// The same cipher as before. None if it cannot be had, since the key provider only encrypts.
    async fn cipher_again(
        &self,
        object: &EncryptObject,
        start: &UploadStart,
    ) -> Result<Option<PartCipher>> {
        let length = start.source.length;
        let opened = match &start.wrapped {
            Wrapped::Header(bytes) => {
                let decryptor = &self.inner().decryptor;
                let mut parser: HeaderParser = decryptor.header_parser();
                parser.push(bytes)?;
                let opener = decryptor.open(parser.finish()?, &object.context).await;
                opener
                    .and_then(|opener| Ok(PartCipher::Message(PartSealer::again(&opener, length)?)))
            }
            Wrapped::Metadata(pairs) => {
                let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let envelope = CosEnvelope::of_metadata(pairs)?;
                let envelope = envelope.ok_or(CosObjectError::NotEncrypted)?;
                let key = envelope.open(&*self.inner().provider).await;
                key.and_then(|key| {
                    let stream = key.key_stream()?.ok_or_else(no_parts)?;
                    Ok(PartCipher::Stream { stream, length })
                })
            }
        };
        match opened {
            Ok(cipher) => Ok(Some(cipher)),
            Err(error) if only_encrypts(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn complete(
        &self,
        upload: OpenUpload,
        plan: &Plan,
        parts: BTreeMap<u32, SentPart>,
        object: &EncryptObject,
        written: Written,
    ) -> Result<WrittenObject> {
        let record = plan.take_record();
        if let Err(error) = plan.file.check_unchanged() {
            if let Some(record) = record {
                record.remove()?;
            }
            return Err(upload.fail(error).await);
        }
        let on_failure = if record.is_some() { OnFailure::Keep } else { OnFailure::Remove };
        let stored = upload.complete(parts, object.existing, on_failure).await?;
        if let Some(record) = record {
            record.remove()?;
        }
        Ok(written.as_stored(stored))
    }

    async fn send_all(
        &self,
        upload: &OpenUpload,
        plan: &Arc<Plan>,
        there: BTreeMap<u32, (ETag, u64)>,
    ) -> Result<Sent> {
        let parallel = self.inner().limits.parallel;
        let (mut running, mut sent) = (JoinSet::new(), BTreeMap::new());
        let upload = upload.channel();
        let mut numbers = 1..=plan.parts();
        loop {
            while running.len() < parallel
                && let Some(number) = numbers.next()
            {
                let (upload, plan) = (upload.clone(), Arc::clone(plan));
                let there = there.get(&number).cloned();
                running.spawn(async move { send_part(&upload, &plan, number, there).await });
            }
            match running.join_next().await {
                None => return Ok(Sent::All(sent)),
                Some(outcome) => match outcome.map_err(panicked)?? {
                    Some(part) => {
                        sent.insert(part.number, part);
                    }
                    None => return Ok(Sent::Another),
                },
            }
        }
    }
}

enum GoneOn {
    Done(WrittenObject),
    /// The file or its part is another, or nothing is left of what was sent.
    StartOver(UploadRecord, OpenUpload),
}

enum Sent {
    All(BTreeMap<u32, SentPart>),
    /// A part is another than the one that may have been sent before.
    Another,
}

/// What is to be sent.
struct Plan {
    file: SourceFile,
    cipher: PartCipher,
    part_length: u64,
    record: Mutex<Option<UploadRecord>>,
    meter: Meter,
}

impl Plan {
    fn new(
        transfer: &FileTransfer,
        file: SourceFile,
        cipher: PartCipher,
        part_length: u64,
    ) -> Self {
        let meter = transfer.meter(Some(file.stamp.length));
        Self { file, cipher, part_length, record: Mutex::new(None), meter }
    }

    fn parts(&self) -> u32 {
        let parts = self.file.stamp.length.div_ceil(self.part_length);
        u32::try_from(parts).unwrap_or(u32::MAX)
    }

    /// Reads a part, and encrypts it.
    fn encrypt(&self, number: u32) -> Result<Encrypted> {
        let offset = u64::from(number - 1) * self.part_length;
        let length = self.part_length.min(self.file.stamp.length - offset);
        let length_here = usize::try_from(length)
            .map_err(|_| Error::invalid_input("a part that is longer than the memory"))?;
        let body = self.cipher.encrypt(offset, self.file.read(offset, length_here)?)?;
        let hash = Sha256::digest(&body).into();
        Ok(Encrypted { body, hash, plaintext_length: length })
    }

    /// What may be done with an encrypted part.
    fn decide(&self, number: u32, hash: [u8; 32], there: Option<&ETag>) -> Result<Decision> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = &mut *record else { return Ok(Decision::Send) };
        match record.parts.get(&number) {
            None => {
                record.will_send(number, hash)?;
                Ok(Decision::Send)
            }
            Some(before) if before.hash != hash => Ok(Decision::StartOver),
            Some(before) => match (&before.etag, there) {
                (Some(ours), Some(theirs)) if ours.matches(theirs) => {
                    Ok(Decision::Done(ours.clone()))
                }
                _ => Ok(Decision::Send),
            },
        }
    }

    fn has_sent(&self, part: &SentPart) -> Result<()> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.as_mut().map_or(Ok(()), |record| record.has_sent(part.number, &part.etag))
    }

    fn take_record(&self) -> Option<UploadRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Encrypted {
    body: Vec<u8>,
    hash: [u8; 32],
    plaintext_length: u64,
}

enum Decision {
    Send,
    /// COS has it, by this name.
    Done(ETag),
    StartOver,
}

/// None if the part is another than the one that may have been sent before.
async fn send_part(
    upload: &UploadChannel,
    plan: &Arc<Plan>,
    number: u32,
    there: Option<(ETag, u64)>,
) -> Result<Option<SentPart>> {
    let (encrypted, decision) = {
        let plan = Arc::clone(plan);
        blocking(move || {
            let encrypted = plan.encrypt(number)?;
            let there = there.filter(|(_, length)| *length == encrypted.body.len() as u64);
            let there = there.as_ref().map(|(etag, _)| etag);
            let decision = plan.decide(number, encrypted.hash, there)?;
            Ok((encrypted, decision))
        })
        .await?
    };
    let part = match decision {
        Decision::StartOver => return Ok(None),
        Decision::Done(etag) => SentPart { number, etag, crc64: Crc64::of(&encrypted.body) },
        Decision::Send => {
            let part = upload.send(number, encrypted.body.into()).await?;
            let (plan, sent) = (Arc::clone(plan), part.clone());
            blocking(move || plan.has_sent(&sent)).await?;
            part
        }
    };
    plan.meter.add(encrypted.plaintext_length);
    Ok(Some(part))
}

/// With a record it can be gone on with, else nothing is left of it.
async fn give_up(upload: OpenUpload, plan: &Plan, error: Error) -> Error {
    let is_recorded = plan.take_record().is_some();
    let on_failure = if is_recorded { OnFailure::Keep } else { OnFailure::Remove };
    upload.give_up(error, on_failure).await
}

/// On a thread that may wait for the disk, and compute.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work).await.map_err(panicked)?
}

pub(super) fn panicked(error: JoinError) -> Error {
    Error::Io(std::io::Error::other(error))
}

fn lost() -> Error {
    Error::invalid_input("the record of the upload is gone")
}

/// Whether the provider cannot unwrap at all, such as one with a public key.
fn only_encrypts(error: &Error) -> bool {
    let is_unsupported = |error: &Error| matches!(error, Error::Provider(error) if error.kind() == ProviderErrorKind::Unsupported);
    match error {
        Error::NoUsableKey { attempts, .. } => {
            let mut errors = attempts.iter().filter_map(|attempt| attempt.error()).peekable();
            errors.peek().is_some() && errors.all(is_unsupported)
        }
        error => is_unsupported(error),
    }
}
