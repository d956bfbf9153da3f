//! Files, downloaded in parts that come at the same time, and gone on with after an interruption.
//!
//! The plaintext is written beside its place, in a file that only its owner can read, and is moved there when
//! all of it is verified.

use std::{path::Path, sync::Arc};

use crypto_envelope::{
    Error, Result,
    service::{self, blocking},
};
use crypto_envelope_transfer::TargetFile;
use tokio::io::AsyncWriteExt;

use super::{
    client::{CosEncryptingClient, Limits},
    download_plan::{DownloadPlan, fetch_all},
    download_record::{DownloadRecord, DownloadStart},
    download_source::{Kind, Source, Stored},
    downloaded::ReadObject,
    get::Release,
    request::DecryptObject,
    transfer::FileTransfer,
};
use crate::{CosClient, CosEnvelope, CosFormat, CosObjectError, GetObject, ObjectKey};

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
        if let Some(envelope) = CosEnvelope::of_object(&properties)? {
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
            Ok(TargetFile::create(transfer.path())?)
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
        blocking(move || Ok(target.finish(naming)?)).await?;
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
    object: GetObject,
    transfer: &FileTransfer,
) -> Result<ReadObject> {
    let properties = client.call(object.head()?).await?;
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
        let Target { file: target, record, part_length } = self.begin(&source).await?;
        let length = source.length;
        let (file, meter) = (target.file().try_clone()?, self.transfer.meter(Some(length)));
        // If this future is dropped, the target is, and not when the last of the parts is.
        let plan = Arc::new(DownloadPlan::new(source, part_length, meter, file, record));
        let fetched = fetch_all(&plan, self.limits.parallel).await;
        let checked = fetched.and_then(|()| plan.check_whole());
        let record = plan.take_record();
        match checked {
            Ok(()) => {
                let naming = self.transfer.naming;
                // The record is locked until its file has its name.
                blocking(move || {
                    // Nobody has made it longer.
                    target.file().set_len(length)?;
                    target.finish(naming)?;
                    // A record that stays is of no file that anybody could go on with.
                    let _ = record.map(DownloadRecord::remove);
                    Ok(())
                })
                .await?;
                Ok(plan.source.read())
            }
            Err(error) if record.is_some() && can_go_on(&error) => Err(error),
            Err(error) => {
                // Why it failed is worth more than that something is left.
                let _ = target.remove();
                let _ = record.map(DownloadRecord::remove);
                Err(error)
            }
        }
    }

    /// Goes on where it was, or begins anew.
    async fn begin(&self, source: &Source) -> Result<Target> {
        let bucket = self.client.endpoint().bucket().name().to_owned();
        // Not longer for a longer object: how long it is, is said by COS alone.
        let part_length = self.limits.part_length;
        let (transfer, key) = (self.transfer.clone(), self.key.clone());
        let (etag, length) = (source.etag.clone(), source.length);
        let message = source.message();
        blocking(move || {
            let path = transfer.path();
            let Some(record) = &transfer.record else {
                let file = TargetFile::create(path)?;
                return Ok(Target { file, record: None, part_length });
            };
            if let Some(opened) = open_record(record, &bucket, &key)? {
                let start = &opened.start;
                let is_same = start.etag.matches(&etag)
                    && start.length == length
                    && start.message == message;
                let again = is_same.then(|| TargetFile::again(&start.place, path)).flatten();
                if let Some(file) = again {
                    let part_length = start.part_length;
                    return Ok(Target { file, record: Some(opened), part_length });
                }
                remove(opened, path)?;
            }
            if length.div_ceil(part_length) > MOST_RECORDED {
                return Err(Error::invalid_input(format!(
                    "the record of a download holds {MOST_RECORDED} parts: choose longer ones, or go without it"
                )));
            }
            let file = TargetFile::create(path)?;
            let Some(place) = file.place()? else {
                return Ok(Target { file, record: None, part_length });
            };
            let start = DownloadStart { bucket, key, etag, message, length, part_length, place };
            let record = DownloadRecord::create(record, start)?;
            // Not before there is a record that tells of it.
            Ok(Target { file: file.keep()?, record: Some(record), part_length })
        })
        .await
    }
}

/// A record is of one object.
fn open_record(path: &Path, bucket: &str, key: &ObjectKey) -> Result<Option<DownloadRecord>> {
    let opened = DownloadRecord::open(path)?;
    match &opened {
        Some(DownloadRecord { start, .. }) if start.bucket != bucket || start.key != *key => {
            Err(CosObjectError::record_of_another_object(path))
        }
        _ => Ok(opened),
    }
}

/// Nothing is left of what there was.
fn remove(record: DownloadRecord, path: &Path) -> Result<()> {
    TargetFile::remove_left(&record.start.place, path)?;
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
    let is_about_object = CosObjectError::find_in(error)
        .is_some_and(|error| !matches!(error, CosObjectError::Record { .. }));
    !is_final && !is_about_object
}

/// Where it is written to, from now on or as before.
struct Target {
    file: TargetFile,
    record: Option<DownloadRecord>,
    part_length: u64,
}

/// So that a record can be read again.
const MOST_RECORDED: u64 = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk for the record is no reason to remove what is on another one.
    #[test]
    fn what_a_record_fails_with_is_not_final() {
        assert!(can_go_on(&CosObjectError::record(Path::new("record"), "it cannot be written")));
        assert!(!can_go_on(&CosObjectError::Differs { what: "the checksum" }.into()));
        assert!(!can_go_on(&Error::SourceChanged));
    }
}
