//! A copy that goes through here: read, written, and read again to compare.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::Result;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use super::{Copied, CopiedWay, Found, ObjectCopy};
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind,
    s3::{
        calls::{length_of, put_object::content_md5},
        etag::is_same_tag,
        existing::Existing,
        probe::WriteWay,
        protection::Seal,
        upload::{Storing, Uploaded, part_size_for},
    },
};

impl SseCClient {
    pub(super) async fn copy_through_here(
        &self,
        copy: &ObjectCopy,
        found: Found,
        seal: Seal,
    ) -> Result<Copied> {
        let is_small = found.size <= SMALL;
        let way = if is_small { WriteWay::Put } else { WriteWay::Complete };
        let existing = self.condition(copy, &found, way).await?;
        if !found.is_named() {
            copy.demand_no_writers()?;
        }
        let place = copy.source.clone().with_version(found.version.clone());
        let tag = found.etag.clone();
        let body = self.read(&place, found.key.as_ref(), tag, found.size).await?;
        let (reader, digest) = Hashing::new(body.into_async_read());
        let written = if is_small {
            self.put_small(copy, &found, &seal, existing, reader).await?
        } else {
            let request = self
                .s3()
                .create_multipart_upload()
                .bucket(copy.target.bucket())
                .key(copy.target.key());
            let request = found.carried.on_upload(request);
            let how = Storing {
                seal: seal.clone(),
                existing,
                size: found.size,
                part_size: part_size_for(found.size)?,
                parallel: copy.parallel,
                progress: &copy.progress,
            };
            self.store(request, reader, &copy.target, how).await?
        };
        let compared = self.compare(&written, &seal, &digest.take()).await;
        compared.map_err(|error| written.not_to_be_relied_on(&error))?;
        Ok(Copied {
            place: written.place,
            etag: written.etag,
            size: written.size,
            way: CopiedWay::ThroughHere,
            source_version: found.version,
        })
    }

    /// By one call, with all of it in memory.
    async fn put_small(
        &self,
        copy: &ObjectCopy,
        found: &Found,
        seal: &Seal,
        existing: Existing,
        mut reader: impl AsyncRead + Unpin,
    ) -> Result<Uploaded> {
        let mut bytes = Vec::with_capacity(usize::try_from(found.size).unwrap_or(0));
        (&mut reader).take(found.size.saturating_add(1)).read_to_end(&mut bytes).await?;
        let size = bytes.len() as u64;
        if size != found.size {
            let about = copy.target.about("PutObject");
            let finding = format!("{} bytes were to be copied, and {size} came", found.size);
            return Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into());
        }
        let request = self
            .s3()
            .put_object()
            .bucket(copy.target.bucket())
            .key(copy.target.key())
            .content_md5(content_md5(&bytes))
            .set_if_none_match(existing.if_none_match())
            .set_if_match(existing.if_match())
            .body(ByteStream::from(bytes));
        let request = found.carried.on_put(request);
        let output = self.put_sealed(request, &copy.target, seal).await?;
        let place = copy.target.clone().with_version(output.version_id());
        let etag = output.e_tag().map(ToOwned::to_owned);
        copy.progress.advance(size);
        Ok(Uploaded { place, etag, size, parts: 1, resumed_parts: 0 })
    }

    /// Reads what was written once more.
    async fn compare(&self, written: &Uploaded, seal: &Seal, digest: &[u8]) -> Result<()> {
        let tag = written.etag.clone();
        let body = self.read(&written.place, seal.customer_key(), tag, written.size).await?;
        let (mut reader, again) = Hashing::new(body.into_async_read());
        tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
        if again.take() == digest {
            return Ok(());
        }
        let (about, finding) =
            (written.place.about("GetObject"), "what was written is not what was read");
        Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into())
    }

    /// Exactly this.
    async fn read(
        &self,
        place: &ObjectPlace,
        key: Option<&crate::s3::object_keys::ObjectKey>,
        etag: Option<String>,
        size: u64,
    ) -> Result<ByteStream> {
        let request = self
            .s3()
            .get_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
            .set_if_match(etag.clone());
        let protection = key.map_or(Protection::OfBucket, |key| (&key.key).into());
        let object = self.get_object(request, protection).await?;
        let length = length_of(object.content_length());
        let is_it =
            etag.is_none_or(|etag| object.e_tag().is_some_and(|tag| is_same_tag(tag, &etag)));
        if length != Some(size) || !is_it {
            return Err(SseCError::another_object(place.about("GetObject")).into());
        }
        Ok(object.body)
    }
}

/// Hashes what is read.
struct Hashing<R> {
    reader: R,
    state: Arc<Mutex<Sha256>>,
}

/// What has been read so far.
struct DigestSoFar(Arc<Mutex<Sha256>>);

impl<R> Hashing<R> {
    fn new(reader: R) -> (Self, DigestSoFar) {
        let state = Arc::new(Mutex::new(Sha256::new()));
        (Self { reader, state: state.clone() }, DigestSoFar(state))
    }
}

impl DigestSoFar {
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).finalize_reset().to_vec()
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Hashing<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.reader).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = outcome {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.update(&buffer.filled()[before..]);
        }
        outcome
    }
}

/// In bytes: up to this, an object is in memory.
const SMALL: u64 = 8 << 20;
