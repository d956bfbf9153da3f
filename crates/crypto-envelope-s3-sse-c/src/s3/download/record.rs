//! What is left of a download for another one to go on with.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::Result;
use crypto_envelope_transfer::{Content, KeptPlace, Record, RecordError, TargetFile};
use serde_json::{Value, json};

use super::Found;
use crate::{
    ObjectPlace,
    s3::{error::unusable_record, etag::is_same_tag},
};

/// A record that is kept while parts come.
pub(super) struct DownloadRecord {
    record: Record,
    pub(super) start: DownloadStart,
    /// The SHA-256 of each part that is on the disk.
    pub(super) parts: BTreeMap<u64, [u8; 32]>,
}

/// Which download. There is no key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DownloadStart {
    place: ObjectPlace,
    etag: String,
    size: u64,
    pub(super) part_size: u64,
    /// Where the bytes are until all of them are there.
    file: KeptPlace,
}

impl DownloadStart {
    pub(super) fn new(found: &Found, part_size: u64, file: KeptPlace) -> Self {
        let Found { place, etag, size, .. } = found.clone();
        Self { place, etag, size, part_size, file }
    }

    /// Whether it is the very object that is there now.
    pub(super) fn is_of(&self, found: &Found) -> bool {
        let is_same = is_same_tag(&self.etag, &found.etag);
        is_same && self.size == found.size && self.place == found.place
    }

    /// As it was left. None if it is gone.
    pub(super) fn file(&self, path: &Path) -> Option<TargetFile> {
        TargetFile::again(&self.file, path)
    }

    pub(super) fn remove_left(&self, path: &Path) -> Result<()> {
        Ok(TargetFile::remove_left(&self.file, path)?)
    }

    fn to_json(&self) -> Option<Value> {
        Some(json!({
            "bucket": self.place.bucket(),
            "key": self.place.key(),
            "version": self.place.version(),
            "etag": self.etag,
            "size": self.size,
            "part_size": self.part_size,
            "file": self.file.to_json()?,
        }))
    }

    fn parse(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(ToOwned::to_owned);
        Some(Self {
            place: ObjectPlace::new(text("bucket")?, text("key")?).with_version(text("version")),
            etag: text("etag")?,
            size: value["size"].as_u64()?,
            part_size: value["part_size"].as_u64().filter(|size| *size > 0)?,
            file: KeptPlace::of_json(&value["file"])?,
        })
    }
}

impl DownloadRecord {
    pub(super) fn create(path: &Path, start: DownloadStart) -> Result<Self> {
        let json = start.to_json().ok_or_else(|| {
            unusable_record(RecordError::new(path, "the name of the file is no UTF-8"))
        })?;
        let record = Record::create(path, KIND, &json).map_err(unusable_record)?;
        Ok(Self { record, start, parts: BTreeMap::new() })
    }

    /// None if there is none. A record is of one object.
    pub(super) fn open(path: &Path, place: &ObjectPlace) -> Result<Option<Self>> {
        let Some((record, content)) = Record::open(path, KIND).map_err(unusable_record)? else {
            return Ok(None);
        };
        let fail = |what: &str| Err(unusable_record(RecordError::new(path, what)));
        let Some((start, parts)) = parse(&content) else {
            return fail("what it says of the download is damaged");
        };
        if (start.place.bucket(), start.place.key()) != (place.bucket(), place.key()) {
            return fail(&format!("it is about a download of {}", start.place));
        }
        Ok(Some(Self { record, start, parts }))
    }

    /// One more part is on the disk.
    pub(super) fn add(&mut self, number: u64, hash: [u8; 32]) -> Result<()> {
        let line = json!({"part": number, "sha256": BASE64.encode(hash)});
        self.record.add(&line).map_err(unusable_record)?;
        self.parts.insert(number, hash);
        Ok(())
    }

    pub(super) fn remove(self) -> Result<()> {
        self.record.remove().map_err(unusable_record)
    }
}

fn parse(content: &Content) -> Option<(DownloadStart, BTreeMap<u64, [u8; 32]>)> {
    let start = DownloadStart::parse(&content.start)?;
    let part = |line: &Value| {
        let hash = BASE64.decode(line["sha256"].as_str()?).ok()?.try_into().ok()?;
        Some((line["part"].as_u64()?, hash))
    };
    Some((start, content.lines.iter().map(part).collect::<Option<_>>()?))
}

/// What it is a record of.
const KIND: &str = "a download from S3";
