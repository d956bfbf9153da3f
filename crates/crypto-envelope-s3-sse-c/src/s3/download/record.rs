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
        let version = match &value["version"] {
            Value::Null => None,
            version => Some(version.as_str()?),
        };
        Some(Self {
            place: ObjectPlace::new(text("bucket")?, text("key")?).with_version(version),
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
        let (start, parts) = read(path, &content)?;
        if (start.place.bucket(), start.place.key()) != (place.bucket(), place.key()) {
            let what = format!("it is about a download of {}", start.place);
            return Err(unusable_record(RecordError::new(path, &what)));
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

/// What the bytes of a record say, in words.
#[cfg(feature = "wire")]
pub(crate) fn described(bytes: &[u8]) -> Result<String> {
    let path = Path::new("record");
    let content = Content::parse(path, bytes, KIND).map_err(unusable_record)?;
    Ok(format!("{:?}", read(path, &content)?))
}

fn read(path: &Path, content: &Content) -> Result<(DownloadStart, BTreeMap<u64, [u8; 32]>)> {
    parse(content).ok_or_else(|| {
        unusable_record(RecordError::new(path, "what it says of the download is damaged"))
    })
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

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::{Protection, SseCustomerKey};

    const KEY: &[u8; 32] = b"a key of a customer of 32 bytes.";
    const PART_SIZE: u64 = 8 << 20;

    fn found(version: Option<&str>) -> Result<Found> {
        Ok(Found {
            place: ObjectPlace::new("bucket", "a key/\u{e9}\n").with_version(version),
            etag: "\"x-2\"".to_owned(),
            size: 20_000_000,
            protection: Protection::from(SseCustomerKey::from_bytes(&KEY[..])?),
        })
    }

    fn start(version: Option<&str>) -> Result<DownloadStart> {
        let file = json!({"path": "/some/where", "device": "1", "inode": u64::MAX.to_string()});
        let file = KeptPlace::of_json(&file).expect("a place");
        Ok(DownloadStart::new(&found(version)?, PART_SIZE, file))
    }

    /// Why a record with this text is refused, which leaves it as it is.
    fn refused(path: &Path, text: &str) -> Result<String> {
        fs::write(path, text)?;
        let error = DownloadRecord::open(path, &found(None)?.place).err();
        assert_eq!(fs::read_to_string(path)?, text, "it was changed");
        Ok(error.unwrap_or_else(|| unreachable!("{text} is refused")).to_string())
    }

    #[test]
    fn what_was_written_is_there_again() -> Result<()> {
        let directory = TempDir::new()?;
        for version in [None, Some("v\u{e9}")] {
            let path = directory.path().join("record");
            let place = found(None)?.place;
            assert!(DownloadRecord::open(&path, &place)?.is_none());
            let mut record = DownloadRecord::create(&path, start(version)?)?;
            record.add(2, [7; 32])?;
            record.add(0, [8; 32])?;
            drop(record);
            let mut again = DownloadRecord::open(&path, &place)?.expect("it is there");
            again.add(1, [9; 32])?;
            drop(again);
            let again = DownloadRecord::open(&path, &place)?.expect("it is there");
            assert_eq!(again.start, start(version)?);
            assert_eq!(again.parts, [(0, [8; 32]), (1, [9; 32]), (2, [7; 32])].into());
            again.remove()?;
            assert!(!path.exists());
        }
        Ok(())
    }

    #[test]
    fn another_object_or_version_is_not_the_one_that_was_there() -> Result<()> {
        let start = start(Some("v"))?;
        let was = found(Some("v"))?;
        assert!(start.is_of(&was));
        // Some servers leave out the quotation marks.
        assert!(start.is_of(&Found { etag: "x-2".to_owned(), ..was.clone() }));
        for other in [
            Found { etag: "\"y-2\"".to_owned(), ..was.clone() },
            Found { size: 20_000_001, ..was.clone() },
            Found { place: was.place.clone().with_version(Some("w")), ..was.clone() },
            Found { place: was.place.clone().with_version(None::<String>), ..was.clone() },
            Found { place: ObjectPlace::new("bucket", "b").with_version(Some("v")), ..was.clone() },
        ] {
            assert!(!start.is_of(&other), "{other:?}");
        }
        Ok(())
    }

    #[test]
    fn no_key_is_in_it() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        let mut record = DownloadRecord::create(&path, start(None)?)?;
        record.add(0, [7; 32])?;
        let hunted = crypto_envelope_testkit::redaction::hunt(&fs::read_to_string(path)?, &[KEY]);
        assert_eq!(hunted, Ok(()));
        Ok(())
    }

    #[test]
    fn a_damaged_line_is_refused_and_left() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        drop(DownloadRecord::create(&path, start(None)?)?);
        let good = fs::read_to_string(&path)?;
        let hash = BASE64.encode([7; 32]);
        for line in [
            "no JSON".to_owned(),
            "{\"part\":1".to_owned(),
            "{}".to_owned(),
            "[]".to_owned(),
            json!({"part": 1}).to_string(),
            json!({"sha256": hash}).to_string(),
            json!({"part": -1, "sha256": hash}).to_string(),
            json!({"part": 1.5, "sha256": hash}).to_string(),
            json!({"part": "1", "sha256": hash}).to_string(),
            json!({"part": 1, "sha256": 7}).to_string(),
            json!({"part": 1, "sha256": "AAAA"}).to_string(),
            json!({"part": 1, "sha256": "no base64"}).to_string(),
        ] {
            let why = refused(&path, &format!("{good}{line}\n"))?;
            assert!(why.contains("damaged") && why.contains("remove it"), "{line}: {why}");
        }
        Ok(())
    }

    #[test]
    fn a_start_that_is_not_whole_is_refused_and_left() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        drop(DownloadRecord::create(&path, start(None)?)?);
        let good: Value = serde_json::from_slice(&fs::read(&path)?).expect("one line");
        for name in ["bucket", "key", "etag", "size", "part_size", "file"] {
            let mut without = good.clone();
            without["start"].as_object_mut().expect("an object").remove(name);
            let why = refused(&path, &format!("{without}\n"))?;
            assert!(why.contains("of the download is damaged"), "{name}: {why}");
        }
        for (name, wrong) in [
            ("bucket", json!(7)),
            ("key", json!(["a"])),
            ("version", json!(7)),
            ("etag", json!({})),
            ("size", json!("7")),
            ("size", json!(-7)),
            ("part_size", json!(0)),
            ("part_size", json!("8388608")),
            ("file", json!("/some/where")),
            ("file", json!({"path": 7})),
            ("file", json!({"path": "/some/where", "inode": 7})),
        ] {
            let mut other = good.clone();
            other["start"][name] = wrong;
            let why = refused(&path, &format!("{other}\n"))?;
            assert!(why.contains("of the download is damaged"), "{other}: {why}");
        }
        Ok(())
    }

    #[test]
    fn a_record_of_something_else_is_refused_and_left() -> Result<()> {
        let directory = TempDir::new()?;
        let path = directory.path().join("record");
        drop(DownloadRecord::create(&path, start(None)?)?);
        let good: Value = serde_json::from_slice(&fs::read(&path)?).expect("one line");
        for (name, other) in [("bucket", "another"), ("key", "another")] {
            let mut changed = good.clone();
            changed["start"][name] = json!(other);
            let why = refused(&path, &format!("{changed}\n"))?;
            assert!(why.contains("it is about a download of s3://"), "{why}");
        }
        for kind in ["a download", "an upload to S3"] {
            let mut changed = good.clone();
            changed["record"] = json!(kind);
            let why = refused(&path, &format!("{changed}\n"))?;
            assert!(why.contains("not the record of a download from S3"), "{why}");
        }
        let mut newer = good;
        newer["version"] = json!(2);
        let why = refused(&path, &format!("{newer}\n"))?;
        assert!(why.contains("another version"), "{why}");
        Ok(())
    }
}
