//! Bytes that are stored as they are.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    os::unix::fs::FileExt,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::UNIX_EPOCH,
};

use crypto_envelope::{Error, blocking};
use crypto_envelope_tencent_cos::{
    AbortMultipartUpload, CompleteMultipartUpload, CompletedPart, CosError, CosErrorKind, Crc64,
    ETag, InitiateMultipartUpload, ListParts, PartNumber, PutObject, StoredObject, UploadId,
    UploadPart,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    log::{Earlier, Log},
    object::{Object, kind},
    transfer::Resumable,
};
use crate::{
    failure::{Code, Failure},
    output::Decision,
    progress::Shown,
    text::hex,
};

/// An object that was stored.
pub(super) struct Sent {
    pub(super) etag: ETag,
    pub(super) length: u64,
}

/// Stores all that comes out of a reader. If that fails, nothing is left of it.
pub(super) fn stream(
    object: &Object,
    reader: &mut dyn Read,
    decision: Decision,
) -> Result<Sent, Failure> {
    let first = read_part(reader)?;
    if (first.len() as u64) < PART {
        return put(object, &first, decision);
    }
    let upload = Upload::begin(object, decision)?;
    let sent = send_stream(&upload, first, reader);
    let sent = sent.and_then(|parts| upload.complete(parts));
    sent.inspect_err(|_| upload.abort())
}

fn send_stream(
    upload: &Upload<'_>,
    first: Zeroizing<Vec<u8>>,
    reader: &mut dyn Read,
) -> Result<BTreeMap<u32, Part>, Failure> {
    let (mut parts, mut part) = (BTreeMap::new(), first);
    while !part.is_empty() {
        let number = u32::try_from(parts.len()).unwrap_or(u32::MAX).saturating_add(1);
        parts.insert(number, upload.send(number, &part)?);
        part = read_part(reader)?;
    }
    Ok(parts)
}

/// Stores a file in parts that go at the same time, and goes on where an earlier run was.
pub(super) fn file(
    object: &Object,
    file: &File,
    transfer: &Resumable,
    decision: Decision,
    shown: &Shown,
) -> Result<Sent, Failure> {
    let stamp = Stamp::of(file)?;
    if stamp.length <= PART {
        return put(object, &read_at(file, 0, stamp.length)?, decision);
    }
    let (log, earlier) = Log::open(&transfer.record)?;
    let (upload, there) = if let Some(found) = again(object, &earlier, stamp, decision)? {
        found
    } else {
        let upload = Upload::begin(object, decision)?;
        let (length, modified) = (stamp.length, stamp.modified.to_string());
        let id = upload.id.as_str();
        log.start(&json!({ "length": length, "modified": modified, "upload": id }))?;
        (upload, BTreeMap::new())
    };
    let sending = Sending { upload: &upload, file, stamp, there, log: &log, shown };
    let parts = sending.all()?;
    if Stamp::of(file)? != stamp {
        upload.abort();
        log.remove()?;
        return Err(changed());
    }
    let sent = upload.complete(parts)?;
    log.remove()?;
    Ok(sent)
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    /// In nanoseconds since 1970.
    modified: u128,
}

impl Stamp {
    fn of(file: &File) -> Result<Self, Failure> {
        let metadata = file.metadata().map_err(Error::from)?;
        let modified = metadata.modified().map_err(Error::from)?.duration_since(UNIX_EPOCH);
        let modified = modified.map_or(0, |since| since.as_nanos());
        Ok(Self { length: metadata.len(), modified })
    }
}

/// Parts by their number: the hash of their bytes, and what COS calls them.
type There = BTreeMap<u32, (String, ETag)>;

/// An upload of an earlier run, if it is one of this file and still there.
fn again<'o>(
    object: &'o Object,
    earlier: &Earlier,
    stamp: Stamp,
    decision: Decision,
) -> Result<Option<(Upload<'o>, There)>, Failure> {
    let Some(id) = earlier.start["upload"].as_str().and_then(|id| UploadId::new(id).ok()) else {
        return Ok(None);
    };
    let upload = Upload { object, id, decision };
    let is_same = earlier.start["length"].as_u64() == Some(stamp.length)
        && earlier.start["modified"].as_str() == Some(&stamp.modified.to_string());
    if !is_same {
        upload.abort();
        return Ok(None);
    }
    let Some(listed) = upload.list()? else { return Ok(None) };
    let mut there = There::new();
    for (number, what) in &earlier.parts {
        let Some((hash, etag)) = what.split_once(' ') else { continue };
        let listed = listed.get(number).filter(|listed| listed.as_str() == etag);
        there.extend(listed.map(|etag| (*number, (hash.to_owned(), etag.clone()))));
    }
    Ok(Some((upload, there)))
}

struct Sending<'s> {
    upload: &'s Upload<'s>,
    file: &'s File,
    stamp: Stamp,
    there: There,
    log: &'s Log,
    shown: &'s Shown,
}

