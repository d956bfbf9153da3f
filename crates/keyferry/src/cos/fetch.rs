//! Bytes that are fetched as they are.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use crypto_envelope::{Error, blocking};
use crypto_envelope_tencent_cos::{ByteRange, Crc64, GetObject, ObjectProperties};
use serde_json::json;

use super::{log::Log, object::Object, send::part_length, transfer::Resumable};
use crate::{
    failure::{Code, Failure},
    output::Output,
    progress::Shown,
};

/// From the front to the end.
pub(super) fn to_output(
    object: &Object,
    mut output: Output,
    shown: &Shown,
) -> Result<u64, Failure> {
    let mut opened = blocking::wait(object.client.open(GetObject::new(object.key.clone())))?;
    while let Some(chunk) = blocking::wait(opened.chunk())? {
        output.write_all(&chunk).map_err(Error::from)?;
        shown.advance(chunk.len());
    }
    output.commit()?;
    Ok(opened.properties().length)
}

/// Into a file, in parts that come at the same time, going on where an earlier run was.
pub(super) fn to_file(
    object: &Object,
    found: &ObjectProperties,
    path: &Path,
    transfer: &Resumable,
    shown: &Shown,
) -> Result<u64, Failure> {
    let (log, earlier) = Log::open(&transfer.record)?;
    let start = json!({ "etag": found.etag.as_str(), "length": found.length });
    let is_same = earlier.start == start && path.exists();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(!is_same);
    let file = options.open(path).map_err(Error::from)?;
    let mut known = Vec::new();
    if is_same {
        known = earlier.parts;
    } else {
        log.start(&start)?;
    }
    let sums = Mutex::new(vec![None; parts_of(found.length)]);
    let fetching = Fetching { object, found, file: &file, known, log: &log, sums, shown };
    fetching.all()?;
    let sums = fetching.sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut whole = Crc64::new();
    sums.iter().flatten().for_each(|sum| whole.append(sum));
    let is_whole = whole.length() == found.length;
    if !is_whole || found.crc64.is_some_and(|crc64| crc64 != whole.value()) {
        log.remove()?;
        let what = format!("{}: what came is not what COS has", object.name());
        return Err(
            Failure::new(Code::Integrity, what).hint("it was damaged on its way: try again")
        );
    }
    file.sync_all().map_err(Error::from)?;
    log.remove()?;
    Ok(found.length)
}

fn parts_of(length: u64) -> usize {
    usize::try_from(length.div_ceil(part_length(length))).unwrap_or_default()
}

struct Fetching<'f> {
    object: &'f Object,
    found: &'f ObjectProperties,
    file: &'f File,
    /// The checksums of parts that are on the disk.
    known: Vec<(u32, String)>,
    log: &'f Log,
    sums: Mutex<Vec<Option<Crc64>>>,
    shown: &'f Shown,
}

impl Fetching<'_> {
    fn all(&self) -> Result<(), Failure> {
        let next = AtomicU32::new(0);
        let work = || self.some(&next);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let panicked = |_| Failure::new(Code::Internal, "a call panicked");
        outcomes.into_iter().try_for_each(|outcome| outcome.map_err(panicked)?)
    }

    fn some(&self, next: &AtomicU32) -> Result<(), Failure> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let offset = u64::from(number) * part_length(self.found.length);
            if offset >= self.found.length {
                return Ok(());
            }
            let fetched = self.part(number, offset);
            if fetched.is_err() {
                // The others need not go on.
                next.store(u32::MAX / 2, Ordering::Relaxed);
            }
            let sum = fetched?;
            self.shown.advance(usize::try_from(sum.length()).unwrap_or_default());
            let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = sums.get_mut(number as usize) {
                *place = Some(sum);
            }
        }
    }

    fn part(&self, number: u32, offset: u64) -> Result<Crc64, Failure> {
        let end = self.found.length.min(offset + part_length(self.found.length));
        if let Some((_, sum)) = self.known.iter().find(|(known, _)| *known == number) {
            let mut bytes = vec![0; usize::try_from(end - offset).unwrap_or_default()];
            if self.file.read_exact_at(&mut bytes, offset).is_ok() {
                let there = Crc64::of(&bytes);
                if there.value().to_string() == *sum {
                    return Ok(there);
                }
            }
        }
        let call = GetObject::new(self.object.key.clone())
            .range(ByteRange::of(offset..end)?)
            .if_match(self.found.etag.clone());
        let client = &self.object.client;
        let bytes = blocking::wait(async { client.open(call).await?.whole(end - offset).await })?;
        self.file.write_all_at(&bytes, offset).map_err(Error::from)?;
        self.file.sync_data().map_err(Error::from)?;
        let sum = Crc64::of(&bytes);
        self.log.done(number, &sum.value().to_string())?;
        Ok(sum)
    }
}

const PARALLEL: usize = 4;
