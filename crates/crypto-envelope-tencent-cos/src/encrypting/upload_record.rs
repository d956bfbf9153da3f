//! The record of an upload.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::Result;
use crypto_envelope_transfer::{Content, Record};
use serde_json::{Value, json};

use super::{cipher::PartCipher, file::SourceStamp};
use crate::{CosFormat, CosObjectError, ETag, ObjectKey, UploadId};

/// What has to be known to go on with an upload. Keys are in it only as the key provider wrapped them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UploadStart {
    pub(super) bucket: String,
    pub(super) key: ObjectKey,
    pub(super) upload: UploadId,
    /// None if it is stored as it is.
    pub(super) format: Option<CosFormat>,
    /// A digest of what else was said of the object.
    pub(super) options: String,
    pub(super) source: SourceStamp,
    /// Of the plaintext.
    pub(super) part_length: u64,
    pub(super) wrapped: Wrapped,
}

/// Where the data key is, wrapped.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wrapped {
    /// The header of a message.
    Header(Vec<u8>),
    /// Metadata, without the prefix of their names.
    Metadata(Vec<(String, String)>),
    /// There is none.
    Nothing,
}

/// What is known of a part whose first byte may have left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecordedPart {
    /// The SHA-256 of its ciphertext.
    pub(super) hash: [u8; 32],
    /// What COS answered, if it did.
    pub(super) etag: Option<ETag>,
}

/// An upload that can be gone on with.
#[derive(Debug)]
pub(super) struct UploadRecord {
    record: Record,
    pub(super) start: UploadStart,
    pub(super) parts: BTreeMap<u32, RecordedPart>,
}

impl UploadRecord {
    pub(super) fn create(path: &Path, start: UploadStart) -> Result<Self> {
        let record =
            Record::create(path, KIND, &start.to_json()).map_err(CosObjectError::of_record)?;
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

    /// Before the first byte of a part leaves: from now on nothing else may be sent as this part.
    pub(super) fn will_send(&mut self, number: u32, hash: [u8; 32]) -> Result<()> {
        self.record
            .add(&json!({"part": number, "sha256": BASE64.encode(hash)}))
            .map_err(CosObjectError::of_record)?;
        self.parts.insert(number, RecordedPart { hash, etag: None });
        Ok(())
    }

    /// COS has it.
    pub(super) fn has_sent(&mut self, number: u32, etag: &ETag) -> Result<()> {
        self.record
            .add(&json!({"part": number, "etag": etag.as_str()}))
            .map_err(CosObjectError::of_record)?;
        if let Some(part) = self.parts.get_mut(&number) {
            part.etag = Some(etag.clone());
        }
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

fn read(path: &Path, content: &Content) -> Result<(UploadStart, BTreeMap<u32, RecordedPart>)> {
    let damaged = || CosObjectError::record(path, "what it says of the upload is damaged");
    let start = UploadStart::of_json(&content.start).ok_or_else(damaged)?;
    let mut parts = BTreeMap::new();
    for line in &content.lines {
        read_part(line, &mut parts).ok_or_else(damaged)?;
    }
    Ok((start, parts))
}

fn read_part(line: &Value, parts: &mut BTreeMap<u32, RecordedPart>) -> Option<()> {
    let number = u32::try_from(line["part"].as_u64()?).ok()?;
    if let Some(etag) = line.get("etag") {
        let etag = ETag::new(etag.as_str()?).ok()?;
        parts.get_mut(&number)?.etag = Some(etag);
        return Some(());
    }
    let hash = BASE64.decode(line["sha256"].as_str()?).ok()?.try_into().ok()?;
    // A part is encrypted to the same bytes each time.
    match parts.insert(number, RecordedPart { hash, etag: None }) {
        Some(before) if before.hash != hash => None,
        _ => Some(()),
    }
}

impl UploadStart {
    fn to_json(&self) -> Value {
        let wrapped = match &self.wrapped {
            Wrapped::Header(bytes) => json!({"header": BASE64.encode(bytes)}),
            Wrapped::Metadata(pairs) => json!({"metadata": pairs}),
            Wrapped::Nothing => Value::Null,
        };
        json!({
            "bucket": self.bucket,
            "key": self.key.as_str(),
            "upload": self.upload.as_str(),
            "format": self.format.map(CosFormat::name),
            "options": self.options,
            "length": self.source.length,
            // JSON has no such large numbers.
            "modified": self.source.modified.to_string(),
            "part_length": self.part_length,
            "wrapped": wrapped,
        })
    }

    fn of_json(json: &Value) -> Option<Self> {
        let text = |name: &str| json[name].as_str();
        let format = match &json["format"] {
            Value::Null => None,
            name => Some(format_of(name.as_str()?)?),
        };
        Some(Self {
            bucket: text("bucket")?.to_owned(),
            key: ObjectKey::exact(text("key")?).ok()?,
            upload: UploadId::new(text("upload")?).ok()?,
            options: text("options")?.to_owned(),
            format,
            source: SourceStamp {
                length: json["length"].as_u64()?,
                modified: text("modified")?.parse().ok()?,
            },
            part_length: json["part_length"].as_u64().filter(|length| *length > 0)?,
            wrapped: Wrapped::of_json(&json["wrapped"])?,
        })
    }
}

impl Wrapped {
    /// That of a cipher. `metadata` is what the format says of the key, if it says it there.
    pub(super) fn of(cipher: &PartCipher, metadata: Vec<(String, String)>) -> Self {
        match cipher {
            PartCipher::Message(parts) => Self::Header(parts.header_bytes()),
            PartCipher::Stream { .. } => Self::Metadata(metadata),
            PartCipher::AsItIs { .. } => Self::Nothing,
        }
    }

    fn of_json(json: &Value) -> Option<Self> {
        if json.is_null() {
            return Some(Self::Nothing);
        }
        if let Some(header) = json["header"].as_str() {
            return Some(Self::Header(BASE64.decode(header).ok()?));
        }
        let pairs = json["metadata"].as_array()?.iter();
        let pairs =
            pairs.map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned())));
        Some(Self::Metadata(pairs.collect::<Option<_>>()?))
    }
}

