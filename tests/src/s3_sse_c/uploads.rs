//! Uploads in parts.

use std::{fs, num::NonZeroUsize, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_s3_sse_c::{HeaderFamily, KeyRole, SseCustomerKey, Upload};
use crypto_envelope_testkit::redaction;

use super::{Bucket, objects::pattern, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// Files and streams, of one part and of several.
    ///
    /// # Errors
    ///
    /// What is not as it was sent.
    pub async fn takes_parts(&self) -> Result<()> {
        let key = new_key()?;
        let client = self.world.client();
        let folder = tempfile::tempdir()?;
        for (name, length) in [("empty", 0), ("small", 100), ("large", 12_000_000)] {
            let (body, path) = (pattern(length), folder.path().join(name));
            fs::write(&path, &body)?;
            for kind in ["file", "stream"] {
                let upload = match kind {
                    "file" => Upload::file(&path),
                    _ => Upload::stream(tokio::fs::File::open(&path).await?),
                };
                let upload = upload.part_size(5 << 20).parallel(NonZeroUsize::new(3).ok_or("0")?);
                let object = format!("{kind}-{name}");
                let request = client.s3().create_multipart_upload().bucket(&self.name).key(&object);
                let request = request.tagging("colour=dark+blue");
                let done = client.upload(request, upload, &key).await?;
                if done.size != length as u64 || done.resumed_parts != 0 {
                    return Err(format!("{object}: {done:?}").into());
                }
                if self.get(&object, &key).await? != body {
                    return Err(format!("{object} is something else").into());
                }
                if self.tags(&object).await? != [("colour".to_owned(), "dark blue".to_owned())] {
                    return Err(format!("{object} has other tags").into());
                }
            }
        }
        Ok(())
    }

    /// An upload that is dropped in the middle, and gone on with.
    ///
    /// # Errors
    ///
    /// What is sent twice, or is not there.
    pub async fn goes_on_with_an_upload(&self) -> Result<()> {
        let (key, client) = (new_key()?, self.world.client());
        let folder = tempfile::tempdir()?;
        let (path, record) = (folder.path().join("file"), folder.path().join("record"));
        let body = pattern(30_000_000);
        fs::write(&path, &body)?;
        let request = || client.s3().create_multipart_upload().bucket(&self.name).key("resumed");
        let upload = || {
            Upload::file(&path).part_size(5 << 20).parallel(NonZeroUsize::MIN).resumable(&record)
        };
        let (sent, first) = tokio::sync::mpsc::unbounded_channel();
        let told = upload().on_progress(move |_| _ = sent.send(()));
        let mut first = first;
        tokio::select! {
            done = client.upload(request(), told, &key) => {
                return Err(format!("nobody interrupted it: {done:?}").into());
            }
            // One part is in the record then, if not two.
            _ = async { first.recv().await; first.recv().await } => {}
        }
        let text = fs::read_to_string(&record)?;
        redaction::hunt(&text, &[&secret_of(&key)])?;
        let done = client.upload(request(), upload(), &key).await?;
        if done.resumed_parts == 0 || done.parts != 6 {
            return Err(format!("it began anew: {done:?}").into());
        }
        if self.get("resumed", &key).await? != body || record.exists() {
            return Err("it is something else, or the record is still there".into());
        }
        self.begins_anew_with_another_file(&path, &record).await?;
        self.has_no_uploads().await
    }

    /// The record is about the file as it was.
    async fn begins_anew_with_another_file(&self, path: &Path, record: &Path) -> Result<()> {
        let (key, client) = (new_key()?, self.world.client());
        let request = || client.s3().create_multipart_upload().bucket(&self.name).key("changed");
        let upload =
            || Upload::file(path).part_size(5 << 20).parallel(NonZeroUsize::MIN).resumable(record);
        let (sent, mut first) = tokio::sync::mpsc::unbounded_channel();
        let told = upload().on_progress(move |_| _ = sent.send(()));
        tokio::select! {
            done = client.upload(request(), told, &key) => {
                return Err(format!("nobody interrupted it: {done:?}").into());
            }
            _ = first.recv() => {}
        }
        let body = pattern(11_000_000);
        fs::write(path, &body)?;
        let done = client.upload(request(), upload(), &key).await?;
        if done.resumed_parts != 0 || self.get("changed", &key).await? != body {
            return Err(format!("parts of another file went along: {done:?}").into());
        }
        Ok(())
    }
}

/// The bytes of a key, as its headers have them.
pub(super) fn secret_of(key: &SseCustomerKey) -> Vec<u8> {
    let headers = key.headers(HeaderFamily::S3, KeyRole::Object);
    BASE64.decode(headers.key().1.as_bytes()).unwrap_or_default()
}
