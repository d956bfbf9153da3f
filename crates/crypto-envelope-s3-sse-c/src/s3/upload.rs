//! Writing in parts.

mod channel;
mod complete;
mod open;
mod record;
mod sending;
mod source;

#[cfg(feature = "wire")]
pub(crate) use self::record::described;
pub(crate) use self::{open::OpenUpload, sending::Sent, source::part_size_for};

use std::{
    fmt,
    fs::File,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use crypto_envelope::{Error, Result};
use tokio::io::AsyncRead;

use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind, StoredObject,
    s3::{
        calls::put_object::check_untouched,
        existing::Existing,
        protection::Seal,
        transfer::{PARALLEL, Progress, can_go_on},
        upload::source::Source,
    },
};

/// What is uploaded in parts, and how.
///
/// A file can be gone on with after an interruption, if there is a [record](Self::resumable); what comes as a
/// stream cannot.
#[must_use]
pub struct Upload {
    from: Origin,
    part_size: Option<u64>,
    parallel: NonZeroUsize,
    record: Option<PathBuf>,
    existing: Existing,
    progress: Progress,
}

enum Origin {
    File(PathBuf),
    Opened(PathBuf, File),
    Stream(Box<dyn AsyncRead + Send + Unpin>),
}

/// How a stream is written.
pub(crate) struct Storing<'a> {
    pub(crate) seal: Seal,
    pub(crate) existing: Existing,
    /// How long it has to be.
    pub(crate) size: u64,
    pub(crate) part_size: u64,
    pub(crate) parallel: NonZeroUsize,
    pub(crate) progress: &'a Progress,
}

