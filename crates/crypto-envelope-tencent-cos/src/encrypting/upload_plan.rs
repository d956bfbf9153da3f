//! The parts of a file that is uploaded: what is sent of them, and what must not be.

use std::sync::{Arc, Mutex, PoisonError};

use crypto_envelope::{Error, Result, service::blocking};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::{
    cipher::PartCipher,
    file::SourceFile,
    open_upload::{SentPart, UploadChannel},
    transfer::{FileTransfer, Meter},
    upload_record::UploadRecord,
};
use crate::{Crc64, ETag};

/// What is to be sent.
pub(super) struct UploadPlan {
    pub(super) file: SourceFile,
    cipher: PartCipher,
    part_length: u64,
    record: Mutex<Option<UploadRecord>>,
    /// Hashes are for the record alone.
    is_recorded: bool,
    meter: Meter,
}

impl UploadPlan {
    pub(super) fn new(
        transfer: &FileTransfer,
        file: SourceFile,
        cipher: PartCipher,
        part_length: u64,
        record: Option<UploadRecord>,
    ) -> Self {
        let meter = transfer.meter(Some(file.stamp.length));
        let is_recorded = record.is_some();
        Self { file, cipher, part_length, record: Mutex::new(record), is_recorded, meter }
    }

    pub(super) fn parts(&self) -> u32 {
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
        let hash = self.is_recorded.then(|| Sha256::digest(&body).into());
        Ok(Encrypted { body, hash, plaintext_length: length })
    }

    /// What may be done with an encrypted part.
    fn decide(
        &self,
        number: u32,
        Encrypted { body, hash, .. }: &Encrypted,
        there: Option<&(ETag, u64)>,
    ) -> Result<Decision> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(record), Some(hash)) = (&mut *record, hash) else { return Ok(Decision::Send) };
        match record.parts.get(&number) {
            // Sent under a record that is newer than this one: by now it may be another.
            None if there.is_some() => Ok(Decision::StartOver),
            None => {
                record.will_send(number, *hash)?;
                Ok(Decision::Send)
            }
            Some(before) if before.hash != *hash => Ok(Decision::StartOver),
            Some(before) => {
                match (&before.etag, there.filter(|(_, length)| *length == body.len() as u64)) {
                    (Some(ours), Some((theirs, _))) if ours.matches(theirs) => {
                        Ok(Decision::Done(ours.clone()))
                    }
                    // It was sent, and nobody was left to hear of it.
                    (None, Some((theirs, _))) if is_md5(theirs, body) => {
                        record.has_sent(number, theirs)?;
                        Ok(Decision::Done(theirs.clone()))
                    }
                    _ => Ok(Decision::Send),
                }
            }
        }
    }

    fn has_sent(&self, part: &SentPart) -> Result<()> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.as_mut().map_or(Ok(()), |record| record.has_sent(part.number, &part.etag))
    }

    pub(super) fn take_record(&self) -> Option<UploadRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Encrypted {
    body: Vec<u8>,
    hash: Option<[u8; 32]>,
    plaintext_length: u64,
}

enum Decision {
    Send,
    /// COS has it, by this name.
    Done(ETag),
    StartOver,
}

/// None if the part is another than the one that may have been sent before.
pub(super) async fn send_part(
    upload: &UploadChannel,
    plan: &Arc<UploadPlan>,
    number: u32,
    there: Option<(ETag, u64)>,
) -> Result<Option<SentPart>> {
    let (encrypted, decision) = {
        let plan = Arc::clone(plan);
        blocking(move || {
            let encrypted = plan.encrypt(number)?;
            let decision = plan.decide(number, &encrypted, there.as_ref())?;
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