impl Sending<'_> {
    fn all(&self) -> Result<BTreeMap<u32, Part>, Failure> {
        let next = AtomicU32::new(1);
        let work = || self.some(&next);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut parts = BTreeMap::new();
        for outcome in outcomes {
            let panicked = |_| Failure::new(Code::Internal, "a call panicked");
            parts.append(&mut outcome.map_err(panicked)??);
        }
        Ok(parts)
    }

    fn some(&self, next: &AtomicU32) -> Result<BTreeMap<u32, Part>, Failure> {
        let length = part_length(self.stamp.length);
        let mut parts = BTreeMap::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let offset = u64::from(number - 1) * length;
            if offset >= self.stamp.length {
                return Ok(parts);
            }
            let bytes = read_at(self.file, offset, length.min(self.stamp.length - offset))?;
            let sent = self.part(number, &bytes);
            if sent.is_err() {
                // The others need not go on.
                next.store(u32::MAX / 2, Ordering::Relaxed);
            }
            parts.insert(number, sent?);
            self.shown.advance(bytes.len());
        }
    }

    fn part(&self, number: u32, bytes: &[u8]) -> Result<Part, Failure> {
        let hash = hex(&Sha256::digest(bytes));
        if let Some((_, etag)) = self.there.get(&number).filter(|(known, _)| *known == hash) {
            return Ok(Part { etag: etag.clone(), crc64: Crc64::of(bytes) });
        }
        let part = self.upload.send(number, bytes)?;
        self.log.done(number, &format!("{hash} {}", part.etag.as_str()))?;
        Ok(part)
    }
}

struct Part {
    etag: ETag,
    crc64: Crc64,
}

struct Upload<'o> {
    object: &'o Object,
    id: UploadId,
    decision: Decision,
}

impl<'o> Upload<'o> {
    fn begin(object: &'o Object, decision: Decision) -> Result<Self, Failure> {
        let call = InitiateMultipartUpload::new(object.key.clone());
        let id = blocking::wait(object.client.call(call))?;
        Ok(Self { object, id, decision })
    }

    fn send(&self, number: u32, bytes: &[u8]) -> Result<Part, Failure> {
        let (key, id) = (self.object.key.clone(), self.id.clone());
        let call = UploadPart::new(key, id, PartNumber::new(number)?, bytes.to_vec());
        let sent = blocking::wait(self.object.client.call(call))?;
        Ok(Part { etag: sent.etag, crc64: Crc64::of(bytes) })
    }

    /// What COS has. None if it knows nothing of the upload.
    fn list(&self) -> Result<Option<BTreeMap<u32, ETag>>, Failure> {
        let mut parts = BTreeMap::new();
        let mut call = ListParts::new(self.object.key.clone(), self.id.clone());
        loop {
            let page = match blocking::wait(self.object.client.call(call.clone())) {
                Err(error) if kind(&error) == Some(CosErrorKind::NotFound) => return Ok(None),
                page => page?,
            };
            parts.extend(page.parts.into_iter().map(|part| (part.number.get(), part.etag)));
            match page.next {
                Some(next) => call = call.after(next),
                None => return Ok(Some(parts)),
            }
        }
    }

    /// Makes the object, of which COS must have what was sent.
    fn complete(&self, parts: BTreeMap<u32, Part>) -> Result<Sent, Failure> {
        let mut whole = Crc64::new();
        for part in parts.values() {
            whole.append(&part.crc64);
        }
        let completed = parts
            .into_iter()
            .map(|(number, part)| Ok(CompletedPart::new(PartNumber::new(number)?, part.etag)));
        let completed = completed.collect::<Result<Vec<_>, Error>>()?;
        let (key, id) = (self.object.key.clone(), self.id.clone());
        let call = CompleteMultipartUpload::new(key, id, completed);
        let call = if self.decision == Decision::Replace { call } else { call.forbid_overwrite() };
        let stored = match blocking::wait(self.object.client.call(call)) {
            Ok(StoredObject { etag, crc64: Some(crc64), .. }) => (etag, Some(crc64)),
            Ok(_) => self.found()?,
            // It may be complete although the answer was lost.
            Err(error)
                if CosError::find_in(&error).is_some_and(CosError::is_after_lost_attempt) =>
            {
                self.found()?
            }
            Err(error) => return Err(error.into()),
        };
        match stored {
            (etag, Some(crc64)) if crc64 == whole.value() => {
                Ok(Sent { etag, length: whole.length() })
            }
            _ => {
                let what =
                    format!("COS has something else than what was sent to {}", self.object.name());
                Err(Failure::new(Code::Integrity, what))
            }
        }
    }

    fn found(&self) -> Result<(ETag, Option<u64>), Failure> {
        let found = self.object.head()?;
        Ok((found.etag, found.crc64))
    }

    /// What went wrong is worth more than that something is left.
    fn abort(&self) {
        let call = AbortMultipartUpload::new(self.object.key.clone(), self.id.clone());
        let _ = blocking::wait(self.object.client.call(call));
    }
}

fn put(object: &Object, bytes: &[u8], decision: Decision) -> Result<Sent, Failure> {
    let call = PutObject::new(object.key.clone(), bytes.to_vec());
    let call = if decision == Decision::Replace { call } else { call.forbid_overwrite() };
    let stored = blocking::wait(object.client.call(call))?;
    Ok(Sent { etag: stored.etag, length: bytes.len() as u64 })
}

/// A whole part, or less at the end.
fn read_part(reader: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // At once, so that no copy is left behind by growing.
    let mut part = Zeroizing::new(Vec::with_capacity(usize::try_from(PART).unwrap_or_default()));
    reader.take(PART).read_to_end(&mut part).map_err(Error::from)?;
    Ok(part)
}

fn read_at(file: &File, offset: u64, length: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    match file.read_exact_at(&mut bytes, offset) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(changed()),
        read => read.map(|()| bytes).map_err(|error| Error::from(error).into()),
    }
}

fn changed() -> Failure {
    Failure::new(Code::Internal, "the file was changed while it was read")
        .hint("run again when nobody writes to it any more")
}

/// COS takes 10 000 parts.
pub(super) fn part_length(length: u64) -> u64 {
    PART.max(length.div_ceil(10_000))
}

/// In bytes.
const PART: u64 = 8 << 20;
const PARALLEL: usize = 4;
