//! The parts of a download: which are on the disk, and which have to come.

use std::{
    fs::File,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use crypto_envelope::{
    Result,
    io::{ReadAt as _, WriteAt as _},
    service::{all_of, blocking},
};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::{Downloaded, Found, record::DownloadRecord};
use crate::{
    SseCClient, SseCError, SseCErrorKind,
    s3::{calls::length_of, etag::is_same_tag, transfer::Progress},
};

pub(super) struct Parts {
    client: SseCClient,
    /// Of the object as it was found, and no other.
    request: GetObjectFluentBuilder,
    found: Found,
    part_size: u64,
    file: File,
    is_recorded: bool,
    record: Mutex<Option<DownloadRecord>>,
    resumed: AtomicU32,
    progress: Progress,
}

impl Parts {
    pub(super) fn new(
        client: SseCClient,
        request: GetObjectFluentBuilder,
        found: Found,
        part_size: u64,
        file: File,
        record: Option<DownloadRecord>,
        progress: Progress,
    ) -> Self {
        let is_recorded = record.is_some();
        let (record, resumed) = (Mutex::new(record), AtomicU32::new(0));
        Self { client, request, found, part_size, file, is_recorded, record, resumed, progress }
    }

    /// The record is not needed any more.
    pub(super) fn take_record(&self) -> Option<DownloadRecord> {
        self.record().take()
    }

    pub(super) fn downloaded(&self) -> Downloaded {
        let Found { place, etag, size, .. } = self.found.clone();
        let parts = u32::try_from(self.count()).unwrap_or(u32::MAX);
        let resumed_parts = self.resumed.load(Ordering::Relaxed);
        Downloaded { place, etag: Some(etag), size, parts, resumed_parts }
    }

    fn record(&self) -> MutexGuard<'_, Option<DownloadRecord>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of an empty object too: that it is empty is said once more by who gives it out.
    fn count(&self) -> u64 {
        self.found.size.div_ceil(self.part_size).max(1)
    }

    /// Where a part begins, and how long it is.
    fn place(&self, number: u64) -> (u64, u64) {
        let offset = number * self.part_size;
        (offset, self.part_size.min(self.found.size - offset))
    }

    /// Whether a part is on the disk, as it was when it was written.
    fn is_there(&self, number: u64) -> bool {
        let known = self.record().as_ref().and_then(|record| record.parts.get(&number).copied());
        let (offset, length) = self.place(number);
        let (Some(known), Ok(length)) = (known, usize::try_from(length)) else { return false };
        let mut bytes = Zeroizing::new(vec![0; length]);
        let is_read = self.file.read_exact_at(&mut bytes, offset).is_ok();
        is_read && <[u8; 32]>::from(Sha256::digest(&bytes)) == known
    }

    fn write(&self, number: u64, bytes: &[u8]) -> Result<()> {
        let (offset, _) = self.place(number);
        self.file.write_all_at(bytes, offset)?;
        if self.is_recorded {
            // It is on the disk before the record says so.
            self.file.sync_data()?;
            let hash = Sha256::digest(bytes).into();
            if let Some(record) = &mut *self.record() {
                record.add(number, hash)?;
            }
        }
        Ok(())
    }

    /// Its bytes, all of them. A connection that breaks off is no reason to give up at once.
    async fn fetch(&self, number: u64) -> Result<Zeroizing<Vec<u8>>> {
        let mut attempts = 1;
        loop {
            match self.try_to_fetch(number).await {
                Err(error) if attempts < ATTEMPTS && is_of_body(&error) => attempts += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_to_fetch(&self, number: u64) -> Result<Zeroizing<Vec<u8>>> {
        let (offset, length) = self.place(number);
        let is_all = length == self.found.size;
        let range = || format!("bytes={offset}-{}", offset + length - 1);
        let request = self.request.clone().set_range((!is_all).then(range));
        let object = self.client.get_object(request, self.found.protection.clone()).await?;
        let about = self.found.place.about("GetObject");
        let is_it = object.e_tag().is_some_and(|tag| is_same_tag(tag, &self.found.etag));
        let total = if is_all {
            length_of(object.content_length())
        } else {
            object.content_range().and_then(|said| said.rsplit('/').next()?.parse().ok())
        };
        if !is_it || total != Some(self.found.size) {
            return Err(SseCError::another_object(about).into());
        }
        if length_of(object.content_length()) != Some(length) {
            return Err(SseCError::another_object(about).into());
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let room = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
        bytes.try_reserve_exact(room).map_err(std::io::Error::other)?;
        let body = object.body.into_async_read();
        body.take(length.saturating_add(1)).read_to_end(&mut bytes).await?;
        if bytes.len() as u64 != length {
            let finding = "another number of bytes came than was asked for";
            return Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into());
        }
        Ok(bytes)
    }
}

/// Has all of them come, so many at the same time. If this is dropped, nothing is asked for any more.
pub(super) async fn fetch_all(parts: &Arc<Parts>, parallel: NonZeroUsize) -> Result<()> {
    let numbers = 0..parts.count();
    all_of(numbers.map(|number| one(Arc::clone(parts), number)), parallel.get()).await?;
    Ok(())
}

async fn one(parts: Arc<Parts>, number: u64) -> Result<()> {
    let asking = Arc::clone(&parts);
    if blocking(move || Ok(asking.is_there(number))).await? {
        parts.resumed.fetch_add(1, Ordering::Relaxed);
    } else {
        let bytes = parts.fetch(number).await?;
        let writing = Arc::clone(&parts);
        blocking(move || writing.write(number, &bytes)).await?;
    }
    parts.progress.advance(parts.place(number).1);
    Ok(())
}

/// Whether an answer began well, and broke off.
fn is_of_body(error: &crypto_envelope::Error) -> bool {
    match SseCError::kind_in(error) {
        Some(kind) => kind == SseCErrorKind::Damaged,
        None => matches!(error, crypto_envelope::Error::Io(_)),
    }
}

/// At a part, those of a broken connection.
const ATTEMPTS: u32 = 3;