impl Upload {
    /// A file, from its beginning to the end that it has now.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::of(Origin::File(path.as_ref().to_owned()))
    }

    /// The same of a file that is open already, for who has looked at it; the path is what it is called in the
    /// record.
    pub fn opened(path: impl AsRef<Path>, file: File) -> Self {
        Self::of(Origin::Opened(path.as_ref().to_owned(), file))
    }

    /// What a reader gives until it ends.
    pub fn stream(reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self::of(Origin::Stream(Box::new(reader)))
    }

    /// In bytes, at least 5 MiB. If it is not set: 8 MiB, or as much as brings a file into 10000 parts; of a
    /// stream, every 2000th part doubles it.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// How many parts are sent at the same time; each is in memory meanwhile. 4, if it is not set.
    pub fn parallel(mut self, parts: NonZeroUsize) -> Self {
        self.parallel = parts;
        self
    }

    /// Keeps in this file what was uploaded, for another upload of the same file to go on with. It holds no
    /// secret, and is removed at the end. Without a record, what was uploaded is removed if the upload fails.
    pub fn resumable(mut self, path: impl AsRef<Path>) -> Self {
        self.record = Some(path.as_ref().to_owned());
        self
    }

    /// Refuses to replace an object. The server decides it, if it knows `If-None-Match` where parts are put
    /// together, as Amazon S3 does; for others it is looked at before.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Refuse;
        self
    }

    /// Has somebody told how many more bytes were sent, or are there already, each time that there are more: the sum is
    /// how far it is.
    pub fn on_progress(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Progress::to(tell);
        self
    }

    fn of(from: Origin) -> Self {
        Self {
            from,
            part_size: None,
            parallel: PARALLEL,
            record: None,
            existing: Existing::Replace,
            progress: Progress::default(),
        }
    }

    fn check(&self) -> Result<()> {
        if self.part_size.is_some_and(|size| !(SMALLEST_PART..=LARGEST_PART).contains(&size)) {
            return Err(Error::invalid_input("a part has between 5 MiB and 5 GiB"));
        }
        if self.record.is_some() && matches!(self.from, Origin::Stream(_)) {
            return Err(Error::invalid_input(
                "an upload of a stream cannot be gone on with: a record is for files",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("record", &self.record).finish_non_exhaustive()
    }
}

/// An object that was uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// Where, with the version if the server told one.
    pub place: ObjectPlace,
    /// As the server said it.
    pub etag: Option<String>,
    /// In bytes.
    pub size: u64,
    /// How many parts it was put together from.
    pub parts: u32,
    /// How many of them were there from an upload before, and not sent again.
    pub resumed_parts: u32,
}

impl Uploaded {
    /// What to say if nobody can rely on it.
    pub(crate) fn not_to_be_relied_on(&self, error: &Error) -> SseCError {
        let (place, etag) = (self.place.clone(), self.etag.clone());
        let about = place.about("CopyObject");
        SseCError::of_stored(error, &about, &StoredObject { place, etag, took_the_place: false })
    }
}

impl SseCClient {
    /// Writes an object in parts, several at the same time, under one of these keys, or
    /// [protected otherwise](Protection). The options of the object, such as its metadata, are those of the request.
    ///
    /// Each answer has to say that the server used the key. Some servers say nothing when an upload begins: then
    /// it is found out once, with an upload of random bytes, whether they encrypt parts. In the end the whole
    /// object is looked at.
    ///
    /// ```no_run
    /// # use crypto_envelope_s3_sse_c::{SseCClient, SseCustomerKey, Upload};
    /// # async fn write(client: &SseCClient, key: &SseCustomerKey) -> crypto_envelope::Result<()> {
    /// let request = client.s3().create_multipart_upload().bucket("bucket").key("name");
    /// let upload = Upload::file("large.bin").resumable("large.upload");
    /// client.upload(request, upload, key).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`put_object`](Self::put_object). If the file changed since an interrupted upload, that is removed,
    /// and a new one begun; if it changes while it is read, [`Error::SourceChanged`].
    pub async fn upload(
        &self,
        request: CreateMultipartUploadFluentBuilder,
        upload: Upload,
        protection: impl Into<Protection>,
    ) -> Result<Uploaded> {
        // It is tens of kilobytes long.
        Box::pin(self.upload_as(request, upload, protection.into())).await
    }

    async fn upload_as(
        &self,
        request: CreateMultipartUploadFluentBuilder,
        upload: Upload,
        protection: Protection,
    ) -> Result<Uploaded> {
        upload.check()?;
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        check_untouched(input.get_server_side_encryption().as_ref())?;
        let tags = input.get_tagging().clone();
        if upload.existing == Existing::Refuse {
            self.refuse_existing(&place).await?;
        }
        let Upload { from, part_size, parallel, record, existing, progress } = upload;
        let source = match from {
            Origin::File(path) => Source::file(path, None, part_size).await?,
            Origin::Opened(path, file) => Source::file(path, Some(file), part_size).await?,
            Origin::Stream(reader) => Source::stream(reader, part_size),
        };
        let (open, record) = if let Some(path) = &record {
            let recorded = (path.as_path(), source.shape());
            let existing = existing.clone();
            let (open, record) =
                OpenUpload::recorded(self, request, &place, &protection, existing, recorded)
                    .await?;
            (open, Some(record))
        } else {
            let seal = protection.seal(&place).await?;
            (OpenUpload::begin(self, request, &place, seal, existing).await?, None)
        };
        let sent = sending::send_all(&open, source, record.as_ref(), parallel, &progress).await;
        let outcome = match sent {
            Ok(sent) => open.complete(sent).await,
            Err(error) => Err(error),
        };
        let outcome = match outcome {
            Err(error) => Err(self.why_not_written(error, &place, &open.existing).await),
            done => done,
        };
        if record.is_none() || outcome.as_ref().is_ok() || !outcome.as_ref().is_err_and(can_go_on) {
            if let Some(record) = record {
                record.remove().await;
            }
            open.close().await;
        }
        let uploaded = outcome?;
        self.keep_tags(&uploaded.place, tags.as_deref()).await?;
        Ok(uploaded)
    }

    /// Writes what a reader gives, and goes on with nothing from before.
    pub(crate) async fn store(
        &self,
        request: CreateMultipartUploadFluentBuilder,
        reader: impl AsyncRead + Send + Unpin + 'static,
        place: &ObjectPlace,
        how: Storing<'_>,
    ) -> Result<Uploaded> {
        let source = Source::stream(Box::new(reader), Some(how.part_size));
        let open = OpenUpload::begin(self, request, place, how.seal, how.existing).await?;
        let sent = sending::send_all(&open, source, None, how.parallel, how.progress).await;
        let outcome = match sent {
            Ok(sent) if sent.size != how.size => {
                let about = place.about("CompleteMultipartUpload");
                let finding =
                    format!("{} bytes were to be written, and {} came", how.size, sent.size);
                Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into())
            }
            Ok(sent) => open.complete(sent).await,
            Err(error) => Err(error),
        };
        open.close().await;
        outcome
    }
}

/// In bytes; the last part may be shorter.
const SMALLEST_PART: u64 = 5 << 20;
/// In bytes.
const LARGEST_PART: u64 = 5 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever spawns it has to be able to.
    #[test]
    fn an_upload_can_go_to_another_thread() {
        fn is_send<T: Send>(_: fn(&'static SseCClient, CreateMultipartUploadFluentBuilder) -> T) {}
        is_send(|client, request| {
            client.upload(request, Upload::stream(tokio::io::empty()), Protection::OfBucket)
        });
    }
}
