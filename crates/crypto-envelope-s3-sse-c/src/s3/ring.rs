//! A key ring in a bucket.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::Result;
use tokio::io::AsyncReadExt as _;

use crate::{
    KeyRing, ObjectPlace, Placed, Revision, RingPlace, SseCClient, SseCError, SseCErrorKind,
    StoredRing,
    s3::{
        calls::{put_object::content_md5, send},
        etag::is_same_tag,
        existing::Existing,
        probe::WriteWay,
    },
};

/// A key ring as an object, which is not under a customer key itself.
///
/// The server has to honour `If-None-Match: *`, to make the ring once, and `If-Match`, to change it: that is found
/// out before anything is written. Ceph 16 does so in buckets without versions alone. A bucket whose policy demands customer keys does not take it: put it into another
/// one. Nobody should be able to delete it; versions of the bucket, or a copy, bring it back.
#[derive(Clone)]
pub struct BucketRing {
    client: SseCClient,
    place: ObjectPlace,
}

impl BucketRing {
    /// The name that it has if no other is said.
    pub const DEFAULT_KEY: &str = ".crypto-envelope/sse-c-key-ring.json";

    /// In this bucket, under the [usual name](Self::DEFAULT_KEY).
    #[must_use]
    pub fn new(client: &SseCClient, bucket: impl Into<String>) -> Self {
        Self::named(client, bucket, Self::DEFAULT_KEY)
    }

    /// In this bucket, under this name.
    #[must_use]
    pub fn named(client: &SseCClient, bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { client: client.clone(), place: ObjectPlace::new(bucket, key) }
    }

    async fn put(&self, ring: &[u8], existing: &Existing) -> Result<Placed> {
        let request = self
            .client
            .s3()
            .put_object()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .content_type("application/json")
            .content_md5(content_md5(ring))
            .set_if_none_match(existing.if_none_match())
            .set_if_match(existing.if_match())
            .body(ByteStream::from(ring.to_vec()));
        match send!(self.client, &self.place.about("PutObject"), request).await {
            Ok(answer) => self.settled(answer.output.e_tag()).await,
            Err(error) if error.kind() == SseCErrorKind::Changed => Ok(Placed::Lost),
            // What was to be replaced is gone.
            Err(error) if error.code() == Some("NoSuchKey") => Ok(Placed::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it is still there a moment later: that only one of several may write under a condition was seen of
    /// this server, and is not promised.
    async fn settled(&self, tag: Option<&str>) -> Result<Placed> {
        tokio::time::sleep(A_MOMENT).await;
        let now = self.client.head_plainly(&self.place).await?;
        match now.output.e_tag().zip(tag) {
            Some((now, written)) if is_same_tag(now, written) => Ok(Placed::Done),
            _ => Ok(Placed::Lost),
        }
    }

    fn no_condition(&self, header: &str) -> SseCError {
        let finding = format!(
            "the server takes no notice of {header}: two who write the key ring at the same time could \
             lose one of its keys; keep it in a bucket without versions, in a file, or on another server"
        );
        SseCError::found(self.place.about("PutObject"), SseCErrorKind::Unsupported, finding)
    }
}

#[async_trait]
impl RingPlace for BucketRing {
    async fn read(&self) -> Result<Option<StoredRing>> {
        let request =
            self.client.s3().get_object().bucket(self.place.bucket()).key(self.place.key());
        let about = self.place.about("GetObject");
        let object = match send!(self.client, &about, request).await {
            Ok(answer) => answer.output,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(tag) = object.e_tag().map(ToOwned::to_owned) else {
            let finding = "the server named no entity tag";
            return Err(SseCError::found(about, SseCErrorKind::Other, finding).into());
        };
        let most = KeyRing::MAX_BYTES as u64 + 1;
        let mut bytes = Vec::new();
        object.body.into_async_read().take(most).read_to_end(&mut bytes).await?;
        Ok(Some(StoredRing::new(bytes, Revision::new(tag))))
    }

    async fn create(&self, ring: &[u8]) -> Result<Placed> {
        if !self.client.creates_once(self.place.bucket()).await? {
            return Err(self.no_condition("If-None-Match").into());
        }
        self.put(ring, &Existing::Refuse).await
    }

    async fn replace(&self, ring: &[u8], revision: &Revision) -> Result<Placed> {
        let (bucket, way) = (self.place.bucket(), WriteWay::Put);
        let Some(form) = self.client.replacing(bucket, way, false).await? else {
            return Err(self.no_condition("If-Match").into());
        };
        self.put(ring, &Existing::Only(form.of(revision.as_str()))).await
    }

    fn describe(&self) -> String {
        self.place.to_string()
    }

    fn how_to_restore(&self) -> String {
        format!("aws s3 cp KEY-RING-BACKUP.json {}", self.place)
    }
}

impl fmt::Debug for BucketRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketRing").field("place", &self.place).finish_non_exhaustive()
    }
}

const A_MOMENT: Duration = Duration::from_secs(1);
