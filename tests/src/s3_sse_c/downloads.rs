//! Downloads into files.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use crypto_envelope_s3_sse_c::{Download, Downloaded, Protection, SseCErrorKind, SseCustomerKey};
use crypto_envelope_testkit::redaction;

use super::{Bucket, kind_of, objects::pattern, uploads::secret_of, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// Objects of one part and of several, under a key, in plain, and as they were before.
    ///
    /// # Errors
    ///
    /// What is not as it was sent, or left behind.
    pub async fn fills_files(&self) -> Result<()> {
        let (key, other, folder) = (new_key()?, new_key()?, tempfile::tempdir()?);
        let path = folder.path().join("file");
        for (name, length) in [("empty", 0), ("small", 100), ("large", 9_000_000)] {
            let body = pattern(length);
            self.put(name, &body, &key).await?;
            let done = self.download(name, in_parts(&path), &key).await?;
            let parts = if length > 1_000_000 { 5 } else { 1 };
            if (done.size, done.parts as usize, done.resumed_parts) != (length as u64, parts, 0) {
                return Err(format!("{name}: {done:?}").into());
            }
            is_all_there_is(&path, &body)?;
            let wrong = self.download(name, in_parts(&path), &other).await;
            if kind_of(wrong)? != SseCErrorKind::WrongKey {
                return Err(format!("{name}: another error with another key").into());
            }
            // What was there before is there still.
            is_all_there_is(&path, &body)?;
        }
        self.put_plainly("plain", b"text").await?;
        let refused = self.download("plain", in_parts(&path), &key).await;
        if kind_of(refused)? != SseCErrorKind::NotEncrypted {
            return Err("an object in plain was taken for one under a key".into());
        }
        self.download("plain", in_parts(&path), Protection::OfBucket).await?;
        is_all_there_is(&path, b"text")?;
        let keyed = self.download("small", in_parts(&path), Protection::OfBucket).await;
        let none = self.download("nothing", in_parts(&path), &key).await;
        if (kind_of(keyed)?, kind_of(none)?)
            != (SseCErrorKind::KeyRequired, SseCErrorKind::NotFound)
        {
            return Err("another error than that it is under a key, or not there".into());
        }
        is_all_there_is(&path, b"text")?;
        let kept = self.download("small", in_parts(&path).forbid_overwrite(), &key).await;
        match kept {
            Err(crypto_envelope::Error::Io(error))
                if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => return Err(format!("it replaced a file: {other:?}").into()),
        }
        is_all_there_is(&path, b"text")?;
        self.fills_files_with_older_versions(&path).await
    }

    async fn fills_files_with_older_versions(&self, path: &Path) -> Result<()> {
        let (older, newer) = (new_key()?, new_key()?);
        self.enable_versions().await?;
        self.put("versions", b"older", &older).await?;
        let head = self.world.client().s3().head_object().bucket(&self.name).key("versions");
        let head = self.world.client().head_object(head, &older).await?;
        let version = head.version_id().ok_or("no version")?.to_owned();
        self.put("versions", b"newer", &newer).await?;
        let request = self.reading("versions").version_id(&version);
        let done = self.world.client().download(request, in_parts(path), &older).await?;
        if done.place.version() != Some(version.as_str()) {
            return Err(format!("another version: {done:?}").into());
        }
        is_all_there_is(path, b"older")
    }

    /// A download that is dropped in the middle, and gone on with.
    ///
    /// # Errors
    ///
    /// What comes twice, or is not there.
    pub async fn goes_on_with_a_download(&self) -> Result<()> {
        let (key, folder) = (new_key()?, tempfile::tempdir()?);
        let (path, record) = (folder.path().join("file"), folder.path().join("record"));
        let body = pattern(20_000_000);
        self.put("resumed", &body, &key).await?;
        self.begin(&path, &record, &key).await?;
        redaction::hunt(&fs::read_to_string(&record)?, &[&secret_of(&key)])?;
        if path.exists() {
            return Err("half of it has the name of the whole".into());
        }
        let done = self.download("resumed", in_parts(&path).resumable(&record), &key).await?;
        if done.resumed_parts < 2 || done.parts != 10 {
            return Err(format!("it began anew: {done:?}").into());
        }
        is_all_there_is(&path, &body)?;
        // What was fetched of one object is no part of another.
        fs::remove_file(&path)?;
        self.begin(&path, &record, &key).await?;
        let body = pattern(20_000_001).split_off(1);
        self.put("resumed", &body, &key).await?;
        let done = self.download("resumed", in_parts(&path).resumable(&record), &key).await?;
        if done.resumed_parts != 0 {
            return Err(format!("parts of another object are there: {done:?}").into());
        }
        is_all_there_is(&path, &body)?;
        // Nor is what somebody has changed meanwhile.
        fs::remove_file(&path)?;
        self.begin(&path, &record, &key).await?;
        for partial in others_in(folder.path(), &record)? {
            let mut bytes = fs::read(&partial)?;
            bytes[1000] ^= 1;
            fs::write(&partial, bytes)?;
        }
        let done = self.download("resumed", in_parts(&path).resumable(&record), &key).await?;
        if done.resumed_parts == 0 {
            return Err(format!("one part was damaged, and all came again: {done:?}").into());
        }
        is_all_there_is(&path, &body)
    }

    /// Until some parts are in the record.
    async fn begin(&self, path: &Path, record: &Path, key: &SseCustomerKey) -> Result<()> {
        let (sent, mut came) = tokio::sync::mpsc::unbounded_channel();
        let download = in_parts(path)
            .parallel(NonZeroUsize::MIN)
            .resumable(record)
            .on_progress(move |_| _ = sent.send(()));
        tokio::select! {
            done = self.download("resumed", download, key) => {
                Err(format!("nobody interrupted it: {done:?}").into())
            }
            () = async { came.recv().await; came.recv().await; } => Ok(()),
        }
    }

    /// By ours.
    async fn download(
        &self,
        name: &str,
        download: Download,
        protection: impl Into<Protection>,
    ) -> crypto_envelope::Result<Downloaded> {
        self.world.client().download(self.reading(name), download, protection).await
    }
}

/// The file is this, and nothing lies beside it.
fn is_all_there_is(path: &Path, expected: &[u8]) -> Result<()> {
    if fs::read(path)? != expected {
        return Err("the file is something else".into());
    }
    match &others_in(path.parent().ok_or("no folder")?, path)?[..] {
        [] => Ok(()),
        left => Err(format!("{left:?} are left").into()),
    }
}

/// Of as many parts as a test can wait for.
fn in_parts(path: &Path) -> Download {
    Download::file(path).part_size(2 << 20)
}

fn others_in(folder: &Path, path: &Path) -> Result<Vec<PathBuf>> {
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        others.extend(Some(entry?.path()).filter(|entry| entry != path));
    }
    Ok(others)
}
