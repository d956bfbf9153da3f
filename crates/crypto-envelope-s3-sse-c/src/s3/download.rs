//! Reading into files.

mod parts;
mod record;
mod target;

use std::{
    fmt,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use crypto_envelope::{Error, Result, service::blocking};
use crypto_envelope_transfer::{Existing, Naming, Permissions};

#[cfg(feature = "wire")]
pub(crate) use self::record::described;
use self::{
    parts::{Parts, fetch_all},
    record::DownloadRecord,
    target::Target,
};
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind,
    s3::{
        calls::length_of,
        etag::named_tag,
        transfer::{PARALLEL, Progress, can_go_on},
    },
};

/// A file that an object is downloaded into, in parts that come at the same time, and how.
///
/// It is written beside its place, for its owner alone, and gets its name when all of it is there.
#[must_use]
pub struct Download {
    path: PathBuf,
    part_size: Option<u64>,
    parallel: NonZeroUsize,
    record: Option<PathBuf>,
    naming: Naming,
    progress: Progress,
}

impl Download {
    /// Into the file with this path, which is replaced if it is there. Only its owner can read it.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            part_size: None,
            parallel: PARALLEL,
            record: None,
            naming: Naming {
                existing: Existing::Overwritten,
                permissions: Permissions::OwnerAlone,
            },
            progress: Progress::default(),
        }
    }

    /// In bytes, between 1 MiB and 2 GiB. If it is not set: 8 MiB, or as much as brings the object into 50000 parts.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// How many parts come at the same time; each is in memory meanwhile. 4, if it is not set.
    pub fn parallel(mut self, parts: NonZeroUsize) -> Self {
        self.parallel = parts;
        self
    }

    /// Can be gone on with after it was interrupted, also by another process: with the same record, file and
    /// object. The record holds no secret, only its owner can read it, and it is removed at the end. Without one,
    /// and where files have no owners, nothing is left of a download that fails, and nobody can go on with it.
    pub fn resumable(mut self, record: impl AsRef<Path>) -> Self {
        self.record = Some(record.as_ref().to_owned());
        self
    }

    /// Replaces no file: if there is one by the end, it fails, and what came stays with its record.
    pub fn forbid_overwrite(mut self) -> Self {
        self.naming.existing = Existing::Kept;
        self
    }

    /// May be read by whom the umask says, as any new file, from when it is complete.
    pub fn default_permissions(mut self) -> Self {
        self.naming.permissions = Permissions::Default;
        self
    }

    /// Has somebody told how many more bytes came, or are there already, each time that there are more: the sum is
    /// how far it is.
    pub fn on_progress(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Progress::to(tell);
        self
    }

    fn part_size_of(&self, size: u64) -> Result<u64> {
        let part_size = self.part_size.unwrap_or_else(|| {
            size.div_ceil(MOST_PARTS).next_multiple_of(SMALLEST_PART).max(PART_SIZE)
        });
        if !(SMALLEST_PART..=LARGEST_PART).contains(&part_size) {
            return Err(Error::invalid_input(format!(
                "a part that is downloaded has between 1 MiB and 2 GiB, and not {part_size} bytes"
            )));
        }
        if size.div_ceil(part_size) > MOST_PARTS {
            return Err(Error::invalid_input("the object has more than 50000 parts of this size"));
        }
        Ok(part_size)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("path", &self.path)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// An object that is in a file now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Where it is from, with the version if the server told one.
    pub place: ObjectPlace,
    /// As the server said it.
    pub etag: Option<String>,
    /// In bytes.
    pub size: u64,
    /// In how many parts it came.
    pub parts: u32,
    /// How many of them were there from a download before, and did not come again.
    pub resumed_parts: u32,
}

/// An object as it is, of which no other may take the place.
#[derive(Clone, Debug)]
struct Found {
    place: ObjectPlace,
    etag: String,
    size: u64,
    /// With the key that it is under, if it is under one of several.
    protection: Protection,
}

impl SseCClient {
    /// Reads an object, or an older version of it, into a file. It is under one of these keys, or
    /// [protected otherwise](Protection). All parts are of the object as it was when the download began, or it
    /// fails; each answer has to be about the key.
    ///
    /// ```no_run
    /// # use crypto_envelope_s3_sse_c::{Download, SseCClient, SseCustomerKey};
    /// # async fn read(client: &SseCClient, key: &SseCustomerKey) -> crypto_envelope::Result<()> {
    /// let request = client.s3().get_object().bucket("bucket").key("name");
    /// let download = Download::file("large.bin").resumable("large.download");
    /// client.download(request, download, key).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get_object`](Self::get_object), and those of the file; [`SseCErrorKind::Changed`] if another object
    /// takes its place meanwhile.
    pub async fn download(
        &self,
        request: GetObjectFluentBuilder,
        download: Download,
        protection: impl Into<Protection>,
    ) -> Result<Downloaded> {
        // It is tens of kilobytes long.
        Box::pin(self.download_as(request, download, protection.into())).await
    }

