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
use md5::Md5;
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
                GoneOn::Done(written) => return Ok(*written),
                GoneOn::StartOver(left) => {
                    let (opened, upload) = *left;
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
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
        }
        let Some(there) = self.parts_there(&upload, object).await? else {
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
        };
        let Some(cipher) = self.cipher_again(object, &start).await? else {
            return Ok(GoneOn::StartOver(Box::new((record, upload))));
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
            Ok(Sent::All(parts)) => self
                .complete(upload, &plan, parts, object, written)
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

    /// The same cipher as before. None if it cannot be had: the key provider only encrypts, or is another one,
    /// or the object is to be bound to other pairs.
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
                match opener {
                    // Bound to other pairs, it would be another object than the caller means.
                    Ok(opener) if *opener.context() != object.context => return Ok(None),
                    Ok(opener) => {
                        let parts = PartSealer::again(&opener, length)?;
                        Ok(PartCipher::Message(Box::new(parts)))
                    }
                    Err(error) => Err(error),
                }
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
            Err(error) if is_for_good(&error) => Ok(None),
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
        Ok(written.stored_as(stored))
    }

    async fn send_all(
        &self,
        upload: &OpenUpload,
        plan: &Arc<Plan>,
        there: BTreeMap<u32, (ETag, u64)>,
    ) -> Result<Sent> {
        let parallel = self.inner().limits.parallel;
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
    fn decide(
        &self,
        number: u32,
        Encrypted { body, hash, .. }: &Encrypted,
        there: Option<&ETag>,
    ) -> Result<Decision> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = &mut *record else { return Ok(Decision::Send) };
        match record.parts.get(&number) {
            None => {
                record.will_send(number, *hash)?;
                Ok(Decision::Send)
            }
            Some(before) if before.hash != *hash => Ok(Decision::StartOver),
            Some(before) => match (&before.etag, there) {
                (Some(ours), Some(theirs)) if ours.matches(theirs) => {
                    Ok(Decision::Done(ours.clone()))
                }
                // It was sent, and nobody was left to hear of it.
                (None, Some(theirs)) if is_md5(theirs, body) => {
                    record.has_sent(number, theirs)?;
                    Ok(Decision::Done(theirs.clone()))
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
            let decision = plan.decide(number, &encrypted, there)?;
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

/// Whether COS has these bytes, as the entity tag of a part says unless COS encrypts it as well.
fn is_md5(etag: &ETag, bytes: &[u8]) -> bool {
    let digits = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    etag.unquoted().eq_ignore_ascii_case(&digits)
}

/// With a record it can be gone on with, else nothing is left of it.
async fn give_up(upload: OpenUpload, plan: &Plan, error: Error) -> Error {
    let is_recorded = plan.take_record().is_some();
    let on_failure = if is_recorded { OnFailure::Keep } else { OnFailure::Remove };
    upload.give_up(error, on_failure).await
}

/// What the parts give, of which so many are at work at the same time. After an error none is begun any more,
/// and those that are on their way come to their end: what they did counts.
pub(super) async fn all_of<T: Send + 'static>(
    parts: impl Iterator<Item = impl Future<Output = Result<T>> + Send + 'static>,
    parallel: usize,
) -> Result<Vec<T>> {
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    let (mut parts, mut failed) = (parts, None);
    loop {
        while failed.is_none()
            && running.len() < parallel
            && let Some(part) = parts.next()
        {
            running.spawn(part);
        }
        match running.join_next().await.map(|outcome| outcome.map_err(panicked).flatten()) {
            Some(Ok(output)) => done.push(output),
            Some(Err(error)) => {
                failed.get_or_insert(error);
            }
            None => return failed.map_or(Ok(done), Err),
        }
    }
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

/// Whether the data key will not be had later either: it is no key of this provider, which may have only a public
/// one.
fn is_for_good(error: &Error) -> bool {
    let is_final = |error: &Error| match error {
        Error::Provider(error) => error.kind() == ProviderErrorKind::Unsupported,
        Error::Authentication { .. } | Error::Policy(_) => true,
        _ => false,
    };
    match error {
        Error::NoUsableKey { attempts, .. } => {
            attempts.iter().all(|attempt| attempt.error().is_none_or(is_final))
        }
        error => is_final(error),
    }
}
