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

use crypto_envelope::{Error, Result, aio::RangeReader, hazmat::AesCtr, service};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use zeroize::Zeroizing;

use super::{
    client::CosEncryptingClient,
    download_record::{DownloadRecord, DownloadStart, WrittenPart},
    file::{TargetFile, read_exact_at, write_all_at},
    get::Release,
    message_source::{MessageSource, envelope_of, is_changed},
    request::DecryptObject,
    transfer::{FileTransfer, Meter},
    upload_file::{all_of, blocking},
};
use crate::{ByteRange, CosObjectError, Crc64, ETag};

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
    ) -> Result<u64> {
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
    ) -> Result<u64> {
        match self.parts_of(object).await? {
            Some(source) => self.download_parts(object, transfer, source).await,
            None => self.download_in_order(object, transfer).await,
        }
    }

    /// What gives parts of the object. None if it is read from its front to its end.
    async fn parts_of(&self, object: &DecryptObject) -> Result<Option<Source>> {
        let properties = self.head(object).await?;
        let object = DecryptObject { if_match: Some(properties.etag.clone()), ..object.clone() };
        if let Some(envelope) = envelope_of(&properties)? {
            let key = self.envelope_key(&envelope).await?;
            let Some(stream) = key.key_stream()? else { return Ok(None) };
            super::get::check_nothing_expected(&object)?;
            let (length, etag, crc64) = (properties.length, properties.etag, properties.crc64);
            let kind = Kind::Stream { client: self.clone(), object, stream, crc64 };
            return Ok(Some(Source { kind, etag, length }));
        }
        match self.message_reader(&object).await {
            Ok((reader, _)) => {
                let length = reader.length().await?;
                let (kind, etag) = (Kind::Message(reader), properties.etag);
                Ok(Some(Source { kind, etag, length }))
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
    ) -> Result<u64> {
        let mut opened = self.get_whole(object, Release::Revocable).await?;
        let meter = transfer.meter(None);
        let path = transfer.path().to_owned();
        let target = blocking(move || TargetFile::create(&path)).await?;
        let mut out = tokio::fs::File::from_std(target.file().try_clone()?);
        let mut length = 0;
        while let Some(chunk) = opened.chunk().await? {
            out.write_all(&chunk).await?;
            length += chunk.len() as u64;
            meter.add(chunk.len() as u64);
        }
        out.flush().await?;
        drop(out);
        blocking(move || target.finish()).await?;
        Ok(length)
    }

    async fn download_parts(
        &self,
        object: &DecryptObject,
        transfer: &FileTransfer,
        source: Source,
    ) -> Result<u64> {
        let begun = self.begin_download(object, transfer, &source).await?;
        let length = source.length;
        let plan = Arc::new(Plan::new(source, begun, transfer.meter(Some(length)))?);
        let fetched = fetch_all(&plan, self.inner().limits.parallel).await;
        let checked = fetched.and_then(|()| plan.check_whole());
        let Some(Begun { target, record, .. }) = plan.take() else {
            return Err(Error::invalid_input("the download is over already"));
        };
        match checked {
            Ok(()) => blocking(move || target.finish()).await?,
            Err(error) if record.is_some() && can_go_on(&error) => {
                target.keep()?;
                return Err(error);
            }
            Err(error) => {
                drop(target);
                record.map_or(Ok(()), DownloadRecord::remove)?;
                return Err(error);
            }
        }
        record.map_or(Ok(()), DownloadRecord::remove)?;
        Ok(length)
    }

    /// Goes on where it was, or begins anew.
    async fn begin_download(
        &self,
        object: &DecryptObject,
        transfer: &FileTransfer,
        source: &Source,
    ) -> Result<Begun> {
        let bucket = self.plain().endpoint().bucket().name().to_owned();
        let part_length = self.part_length(source.length, 1);
        let (path, record) = (transfer.path().to_owned(), transfer.record.clone());
        let (etag, length) = (source.etag.clone(), source.length);
        let key = object.key.clone();
        blocking(move || {
            let Some(record) = record else {
                let target = TargetFile::create(&path)?;
                return Ok(Begun { target, record: None, part_length });
            };
            if let Some(opened) = DownloadRecord::open(&record)? {
                let start = &opened.start;
                if start.bucket != bucket || start.key != key {
                    let what = "it is of another object: take another record, or remove this one";
                    return Err(CosObjectError::record(&record, what));
                }
                let is_same = start.etag.matches(&etag) && start.length == length;
                let again = is_same.then(|| TargetFile::again(start.place.clone(), &path));
                if let Some(Ok(target)) = again {
                    let part_length = start.part_length;
                    return Ok(Begun { target, record: Some(opened), part_length });
                }
                // What there was is of no use any more.
                remove_if_there(&opened.start.place)?;
                opened.remove()?;
            }
            let target = TargetFile::create(&path)?;
            let place = std::path::absolute(target.place())?;
            let start = DownloadStart { bucket, key, etag, length, part_length, place };
            let record = Some(DownloadRecord::create(&record, start)?);
            Ok(Begun { target, record, part_length })
        })
        .await
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
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
    etag: ETag,
    /// Of the plaintext.
    length: u64,
}

enum Kind {
    Message(RangeReader<MessageSource>),
    Stream {
        client: CosEncryptingClient,
        object: DecryptObject,
        stream: AesCtr,
        /// Of the stored bytes.
        crc64: Option<u64>,
    },
}

/// A part, decrypted.
struct Part {
    plaintext: Zeroizing<Vec<u8>>,
    crc64: Option<u64>,
}

impl Source {
    async fn part(&self, offset: u64, length: u64) -> Result<Part> {
        let end = offset + length;
        let part = match &self.kind {
            Kind::Message(reader) => {
                let plaintext = Zeroizing::new(reader.read_range(offset..end).await?);
                Part { plaintext, crc64: None }
            }
            Kind::Stream { client, object, stream, .. } => {
                let call = client.get_call(object).range(ByteRange::of(offset..end)?);
                let opened = client.plain().open(call).await;
                let opened = opened.map_err(|error| {
                    if is_changed(&error) { Error::SourceChanged } else { error }
                })?;
                let mut bytes = Zeroizing::new(opened.whole(length).await?);
                let crc64 = Some(Crc64::of(&bytes).value());
                stream.apply(offset, &mut bytes)?;
                Part { plaintext: bytes, crc64 }
            }
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
    /// That of the target.
    file: File,
    begun: Mutex<Option<Begun>>,
    /// Of the stored bytes of the parts that are there, with their length.
    sums: Mutex<BTreeMap<u64, (u64, u64)>>,
}

impl Plan {
    fn new(source: Source, begun: Begun, meter: Meter) -> Result<Self> {
        let (file, part_length) = (begun.target.file().try_clone()?, begun.part_length);
        let (begun, sums) = (Mutex::new(Some(begun)), Mutex::default());
        Ok(Self { source, part_length, meter, file, begun, sums })
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
        let known = lock(&self.begun).as_ref().and_then(|begun| {
            begun.record.as_ref().and_then(|record| record.parts.get(&number).copied())
        });
        let Some(known) = known else { return false };
        let (offset, length) = self.place(number);
        let Ok(length_here) = usize::try_from(length) else { return false };
        let mut bytes = Zeroizing::new(vec![0; length_here]);
        let is_read = read_exact_at(&self.file, &mut bytes, offset).is_ok();
        let is_there = is_read && <[u8; 32]>::from(Sha256::digest(&bytes)) == known.hash;
        if is_there {
            self.has_part(number, known.crc64);
        }
        is_there
    }

    fn write(&self, number: u64, part: &Part) -> Result<()> {
        let (offset, _) = self.place(number);
        write_all_at(&self.file, &part.plaintext, offset)?;
        if lock(&self.begun).as_ref().is_some_and(|begun| begun.record.is_some()) {
            // It is on the disk before the record says so.
            self.file.sync_data()?;
            let hash = Sha256::digest(&part.plaintext).into();
            let written = WrittenPart { hash, crc64: part.crc64 };
            if let Some(Begun { record: Some(record), .. }) = &mut *lock(&self.begun) {
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
        let Kind::Stream { crc64: Some(expected), .. } = self.source.kind else { return Ok(()) };
        let sums = lock(&self.sums);
        let whole = sums.values().fold(Crc64::new().value(), |whole, (crc64, length)| {
            Crc64::combined(whole, *crc64, *length)
        });
        if whole == expected {
            return Ok(());
        }
        Err(CosObjectError::StoredWrongly { what: "the checksum of what came" }.into())
    }

    fn take(&self) -> Option<Begun> {
        lock(&self.begun).take()
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
