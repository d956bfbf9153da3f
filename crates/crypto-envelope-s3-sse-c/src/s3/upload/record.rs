//! What is left of an upload for another one to go on with.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crypto_envelope::{Error, Result, service::blocking};
use crypto_envelope_transfer::{Content, Record, RecordError};
use serde_json::{Value, json};

use super::{
    channel::SentPart,
    source::{Shape, Stamp},
};
use crate::{
    Epoch, KeyRingError, ObjectPlace, Protection,
    s3::{error::unusable_record, object_keys::is_gone, protection::Seal},
};

/// A record that is kept while parts are sent.
pub(super) struct UploadRecord {
    record: Arc<Mutex<Record>>,
    pub(super) start: UploadStart,
    pub(super) parts: BTreeMap<i32, SentPart>,
}

/// Which upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UploadStart {
    pub(super) place: ObjectPlace,
    pub(super) id: String,
    /// In words, as [`Seal::described`] says it.
    protection: String,
    /// Of the ring that the key is from.
    epoch: Option<u32>,
    file: Stamp,
    part_size: u64,
}

/// What there is from before.
pub(super) enum LeftBehind {
    Nothing,
    /// An upload of this very file, to go on with.
    Same(UploadRecord),
    /// An upload of the file as it was, or of another one: to be removed.
    Other(UploadRecord),
}

impl UploadStart {
    pub(super) fn new(place: &ObjectPlace, id: &str, seal: &Seal, shape: Shape) -> Option<Self> {
        let epoch = seal.customer_key().and_then(|key| key.epoch);
        Some(Self {
            place: place.clone(),
            id: id.to_owned(),
            protection: seal.described(),
            epoch: epoch.map(Epoch::number),
            file: shape.file?,
            part_size: shape.part_size,
        })
    }

    /// As it was begun, if that is how it is to be now. The epoch of a ring may be gone meanwhile, and then so is
    /// the key.
    pub(super) async fn seal(&self, protection: &Protection) -> Result<Option<Seal>> {
        let place = &self.place;
        let seal = match protection {
            Protection::CustomerKey(keys) => {
                let epoch = self.epoch.map(Epoch::new).transpose()?;
                match keys.of_epoch(epoch, place).await {
                    Err(error) if KeyRingError::kind_in(&error).is_some_and(is_gone) => {
                        return Ok(None);
                    }
                    key => Seal::CustomerKey(key?),
                }
            }
            _ => protection.seal(place).await?,
        };
        if seal.described() == self.protection {
            return Ok(Some(seal));
        }
        Err(Error::invalid_input(format!(
            "an upload to {place} was begun under {}, and not under {}: say the same, or remove its record",
            self.protection,
            seal.described()
        )))
    }

    fn to_json(&self) -> Value {
        json!({
            "bucket": self.place.bucket(),
            "key": self.place.key(),
            "upload_id": self.id,
            "protection": self.protection,
            "epoch": self.epoch,
            "file": {
                "size": self.file.size,
                "modified": self.file.modified,
                "device": self.file.place.0,
                "inode": self.file.place.1,
            },
            "part_size": self.part_size,
        })
    }

    fn parse(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let epoch = match &value["epoch"] {
            Value::Null => None,
            epoch => Some(u32::try_from(epoch.as_u64()?).ok()?),
        };
        let file = &value["file"];
        Some(Self {
            place: ObjectPlace::new(text(&value["bucket"])?, text(&value["key"])?),
            id: text(&value["upload_id"])?,
            protection: text(&value["protection"])?,
            epoch,
            file: Stamp {
                size: file["size"].as_u64()?,
                modified: file["modified"].as_u64()?,
                place: (file["device"].as_u64()?, file["inode"].as_u64()?),
            },
            part_size: value["part_size"].as_u64().filter(|size| *size > 0)?,
        })
    }
}

impl LeftBehind {
    /// What is recorded of an upload of such a source to this place.
    pub(super) async fn at(path: &Path, place: &ObjectPlace, shape: Shape) -> Result<Self> {
        let (path, place) = (path.to_owned(), place.clone());
        blocking(move || {
            let Some((record, content)) = Record::open(&path, KIND).map_err(unusable_record)?
            else {
                return Ok(Self::Nothing);
            };
            let (start, parts) = read(&path, &content)?;
            if start.place != place {
                let what = format!("it is about an upload to {}", start.place);
                return Err(unusable_record(RecordError::new(&path, &what)));
            }
            let is_same = shape == Shape { file: Some(start.file), part_size: start.part_size };
            let record = UploadRecord { record: Arc::new(Mutex::new(record)), start, parts };
            Ok(if is_same { Self::Same(record) } else { Self::Other(record) })
        })
        .await
    }
}

impl UploadRecord {
    /// Puts it on the disk.
    pub(super) async fn create(path: &Path, start: UploadStart) -> Result<Self> {
        let path = path.to_owned();
        blocking(move || {
            let record = Record::create(&path, KIND, &start.to_json()).map_err(unusable_record)?;
            let record = Arc::new(Mutex::new(record));
            Ok(Self { record, start, parts: BTreeMap::new() })
        })
        .await
    }

    /// One more part, which is on the disk when this returns.
    pub(super) async fn add(&self, part: &SentPart) -> Result<()> {
        let record = Arc::clone(&self.record);
        let line = json!({"part": part.number, "etag": part.etag, "md5": part.digest});
        blocking(move || {
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            record.add(&line).map_err(unusable_record)
        })
        .await
    }

    /// If it stays, another upload finds out that this one is over.
    pub(super) async fn remove(self) {
        let _ = blocking(move || {
            let record = Arc::into_inner(self.record).map(Mutex::into_inner);
            let record = record.map(|record| record.unwrap_or_else(PoisonError::into_inner));
            record.map_or(Ok(()), |record| record.remove().map_err(unusable_record))
        })
        .await;
    }
}

/// What the bytes of a record say, in words.
#[cfg(feature = "wire")]
pub(crate) fn described(bytes: &[u8]) -> Result<String> {
    let path = Path::new("record");
    let content = Content::parse(path, bytes, KIND).map_err(unusable_record)?;
    Ok(format!("{:?}", read(path, &content)?))
}

fn read(path: &Path, content: &Content) -> Result<(UploadStart, BTreeMap<i32, SentPart>)> {
    parse(content).ok_or_else(|| {
        unusable_record(RecordError::new(path, "what it says of the upload is damaged"))
    })
}

fn parse(content: &Content) -> Option<(UploadStart, BTreeMap<i32, SentPart>)> {
    let start = UploadStart::parse(&content.start)?;
    let mut parts = BTreeMap::new();
    for line in &content.lines {
        let number = i32::try_from(line["part"].as_i64()?).ok()?;
        let (etag, digest) = (line["etag"].as_str()?.to_owned(), line["md5"].as_str()?.to_owned());
        parts.insert(number, SentPart { number, etag, digest });
    }
    Some((start, parts))
}

/// What it is a record of.
const KIND: &str = "an upload to S3";

#[cfg(test)]
mod tests;
