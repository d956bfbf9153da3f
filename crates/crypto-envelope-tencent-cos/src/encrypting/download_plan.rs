//! The parts of a download: which are on the disk, and which have to come.

use std::{
    collections::BTreeMap,
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use crypto_envelope::{
    Result,
    io::{ReadAt, WriteAt},
    service::{all_of, blocking},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    download_record::{DownloadRecord, WrittenPart},
    download_source::{Kind, Part, Source},
    transfer::Meter,
};
use crate::{CosObjectError, Crc64};

/// What is to be downloaded.
pub(super) struct DownloadPlan {
    pub(super) source: Source,
    part_length: u64,
    meter: Meter,
    is_recorded: bool,
    /// That of the target.
    file: File,
    record: Mutex<Option<DownloadRecord>>,
    /// Of the stored bytes of the parts that are there, with their length.
    sums: Mutex<BTreeMap<u64, (u64, u64)>>,
}

impl DownloadPlan {
    pub(super) fn new(
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
        let is_read = self.file.read_exact_at(&mut bytes, offset).is_ok();
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

    /// The record is not needed any more.
    pub(super) fn take_record(&self) -> Option<DownloadRecord> {
        lock(&self.record).take()
    }

    /// Whether the stored bytes are those that COS has, as far as it says.
    pub(super) fn check_whole(&self) -> Result<()> {
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

/// Has all of them come, so many at the same time.
pub(super) async fn fetch_all(plan: &Arc<DownloadPlan>, parallel: usize) -> Result<()> {
    let parts = (0..plan.parts()).map(|number| {
        let plan = Arc::clone(plan);
        async move { fetch(&plan, number).await }
    });
    all_of(parts, parallel).await?;
    Ok(())
}

async fn fetch(plan: &Arc<DownloadPlan>, number: u64) -> Result<()> {
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
