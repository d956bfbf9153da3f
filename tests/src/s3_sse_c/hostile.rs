//! A server that takes no notice of customer keys, and says that all is well.

use crypto_envelope::Error;
use crypto_envelope_s3_sse_c::{
    Download, ObjectCopy, Protection, SseCErrorKind, Upload, aws_sdk_s3::primitives::ByteStream,
};

use super::{Bucket, kind_of, rejected, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// Everything fails, and says what lies there in plain now.
    ///
    /// # Errors
    ///
    /// What was believed.
    pub async fn is_never_believed(&self) -> Result<()> {
        let client = self.world.client();
        let (key, other) = (new_key()?, new_key()?);
        let request = client
            .s3()
            .put_object()
            .bucket(&self.name)
            .key("put")
            .body(ByteStream::from_static(b"secret"));
        let error = rejected(client.put_object(request, &key).await)?;
        let stored = error.stored().ok_or("nothing is said to be stored")?;
        if error.kind() != SseCErrorKind::NotProtected || !error.to_string().contains("in plain") {
            return Err(format!("put: {error}").into());
        }
        client.delete_stored(stored).await?;
        if self.get_plainly("put").await.is_ok() {
            return Err("it was not deleted".into());
        }
        self.put_plainly("plain", b"text").await?;
        let get = kind_of(self.get("plain", &key).await)?;
        let head = client.s3().head_object().bucket(&self.name).key("plain");
        let head = kind_of(client.head_object(head, &key).await)?;
        if (get, head) != (SseCErrorKind::NotEncrypted, SseCErrorKind::NotEncrypted) {
            return Err(format!("get: {get:?}, head: {head:?}").into());
        }
        let folder = tempfile::tempdir()?;
        let download = Download::file(folder.path().join("file"));
        let download = client.download(self.reading("plain"), download, &key).await;
        if kind_of(download)? != SseCErrorKind::NotEncrypted
            || folder.path().read_dir()?.count() > 0
        {
            return Err("it was downloaded".into());
        }
        let request = client.s3().create_multipart_upload().bucket(&self.name).key("parts");
        let upload = Upload::stream(&b"secret"[..]);
        let error = rejected(client.upload(request, upload, &key).await)?;
        if error.kind() != SseCErrorKind::NotProtected {
            return Err(format!("upload: {error}").into());
        }
        self.has_no_uploads().await?;
        if self.get_plainly("parts").await.is_ok() {
            return Err("something is left of the upload".into());
        }
        for ours in [
            ObjectCopy::new(self.place("plain"), Protection::OfBucket, self.place("copy"), &key),
            ObjectCopy::in_place(self.place("plain"), Protection::OfBucket, &key)
                .assume_no_writers(),
            ObjectCopy::in_place(self.place("plain"), &other, &key).assume_no_writers(),
        ] {
            let what = format!("{ours:?}");
            match kind_of(client.copy(ours).await)? {
                SseCErrorKind::NotProtected | SseCErrorKind::NotEncrypted => {}
                other => return Err(format!("{what}: {other:?}").into()),
            }
        }
        Ok(())
    }

    /// What was stored in plain goes, and nothing else of what there is in a bucket with versions.
    ///
    /// # Errors
    ///
    /// What is gone, or is still there.
    pub async fn gives_back_older_versions(&self) -> Result<()> {
        let (client, key) = (self.world.client(), new_key()?);
        self.enable_versions().await?;
        self.put_plainly("name", b"older").await?;
        let put = || client.s3().put_object().bucket(&self.name).key("name");
        let request = put().body(ByteStream::from_static(b"secret"));
        let error = rejected(client.put_object(request, &key).await)?;
        let stored = error.stored().ok_or("nothing is said to be stored")?;
        let version = stored.place.version().ok_or("no version")?.to_owned();
        // Whoever is later is not to suffer for it.
        self.put_plainly("name", b"newer").await?;
        client.delete_stored(stored).await?;
        let gone = self.reading("name").version_id(&version).send().await;
        if gone.is_ok() || self.get_plainly("name").await? != b"newer" {
            return Err("it is still there, or what is newer is gone".into());
        }
        let copy = ObjectCopy::in_place(self.place("name"), Protection::OfBucket, &key);
        let error = rejected(client.copy(copy.assume_no_writers()).await)?;
        if let Some(stored) = error.stored() {
            match client.delete_stored(stored).await {
                Err(Error::InvalidInput { .. }) if stored.took_the_place => {}
                other => return Err(format!("{stored:?}: {other:?}").into()),
            }
        }
        let listed = client.s3().list_object_versions().bucket(&self.name).send().await?;
        if !listed.delete_markers().is_empty() || listed.versions().len() < 2 {
            return Err(format!("{listed:?}").into());
        }
        Ok(())
    }
}
