//! What is left of an upload for another one to go on with.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crypto_envelope::{Error, Result};
use serde_json::{Value, json};

use super::{
    open::{OpenUpload, SentPart},
    source::{Source, Stamp},
    tasks::ended,
};
use crate::{
    Epoch, KeyRingError, ObjectPlace, Protection,
    s3::{object_keys::is_gone, protection::Seal},
};

/// A record that is kept while parts are sent.
pub(super) struct Record {
    path: PathBuf,
    saved: Saved,
    file: Stamp,
    part_size: u64,
    last: Option<Instant>,
}

/// An upload that was interrupted.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) place: ObjectPlace,
    pub(super) id: String,
    /// The MD5 of the key, and the epoch of the ring that it is from.
    pub(super) key_digest: String,
    pub(super) epoch: Option<u32>,
    pub(super) parts: BTreeMap<i32, SentPart>,
}

impl Saved {
    /// As it was begun, if that is how it is to be now. The epoch of a ring may be gone meanwhile, and then so is
    /// the key.
    pub(super) async fn seal(
        &self,
        protection: &Protection,
        place: &ObjectPlace,
    ) -> Result<Option<Seal>> {
        let Protection::CustomerKey(keys) = protection else {
            if self.key_digest.is_empty() {
                return protection.seal(place).await.map(Some);
            }
            return Err(Error::invalid_input(format!(
                "an upload to {place} was begun with a customer key: give it, or remove the record"
            )));
        };
        let epoch = self.epoch.map(Epoch::new).transpose()?;
        let key = match keys.of_epoch(epoch, place).await {
            Err(error) if KeyRingError::kind_in(&error).is_some_and(is_gone) => return Ok(None),
            key => key?,
        };
        if key.key.digest().as_str() == self.key_digest {
            return Ok(Some(Seal::CustomerKey(key)));
        }
        Err(Error::invalid_input(format!(
            "an upload to {place} was begun with another customer key: give that one, or remove its record"
        )))
    }
}

/// What a record holds.
pub(super) enum Found {
    /// There is none.
    Nothing,
    /// An upload of this very file, to go on with.
    Same(Saved),
    /// An upload of the file as it was, or of another one: to be removed.
    Other(Saved),
}

impl Record {
    /// What is there from before.
    pub(super) async fn find(
        path: &Path,
        place: &ObjectPlace,
        (file, part_size): (Option<Stamp>, u64),
    ) -> Result<Found> {
        let (path, place) = (path.to_owned(), place.clone());
        blocking(move || {
            let text = match read(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
                Err(error) => return Err(unusable(&path, &error.to_string())),
            };
            let value: Value = serde_json::from_slice(&text)
                .map_err(|_| unusable(&path, "it is no record of an upload"))?;
            let (saved, of_file, of_size) =
                parse(&value).ok_or_else(|| unusable(&path, "it is no record of an upload"))?;
            if saved.place != place {
                let what = format!("it is about an upload to {}", saved.place);
                return Err(unusable(&path, &what));
            }
            let is_same = Some(of_file) == file && of_size == part_size;
            Ok(if is_same { Found::Same(saved) } else { Found::Other(saved) })
        })
        .await
    }

    /// Of an upload of a file. It is not on the disk yet.
    pub(super) fn new(path: PathBuf, open: &OpenUpload, source: &Source) -> Option<Self> {
        let file = source.file.clone()?;
        let (saved, part_size) = (open.saved(), source.part_size());
        Some(Self { path, saved, file, part_size, last: None })
    }

    /// Puts it on the disk before anything is sent.
    pub(super) async fn begin(&mut self) -> Result<()> {
        self.save().await?;
        self.last = None;
        Ok(())
    }

    /// One more part. What was sent in the last second may be sent again.
    pub(super) async fn add(&mut self, part: &SentPart) -> Result<()> {
        self.saved.parts.insert(part.number, part.clone());
        if self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return Ok(());
        }
        self.save().await
    }

    /// Puts it on the disk, whole or not at all.
    pub(super) async fn save(&mut self) -> Result<()> {
        self.last = Some(Instant::now());
        let (path, text) = (self.path.clone(), self.to_json().to_string());
        blocking(move || write(&path, &text).map_err(|error| unusable(&path, &error.to_string())))
            .await
    }

    pub(super) async fn remove(self) {
        // Another upload finds out that this one is over.
        let _ = tokio::fs::remove_file(&self.path).await;
    }

    fn to_json(&self) -> Value {
        let Saved { place, id, key_digest, epoch, parts } = &self.saved;
        let parts: Vec<_> = parts
            .values()
            .map(|part| json!({"number": part.number, "etag": part.etag, "md5": part.digest}))
            .collect();
        json!({
            "format": FORMAT,
            "bucket": place.bucket(),
            "key": place.key(),
            "upload_id": id,
            "key_md5": key_digest,
            "epoch": epoch,
            "file": {
                "path": self.file.path.to_string_lossy(),
                "size": self.file.size,
                "modified": self.file.modified,
                "device": self.file.place.0,
                "inode": self.file.place.1,
            },
            "part_size": self.part_size,
            "parts": parts,
        })
    }
}

fn parse(value: &Value) -> Option<(Saved, Stamp, u64)> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    if value["format"] != FORMAT {
        return None;
    }
    let mut parts = BTreeMap::new();
    for part in value["parts"].as_array()? {
        let number = i32::try_from(part["number"].as_i64()?).ok()?;
        let (etag, digest) = (text(&part["etag"])?, text(&part["md5"])?);
        parts.insert(number, SentPart { number, etag, digest });
    }
    let epoch = match &value["epoch"] {
        Value::Null => None,
        epoch => Some(u32::try_from(epoch.as_u64()?).ok()?),
    };
    let saved = Saved {
        place: ObjectPlace::new(text(&value["bucket"])?, text(&value["key"])?),
        id: text(&value["upload_id"])?,
        key_digest: text(&value["key_md5"])?,
        epoch,
        parts,
    };
    let file = &value["file"];
    let stamp = Stamp {
        path: text(&file["path"])?.into(),
        size: file["size"].as_u64()?,
        modified: file["modified"].as_u64()?,
        place: (file["device"].as_u64()?, file["inode"].as_u64()?),
    };
    Some((saved, stamp, value["part_size"].as_u64()?))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > LONGEST {
        return Err(io::Error::other("it is too long for a record of an upload"));
    }
    fs::read(path)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // Without its name on the disk too, nobody would know of the upload after a crash.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn unusable(path: &Path, what: &str) -> Error {
    let path = path.display();
    Error::invalid_input(format!(
        "the record of the upload, {path}, cannot be used: {what}; name another one, or remove it"
    ))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(ended)?
}

const FORMAT: &str = "crypto-envelope sse-c upload 1";
const PAUSE: Duration = Duration::from_secs(1);
/// In bytes: more than 10000 parts take.
const LONGEST: u64 = 8 << 20;
