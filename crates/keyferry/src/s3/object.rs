//! An object, how it is reached, and what it is under.

use std::path::Path;

use crypto_envelope::{
    Error, Result,
    ranges::{FetchedRange, RangeRequest, RangeSource, Version},
};
use crypto_envelope_s3_sse_c::{
    Download, Downloaded, ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind, Upload,
    Uploaded,
    aws_sdk_s3::operation::{get_object::GetObjectOutput, head_object::HeadObjectOutput},
};

use super::{body::Body, read, run};
use crate::{
    failure::Failure,
    output::{Decision, Existing},
    piped::Piped,
    place::Place,
    progress::{Progress, Shown},
    remote::ObjectReader,
};

/// An object in S3, whether it is there or not.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(super) client: SseCClient,
    pub(super) protection: Protection,
    place: Place,
}

impl Object {
    pub(super) fn new(
        client: SseCClient,
        protection: Protection,
        place: Place,
    ) -> std::result::Result<Self, Failure> {
        Ok(Self { client, protection, place: place.one_object()? })
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        self.place.to_string()
    }

    pub(super) fn place(&self) -> ObjectPlace {
        object_place(&self.place)
    }

    /// Decides about an object that is there already, under whatever key.
    pub(crate) fn decide(&self, existing: Existing) -> std::result::Result<Decision, Failure> {
        if existing == Existing::Replace {
            return Ok(Decision::Replace);
        }
        let (client, place) = (self.client.clone(), self.place());
        if run(None, async move { client.exists(&place).await })? {
            existing.decide_about(&self.name())
        } else {
            Ok(Decision::Create)
        }
    }

    /// What is known of it.
    pub(super) fn head(&self) -> Result<HeadObjectOutput> {
        let Self { client, protection, place } = self.clone();
        let request = client.s3().head_object().bucket(place.bucket).key(place.key);
        read(async move { client.head_object(request, protection).await })
    }

    /// All of it, from the front to the end.
    pub(crate) fn open(&self, progress: Progress) -> Result<ObjectReader<Body>> {
        let opened = read(self.get(None, None))?;
        let shown = progress.show(&self.name(), length_of(opened.content_length()));
        Ok(ObjectReader::new(Body::new(self.name(), opened.body), shown))
    }

    /// Stores it. It appears when all of it is there.
    pub(super) fn store(
        &self,
        upload: Upload,
        decision: Decision,
        record: Option<&Path>,
    ) -> Result<Uploaded> {
        let upload = if decision.may_replace() { upload } else { upload.forbid_overwrite() };
        let upload = match record {
            Some(record) => upload.resumable(record),
            None => upload,
        };
        let Self { client, protection, place } = self.clone();
        run(record, async move {
            let request = client.s3().create_multipart_upload().bucket(place.bucket).key(place.key);
            client.upload(request, upload, protection).await
        })
    }

    /// Reads it into a file, which gets its name when all of it is there.
    pub(super) fn download(
        &self,
        download: Download,
        decision: Decision,
        record: Option<&Path>,
    ) -> Result<Downloaded> {
        let download = if decision.may_replace() { download } else { download.forbid_overwrite() };
        let download = match record {
            Some(record) => download.resumable(record),
            None => download,
        };
        let Self { client, protection, place } = self.clone();
        run(record, async move {
            let request = client.s3().get_object().bucket(place.bucket).key(place.key);
            client.download(request, download, protection).await
        })
    }

    /// Stores what comes through a pipe, and gives the entity tag, as people write it.
    pub(crate) fn put(&self, piped: Piped, decision: Decision) -> Result<Option<String>> {
        let stored = self.store(Upload::stream(piped), decision, None)?;
        Ok(bare(stored.etag.as_deref()))
    }

    /// A range of it, as HTTP writes that, or all of it; of this entity tag.
    fn get(
        &self,
        range: Option<String>,
        etag: Option<String>,
    ) -> impl Future<Output = Result<GetObjectOutput>> + Send + 'static + use<> {
        let Self { client, protection, place } = self.clone();
        let request = client
            .s3()
            .get_object()
            .bucket(place.bucket)
            .key(place.key)
            .set_range(range)
            .set_if_match(etag);
        async move { client.get_object(request, protection).await }
    }

    /// What there is behind the end: nothing.
    fn behind_the_end(&self) -> Result<FetchedRange> {
        let found = self.head()?;
        let length = length_of(found.content_length()).ok_or_else(incomplete)?;
        Ok(FetchedRange::new(Vec::new(), length, version_of(found.e_tag())))
    }
}

impl RangeSource for Object {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        let range = request.range();
        let etag = request.version().map(|version| {
            // It was a text when it came.
            String::from_utf8_lossy(version.as_bytes()).into_owned()
        });
        let wanted = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let get = self.get(Some(wanted), etag.filter(|etag| !etag.is_empty()));
        let most = range.end - range.start;
        let fetched = read(async move {
            let found = get.await?;
            let total = found.content_range().and_then(total_of).ok_or_else(incomplete)?;
            // What takes memory is what was asked for.
            if length_of(found.content_length()).is_none_or(|length| length > most) {
                return Err(incomplete());
            }
            let version = version_of(found.e_tag());
            let bytes = found.body.collect().await.map_err(std::io::Error::other)?;
            Ok(FetchedRange::new(bytes.to_vec(), total, version))
        });
        fetched.or_else(|error| match SseCError::find_in(&error) {
            Some(error) if error.status() == Some(416) => self.behind_the_end(),
            Some(error) if error.kind() == SseCErrorKind::Changed => Err(Error::SourceChanged),
            _ => Err(error),
        })
    }
}

/// What a request is about.
pub(super) fn object_place(place: &Place) -> ObjectPlace {
    ObjectPlace::new(&place.bucket, &place.key)
}

/// An entity tag, as people write it.
pub(super) fn bare(tag: Option<&str>) -> Option<String> {
    tag.map(|tag| tag.trim_matches('"').to_owned())
}

pub(super) fn length_of(length: Option<i64>) -> Option<u64> {
    length.and_then(|length| u64::try_from(length).ok())
}

/// Has people told that so many more bytes are there.
pub(super) fn advance(shown: &Shown, bytes: u64) {
    shown.advance(usize::try_from(bytes).unwrap_or(usize::MAX));
}

/// Its entity tag.
pub(super) fn version_of(etag: Option<&str>) -> Version {
    Version::new(etag.unwrap_or_default())
}

/// Of `bytes A-B/TOTAL`.
fn total_of(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

fn incomplete() -> Error {
    std::io::Error::other("wrong answer of S3: it does not say which part of the object it is")
        .into()
}