fn format_of(name: &str) -> Option<CosFormat> {
    CosFormat::ALL.iter().copied().find(|known| known.name() == name)
}

const KIND: &str = "an upload";

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn start(wrapped: Wrapped) -> Result<UploadStart> {
        Ok(UploadStart {
            bucket: "examplebucket-1250000000".to_owned(),
            key: ObjectKey::new("a key/é")?,
            upload: UploadId::new("id")?,
            format: Some(CosFormat::Message).filter(|_| wrapped != Wrapped::Nothing),
            options: "00".to_owned(),
            source: SourceStamp { length: 7, modified: u128::from(u64::MAX) + 1 },
            part_length: 1 << 20,
            wrapped,
        })
    }

    #[test]
    fn what_was_written_is_there_again() -> Result<()> {
        let directory = TempDir::new()?;
        for (name, wrapped) in [
            ("message", Wrapped::Header(vec![1, 2, 3])),
            ("other", Wrapped::Metadata(vec![("a".to_owned(), "b".to_owned())])),
            ("none", Wrapped::Nothing),
        ] {
            let path = directory.path().join(name);
            let mut record = UploadRecord::create(&path, start(wrapped.clone())?)?;
            record.will_send(1, [7; 32])?;
            record.will_send(2, [8; 32])?;
            record.has_sent(1, &ETag::new("\"x\"")?)?;
            let expected = record.parts.clone();
            drop(record);
            let again = UploadRecord::open(&path)?.expect("it is there");
            assert_eq!(again.start, start(wrapped)?);
            assert_eq!(again.parts, expected);
            again.remove()?;
            assert!(UploadRecord::open(&path)?.is_none());
        }
        Ok(())
    }

    #[test]
    fn what_contradicts_itself_is_damaged() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let mut record = UploadRecord::create(&path, start(Wrapped::Header(Vec::new()))?)?;
        record.will_send(1, [7; 32])?;
        drop(record);
        let good = fs::read_to_string(&path)?;
        let other = BASE64.encode([8; 32]);
        for line in [
            format!("{{\"part\":1,\"sha256\":\"{other}\"}}"),
            "{\"part\":2,\"etag\":\"x\"}".to_owned(),
            "{\"part\":-1}".to_owned(),
            "{}".to_owned(),
            "{\"part\":3,\"sha256\":\"AAAA\"}".to_owned(),
        ] {
            fs::write(&path, format!("{good}{line}\n"))?;
            assert!(UploadRecord::open(&path).is_err(), "{line}");
        }
        for (from, to) in [("\"format\":\"message\"", "\"format\":\"none\""), ("1048576", "0")] {
            let changed = good.replacen(from, to, 1);
            assert_ne!(changed, good);
            fs::write(&path, changed)?;
            assert!(UploadRecord::open(&path).is_err(), "{to}");
        }
        Ok(())
    }
}
