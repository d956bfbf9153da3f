//! The record of a download.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::Result;
use crypto_envelope_transfer::{Content, KeptPlace, Record};
use serde_json::{Value, json};

use crate::{CosObjectError, ETag, ObjectKey};

/// What has to be known to go on with a download. There is no key in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DownloadStart {
    pub(super) bucket: String,
    pub(super) key: ObjectKey,
    pub(super) etag: ETag,
    /// Which message it is, as a digest, so that no parts of two are mixed, whatever COS says of the object. None if
    /// it is no message.
    pub(super) message: Option<String>,
    /// Of the plaintext.
    pub(super) length: u64,
    pub(super) part_length: u64,
    /// Where the plaintext is until all of it is there.
    pub(super) place: KeptPlace,
}

/// A part that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenPart {
    /// The SHA-256 of its plaintext.
    pub(super) hash: [u8; 32],
    /// The CRC-64 of its stored bytes, where that says something of the object.
    pub(super) crc64: Option<u64>,
}

/// A download that can be gone on with.
#[derive(Debug)]
pub(super) struct DownloadRecord {
    record: Record,
    pub(super) start: DownloadStart,
    pub(super) parts: BTreeMap<u64, WrittenPart>,
}

impl DownloadRecord {
    pub(super) fn create(path: &Path, start: DownloadStart) -> Result<Self> {
        let record =
            Record::create(path, KIND, &start.to_json(path)?).map_err(CosObjectError::of_record)?;
        Ok(Self { record, start, parts: BTreeMap::new() })
    }

    /// None if there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        let Some((record, content)) =
            Record::open(path, KIND).map_err(CosObjectError::of_record)?
        else {
            return Ok(None);
        };
        let (start, parts) = read(path, &content)?;
        Ok(Some(Self { record, start, parts }))
    }

    /// The part is on the disk.
    pub(super) fn has_written(&mut self, number: u64, part: WrittenPart) -> Result<()> {
        let (hash, crc64) = (BASE64.encode(part.hash), part.crc64.map(|crc64| crc64.to_string()));
        self.record
            .add(&json!({"part": number, "sha256": hash, "crc64": crc64}))
            .map_err(CosObjectError::of_record)?;
        self.parts.insert(number, part);
        Ok(())
    }

    pub(super) fn remove(self) -> Result<()> {
        self.record.remove().map_err(CosObjectError::of_record)
    }
}

/// What the bytes of a record say, in words.
#[cfg(feature = "wire")]
pub(crate) fn described(bytes: &[u8]) -> Result<String> {
    let path = Path::new("record");
    let found = read(path, &Content::parse(path, bytes, KIND).map_err(CosObjectError::of_record)?)?;
    Ok(format!("{found:?}"))
}

fn read(path: &Path, content: &Content) -> Result<(DownloadStart, BTreeMap<u64, WrittenPart>)> {
    let damaged = || CosObjectError::record(path, "what it says of the download is damaged");
    let start = DownloadStart::of_json(&content.start).ok_or_else(damaged)?;
    let parts = content.lines.iter().map(read_part).collect::<Option<_>>();
    Ok((start, parts.ok_or_else(damaged)?))
}

fn read_part(line: &Value) -> Option<(u64, WrittenPart)> {
    let hash = BASE64.decode(line["sha256"].as_str()?).ok()?.try_into().ok()?;
    let crc64 = match &line["crc64"] {
        Value::Null => None,
        value => Some(value.as_str()?.parse().ok()?),
    };
    Some((line["part"].as_u64()?, WrittenPart { hash, crc64 }))
}

impl DownloadStart {
    fn to_json(&self, path: &Path) -> Result<Value> {
        let place = self.place.to_json().ok_or_else(|| {
            CosObjectError::record(path, "the name of the file to download to is no UTF-8")
        })?;
        Ok(json!({
            "bucket": self.bucket,
            "key": self.key.as_str(),
            "etag": self.etag.as_str(),
            "message": self.message,
            "length": self.length,
            "part_length": self.part_length,
            "place": place,
        }))
    }

    fn of_json(json: &Value) -> Option<Self> {
        let text = |name: &str| json[name].as_str();
        Some(Self {
            bucket: text("bucket")?.to_owned(),
            key: ObjectKey::exact(text("key")?).ok()?,
            etag: ETag::new(text("etag")?).ok()?,
            message: match &json["message"] {
                Value::Null => None,
                value => Some(value.as_str()?.to_owned()),
            },
            length: json["length"].as_u64()?,
            part_length: json["part_length"].as_u64().filter(|length| *length > 0)?,
            place: KeptPlace::of_json(&json["place"])?,
        })
    }
}

const KIND: &str = "a download";

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn start() -> Result<DownloadStart> {
        let place = json!({"path": "/some/where", "device": "1", "inode": u64::MAX.to_string()});
        Ok(DownloadStart {
            bucket: "examplebucket-1250000000".to_owned(),
            key: ObjectKey::new("a key/é")?,
            etag: ETag::new("\"x\"")?,
            message: Some("00ff".to_owned()),
            length: 7,
            part_length: 1 << 20,
            place: KeptPlace::of_json(&place).expect("a place"),
        })
    }

    #[test]
    fn what_was_written_is_there_again() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let mut record = DownloadRecord::create(&path, start()?)?;
        record.has_written(3, WrittenPart { hash: [7; 32], crc64: None })?;
        record.has_written(0, WrittenPart { hash: [8; 32], crc64: Some(u64::MAX) })?;
        let expected = record.parts.clone();
        drop(record);
        let again = DownloadRecord::open(&path)?.expect("it is there");
        assert_eq!((again.start, again.parts), (start()?, expected));
        Ok(())
    }

    #[test]
    fn damage_is_said() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        drop(DownloadRecord::create(&path, start()?)?);
        let good = fs::read_to_string(&path)?;
        for line in ["{}", "{\"part\":1}", "{\"part\":1,\"sha256\":\"AAAA\",\"crc64\":null}"] {
            fs::write(&path, format!("{good}{line}\n"))?;
            assert!(DownloadRecord::open(&path).is_err(), "{line}");
        }
        Ok(())
    }
}
