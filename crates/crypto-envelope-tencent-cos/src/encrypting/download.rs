//! Files, downloaded in parts that come at the same time, and gone on with after an interruption.
//!
//! The plaintext is written beside its place, in a file that only its owner can read, and is moved there when
//! all of it is verified.

use std::{
    collections::BTreeMap,
    fs::File,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crypto_envelope::{
    EncryptionContext, Error, Result, aio::RangeReader, hazmat::AesCtr, io::WriteAt, service,
};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use zeroize::Zeroizing;

use super::{
    client::{CosEncryptingClient, Limits},
    download_record::{DownloadRecord, DownloadStart, WrittenPart},
    downloaded::ReadObject,
    file::{TargetFile, read_exact_at},
    get::Release,
    message_source::{MessageSource, envelope_of, is_changed},
    request::DecryptObject,
    tasks::{all_of, blocking},
    transfer::{FileTransfer, Meter},
};
use crate::{
    ByteRange, CosClient, CosFormat, CosObjectError, Crc64, ETag, GetObject, HeadObject, ObjectKey,
};

impl CosEncryptingClient {
    /// Decrypts an object into a file, which appears when all of it is there and verified. Parts of messages that
    /// are not signed, and of formats that are called unauthenticated, come at the same time.
    ///
    /// With a [record](FileTransfer::resumable), such a download goes on where it was interrupted: no part that is on
    /// the disk is fetched again. If the object was changed meanwhile, it begins anew; so does one whose end
    /// shows whether it is genuine.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`DecryptedObject::chunk`](super::DecryptedObject::chunk);
    /// [`Error::SourceChanged`] if the object is changed during the download;
    /// [`CosObjectError::Record`] if the record cannot be used; those of writing the file;
    /// [`Error::InvalidInput`] if only a range is asked for.
    pub async fn download_file(
        &self,
        object: DecryptObject,
        transfer: FileTransfer,
    ) -> Result<ReadObject> {
        if object.range.is_some() {
            return Err(Error::invalid_input("a range is read with get, not into a file"));
        }
        let client = self.clone();
        service::run(async move { client.download_file_here(&object, &transfer).await }).await?
    }

    async fn download_file_here(
        &self,
        object: &DecryptObject,
        transfer: &FileTransfer,
    ) -> Result<ReadObject> {
        match self.parts_of(object).await? {
            Some(source) => {
                let limits = self.inner().limits;
                Download { client: self.plain(), key: &object.key, transfer, limits }
                    .run(source)
                    .await
            }
            None => self.download_in_order(object, transfer).await,
        }
    }

    /// What gives parts of the object. None if it is read from its front to its end.
    async fn parts_of(&self, object: &DecryptObject) -> Result<Option<Source>> {
        let properties = self.head(object).await?;
        let object = DecryptObject { if_match: Some(properties.etag.clone()), ..object.clone() };
        if let Some(envelope) = envelope_of(&properties)? {
            if !envelope.has_key_stream() {
                return Ok(None);
            }
            let key = self.envelope_key(&envelope).await?;
            let Some(stream) = key.key_stream()? else { return Ok(None) };
            super::get::check_nothing_expected(&object)?;
            let (length, etag, crc64) = (properties.length, properties.etag, properties.crc64);
            let (client, call) = (self.plain().clone(), self.get_call(&object));
            let kind = Kind::Stored(Box::new(Stored { client, call, stream: Some(stream), crc64 }));
            return Ok(Some(Source { kind, format: Some(envelope.format()), etag, length }));
        }
        match self.message_reader(&object).await {
            // A signature is over the whole, whatever ranges are read without it.
            Ok((reader, _)) if reader.header().suite().is_signing() => Ok(None),
            Ok((reader, _)) => {
                let length = reader.length().await?;
                let (kind, etag) = (Kind::Message(reader), properties.etag);
                Ok(Some(Source { kind, format: Some(CosFormat::Message), etag, length }))
            }
            // Signed, or no message: what is read in order says it better.
            Err(Error::Policy(_)) => Ok(None),
            Err(error) if super::get::is_not_encrypted(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn download_in_order(
        &self,
        object: &DecryptObject,
        transfer: &FileTransfer,
    ) -> Result<ReadObject> {
        let mut opened = self.get_whole(object, Release::Revocable).await?;
        let meter = transfer.meter(None);
        let beginning = (transfer.clone(), self.bucket(), object.key.clone());
        let target = blocking(move || {
            let (transfer, bucket, key) = beginning;
            // What it was before is of no use any more.
            forget(&transfer, &bucket, &key)?;
            TargetFile::create(transfer.path())
        })
        .await?;
        let mut out = tokio::fs::File::from_std(target.file().try_clone()?);
        let mut plaintext_length = 0;
        while let Some(chunk) = opened.chunk().await? {
            out.write_all(&chunk).await?;
            plaintext_length += chunk.len() as u64;
            meter.add(chunk.len() as u64);
        }
        out.flush().await?;
        drop(out);
        let naming = transfer.naming;
        blocking(move || target.finish(naming)).await?;
        Ok(ReadObject {
            etag: opened.properties().etag.clone(),
            format: opened.format(),
            context: opened.context().clone(),
            message_id: opened.message_id(),
            plaintext_length,
        })
    }

    fn bucket(&self) -> String {
        self.plain().endpoint().bucket().name().to_owned()
    }
}

/// An object as it is stored.
pub(super) async fn download_stored(
    client: &CosClient,
    head: HeadObject,
    object: GetObject,
    transfer: &FileTransfer,
) -> Result<ReadObject> {
    let properties = client.call(head).await?;
    let (etag, length, crc64) = (properties.etag, properties.length, properties.crc64);
    let key = object.target().clone();
    let call = object.if_match(etag.clone());
    let kind = Kind::Stored(Box::new(Stored { client: client.clone(), call, stream: None, crc64 }));
    let source = Source { kind, format: None, etag, length };
    Download { client, key: &key, transfer, limits: Limits::default() }.run(source).await
}

/// A download in parts.
struct Download<'d> {
    client: &'d CosClient,
    key: &'d ObjectKey,
    transfer: &'d FileTransfer,
    limits: Limits,
}

impl Download<'_> {
    async fn run(&self, source: Source) -> Result<ReadObject> {
        let Begun { target, record, part_length } = self.begin(&source).await?;
        let (file, meter) = (target.file().try_clone()?, self.transfer.meter(Some(source.length)));
        // If this future is dropped, the target is, and not when the last of the parts is.
        let plan = Arc::new(Plan::new(source, part_length, meter, file, record));
        let fetched = fetch_all(&plan, self.limits.parallel).await;
        let checked = fetched.and_then(|()| plan.check_whole());
        let record = lock(&plan.record).take();
        match checked {
            Ok(()) => {
                let naming = self.transfer.naming;
                // The record is locked until its file has its name.
                blocking(move || {
                    target.finish(naming)?;
                    record.map_or(Ok(()), DownloadRecord::remove)
                })
                .await?;
                Ok(plan.source.read())
            }
            Err(error) if record.is_some() && can_go_on(&error) => Err(error),
            Err(error) => {
                target.remove()?;
                record.map_or(Ok(()), DownloadRecord::remove)?;
                Err(error)
            }
        }
    }

    /// Goes on where it was, or begins anew.
    async fn begin(&self, source: &Source) -> Result<Begun> {
        let bucket = self.client.endpoint().bucket().name().to_owned();
        // Not longer for a longer object: how long it is, is said by COS alone.
        let part_length = self.limits.part_length;
        let (transfer, key) = (self.transfer.clone(), self.key.clone());
        let (etag, length) = (source.etag.clone(), source.length);
        let message_id = source.message_id();
        blocking(move || {
            let path = transfer.path();
            let Some(record) = &transfer.record else {
                let target = TargetFile::create(path)?;
                return Ok(Begun { target, record: None, part_length });
            };
            if let Some(opened) = open_record(record, &bucket, &key)? {
                let start = &opened.start;
                let is_same = start.etag.matches(&etag)
                    && start.length == length
                    && start.message_id == message_id;
                let again =
                    is_same.then(|| TargetFile::again(start.place.clone(), path)).flatten();
                if let Some(target) = again {
                    let part_length = start.part_length;
                    return Ok(Begun { target, record: Some(opened), part_length });
                }
                remove(opened, path)?;
            }
            if length.div_ceil(part_length) > MOST_RECORDED {
                return Err(Error::invalid_input(format!(
                    "the record of a download holds {MOST_RECORDED} parts: choose longer ones, or go without it"
                )));
            }
            let (target, place) = TargetFile::create_to_keep(path)?;
            let start = DownloadStart { bucket, key, etag, message_id, length, part_length, place };
            let record = Some(DownloadRecord::create(record, start)?);
            Ok(Begun { target, record, part_length })
        })
        .await
    }
}

/// A record is of one object.
fn open_record(path: &Path, bucket: &str, key: &ObjectKey) -> Result<Option<DownloadRecord>> {
    let opened = DownloadRecord::open(path)?;
    match &opened {
        Some(DownloadRecord { start, .. }) if start.bucket != bucket || start.key != *key => {
            let what = "it is of another object: take another record, or remove this one";
            Err(CosObjectError::record(path, what))
        }
        _ => Ok(opened),
    }
}

/// Nothing is left of what there was.
fn remove(record: DownloadRecord, path: &Path) -> Result<()> {
    if let Some(target) = TargetFile::again(record.start.place.clone(), path) {
        target.remove()?;
    }
    record.remove()
}

/// The same, of what an earlier run may have left.
fn forget(transfer: &FileTransfer, bucket: &str, key: &ObjectKey) -> Result<()> {
    let Some(record) = &transfer.record else { return Ok(()) };
    match open_record(record, bucket, key)? {
        Some(opened) => remove(opened, transfer.path()),
        None => Ok(()),
    }
}

/// Whether the same download may do better later: not one that found the object to be another, or not genuine.
fn can_go_on(error: &Error) -> bool {
    let is_final = matches!(
        error,
        Error::SourceChanged | Error::Authentication { .. } | Error::Truncated { .. }
    );
    !is_final && CosObjectError::find_in(error).is_none()
}

/// An object that gives any part of its plaintext.
struct Source {
    kind: Kind,
    /// None if it is read as it is stored.
    format: Option<CosFormat>,
    etag: ETag,
    /// Of the plaintext.
    length: u64,
}

enum Kind {
    Message(RangeReader<MessageSource>),
    Stored(Box<Stored>),
}

/// Bytes that are where those of the plaintext are.
struct Stored {
    client: CosClient,
    /// Of this object, and no other.
    call: GetObject,
    /// None if they are the plaintext.
    stream: Option<AesCtr>,
    /// Of all of them.
    crc64: Option<u64>,
}

impl Stored {
    async fn fetch(&self, source: &Source, offset: u64, length: u64) -> Result<Part> {
        let call = self.call.clone().range(ByteRange::of(offset..offset + length)?);
        let opened = self.client.open(call).await;
        let opened = opened
            .map_err(|error| if is_changed(&error) { Error::SourceChanged } else { error })?;
        let found = opened.properties();
        if !found.etag.matches(&source.etag) || found.length != source.length {
            return Err(Error::SourceChanged);
        }
        let mut bytes = Zeroizing::new(opened.whole(length).await?);
        let crc64 = Some(Crc64::of(&bytes).value());
        self.apply(offset, &mut bytes)?;
        Ok(Part { plaintext: bytes, crc64 })
    }

    /// Stored bytes become plaintext by it, and the other way around.
    fn apply(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.stream.as_ref().map_or(Ok(()), |stream| stream.apply(offset, bytes))
    }

    /// Whether plaintext is what this key makes of what was stored, by its checksum: an earlier run may have
    /// had another one.
    fn is_of_this_key(&self, offset: u64, mut plaintext: Zeroizing<Vec<u8>>, crc64: u64) -> bool {
        self.apply(offset, &mut plaintext).is_ok() && Crc64::of(&plaintext).value() == crc64
    }
}

/// A part, decrypted.
struct Part {
    plaintext: Zeroizing<Vec<u8>>,
    crc64: Option<u64>,
}

impl Source {
    /// That all of it was read.
    fn read(&self) -> ReadObject {
        let (context, message_id) = match &self.kind {
            Kind::Message(reader) => {
                (reader.context().clone(), Some(*reader.header().message_id()))
            }
            Kind::Stored(_) => (EncryptionContext::new(), None),
        };
        let (etag, format) = (self.etag.clone(), self.format);
        ReadObject { etag, format, context, message_id, plaintext_length: self.length }
    }

    fn message_id(&self) -> Option<String> {
        match &self.kind {
            Kind::Message(reader) => Some(reader.header().message_id().to_string()),
            Kind::Stored(_) => None,
        }
    }

    async fn part(&self, offset: u64, length: u64) -> Result<Part> {
        let end = offset + length;
        let part = match &self.kind {
            Kind::Message(reader) => {
                let plaintext = Zeroizing::new(reader.read_range(offset..end).await?);
                Part { plaintext, crc64: None }
            }
            Kind::Stored(stored) => stored.fetch(self, offset, length).await?,
        };
        if part.plaintext.len() as u64 == length { Ok(part) } else { Err(Error::SourceChanged) }
    }
}

/// What was begun, or is gone on with.
struct Begun {
    target: TargetFile,
    record: Option<DownloadRecord>,
    part_length: u64,
}

struct Plan {
    source: Source,
    part_length: u64,
    meter: Meter,
    is_recorded: bool,
    /// That of the target.
    file: File,
    record: Mutex<Option<DownloadRecord>>,
    /// Of the stored bytes of the parts that are there, with their length.
    sums: Mutex<BTreeMap<u64, (u64, u64)>>,
}

impl Plan {
    fn new(
        source: Source,
        part_length: u64,
        meter: Meter,
        file: File,
        record: Option<DownloadRecord>,
    ) -> Self {
        let is_recorded = record.is_some();
        let (record, sums) = (Mutex::new(record), Mutex::default());
        Self { source, part_length, meter, is_recorded, file, record, sums }
    }

    fn parts(&self) -> u64 {
        self.source.length.div_ceil(self.part_length)
    }

    /// Where a part begins, and how long it is.
    fn place(&self, number: u64) -> (u64, u64) {
        let offset = number * self.part_length;
        (offset, self.part_length.min(self.source.length - offset))
    }

    /// Whether a part is on the disk, as it was when it was written.
    fn is_there(&self, number: u64) -> bool {
        let known =
            lock(&self.record).as_ref().and_then(|record| record.parts.get(&number).copied());
        let Some(known) = known else { return false };
        let (offset, length) = self.place(number);
        let Ok(length_here) = usize::try_from(length) else { return false };
        let mut bytes = Zeroizing::new(vec![0; length_here]);
        let is_read = read_exact_at(&self.file, &mut bytes, offset).is_ok();
        let is_written = is_read && <[u8; 32]>::from(Sha256::digest(&bytes)) == known.hash;
        let is_there = is_written
            && match (&self.source.kind, known.crc64) {
                (Kind::Message(_), _) => true,
                (Kind::Stored(stored), Some(crc64)) => stored.is_of_this_key(offset, bytes, crc64),
                (Kind::Stored(_), None) => false,
            };
        if is_there {
            self.has_part(number, known.crc64);
        }
        is_there
    }

    fn write(&self, number: u64, part: &Part) -> Result<()> {
        let (offset, _) = self.place(number);
        self.file.write_all_at(&part.plaintext, offset)?;
        if self.is_recorded {
            // It is on the disk before the record says so.
            self.file.sync_data()?;
            let hash = Sha256::digest(&part.plaintext).into();
            let written = WrittenPart { hash, crc64: part.crc64 };
            if let Some(record) = &mut *lock(&self.record) {
                record.has_written(number, written)?;
            }
        }
        self.has_part(number, part.crc64);
        Ok(())
    }

    fn has_part(&self, number: u64, crc64: Option<u64>) {
        let (_, length) = self.place(number);
        if let Some(crc64) = crc64 {
            lock(&self.sums).insert(number, (crc64, length));
        }
        self.meter.add(length);
    }

    /// Whether the stored bytes are those that COS has, as far as it says.
    fn check_whole(&self) -> Result<()> {
        let Kind::Stored(stored) = &self.source.kind else { return Ok(()) };
        let Some(expected) = stored.crc64 else { return Ok(()) };
        let sums = lock(&self.sums);
        let whole = sums.values().fold(Crc64::new().value(), |whole, (crc64, length)| {
            Crc64::combined(whole, *crc64, *length)
        });
        if whole == expected {
            return Ok(());
        }
        Err(CosObjectError::Differs { what: "the checksum of the object is not that of what came" }
            .into())
    }
}

async fn fetch_all(plan: &Arc<Plan>, parallel: usize) -> Result<()> {
    let parts = (0..plan.parts()).map(|number| {
        let plan = Arc::clone(plan);
        async move { fetch(&plan, number).await }
    });
    all_of(parts, parallel).await?;
    Ok(())
}

async fn fetch(plan: &Arc<Plan>, number: u64) -> Result<()> {
    let asking = Arc::clone(plan);
    if blocking(move || Ok(asking.is_there(number))).await? {
        return Ok(());
    }
    let (offset, length) = plan.place(number);
    let part = plan.source.part(offset, length).await?;
    let writing = Arc::clone(plan);
    blocking(move || writing.write(number, &part)).await
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So that a record can be read again.
const MOST_RECORDED: u64 = 50_000;