    async fn download_as(
        &self,
        request: GetObjectFluentBuilder,
        download: Download,
        protection: Protection,
    ) -> Result<Downloaded> {
        let found = match self.find(&request, &protection).await {
            Err(error) if SseCError::kind_in(&error) == Some(SseCErrorKind::NotFound) => {
                forget(&request, download).await?;
                return Err(error);
            }
            found => found?,
        };
        let part_size = download.part_size_of(found.size)?;
        let Download { path, parallel, record, naming, progress, .. } = download;
        let (object, target) = (found.clone(), path.clone());
        let begin = move || Target::begin(&target, record.as_deref(), &object, part_size);
        let Target { file, record, part_size } = blocking(begin).await?;
        let request = request
            .set_version_id(found.place.version().map(ToOwned::to_owned))
            .if_match(found.etag.clone());
        let (handle, size) = (file.file().try_clone()?, found.size);
        let parts = Parts::new(self.clone(), request, found, part_size, handle, record, progress);
        let parts = Arc::new(parts);
        let fetched = fetch_all(&parts, parallel).await;
        let record = parts.take_record();
        match fetched {
            Ok(()) => {
                // The record is locked until its file has its name.
                blocking(move || {
                    // Nobody has made it longer.
                    file.file().set_len(size)?;
                    file.finish(naming)?;
                    // A record that stays is of no file that anybody could go on with.
                    let _ = record.map(DownloadRecord::remove);
                    Ok(())
                })
                .await?;
                Ok(parts.downloaded())
            }
            Err(error) if record.is_some() && can_go_on(&error) => Err(error),
            Err(error) => {
                // Why it failed is worth more than that something is left.
                let _ = file.remove();
                let _ = record.map(DownloadRecord::remove);
                Err(error)
            }
        }
    }

    /// What is there, if it is what the request is about.
    async fn find(
        &self,
        request: &GetObjectFluentBuilder,
        protection: &Protection,
    ) -> Result<Found> {
        let input = request.as_input();
        if input.get_range().is_some() || input.get_part_number().is_some() {
            return Err(Error::invalid_input("a range is read with get_object, not into a file"));
        }
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        let head = self
            .s3()
            .head_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(input.get_version_id().clone())
            .set_if_match(input.get_if_match().clone())
            .set_if_none_match(input.get_if_none_match().clone())
            .set_if_modified_since(*input.get_if_modified_since())
            .set_if_unmodified_since(*input.get_if_unmodified_since())
            .set_request_payer(input.get_request_payer().clone())
            .set_expected_bucket_owner(input.get_expected_bucket_owner().clone());
        let (object, protection) = match protection {
            Protection::CustomerKey(keys) => {
                let (object, key) = self.head_by_keys(head, keys).await?;
                (object, (&key.key).into())
            }
            other => (self.head_object(head, other.clone()).await?, other.clone()),
        };
        let size = length_of(object.content_length());
        let (Some(size), Some(etag)) = (size, named_tag(object.e_tag())) else {
            let finding = "the server does not say how long the object is, or names no entity tag";
            let about = place.about("HeadObject");
            return Err(SseCError::found(about, SseCErrorKind::Other, finding).into());
        };
        let version = object.version_id().or(input.get_version_id().as_deref());
        Ok(Found { place: place.with_version(version), etag, size, protection })
    }
}

/// Leaves nothing of a download of an object that is gone: nobody will go on with it.
async fn forget(request: &GetObjectFluentBuilder, download: Download) -> Result<()> {
    let Some(record) = download.record else { return Ok(()) };
    let input = request.as_input();
    let place = ObjectPlace::of(input.get_bucket().as_deref(), input.get_key().as_deref())?;
    let path = download.path;
    blocking(move || match DownloadRecord::open(&record, &place)? {
        Some(opened) => {
            opened.start.remove_left(&path)?;
            opened.remove()
        }
        None => Ok(()),
    })
    .await
}

/// In bytes.
const PART_SIZE: u64 = 8 << 20;
/// In bytes.
const SMALLEST_PART: u64 = 1 << 20;
/// In bytes: each is in memory. With as many as there may be, that is more than the largest object of S3.
const LARGEST_PART: u64 = 2 << 30;
/// So that a record can be read again.
const MOST_PARTS: u64 = 50_000;
