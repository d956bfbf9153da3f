//! Whether copies change keys.

use crypto_envelope::Result;

use super::{SampleSize, objects::Sample, shows_inability};
use crate::{
    SseCClient,
    s3::{
        calls::send,
        carried::Carried,
        copy::CopySource,
        existing::Existing,
        protection::Seal,
        upload::{OpenUpload, Sent},
    },
};

/// A kind of copy that a server can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CopyKind {
    pub(crate) way: CopyWay,
    pub(crate) from_customer_key: bool,
    pub(crate) to_customer_key: bool,
    pub(crate) in_place: bool,
    pub(crate) size: SampleSize,
}

/// How the server copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CopyWay {
    AtOnce,
    InParts,
}

impl SseCClient {
    /// Whether the server can be relied on with this kind of copy.
    pub(crate) async fn really_copies(&self, kind: CopyKind, bucket: &str) -> Result<bool> {
        // Held meanwhile: one test is enough.
        let probed = self.probed(bucket);
        let mut copies = probed.copies.lock().await;
        if let Some(known) = copies.get(&kind) {
            return Ok(*known);
        }
        let sample = Sample::new(self, bucket, kind.size)?;
        let outcome = self.try_copy(kind, &sample).await;
        sample.remove().await;
        let really = outcome?;
        copies.insert(kind, really);
        Ok(really)
    }

    async fn try_copy(&self, kind: CopyKind, sample: &Sample) -> Result<bool> {
        let seal = |is_customer_key| {
            let seal =
                if is_customer_key { Seal::CustomerKey(Sample::key()?) } else { Seal::OfBucket };
            Ok::<_, crypto_envelope::Error>(seal)
        };
        let (from, to) = (seal(kind.from_customer_key)?, seal(kind.to_customer_key)?);
        sample.put(&from).await?;
        let target = if kind.in_place { &sample.place } else { &sample.other };
        let source = CopySource {
            place: sample.place.clone(),
            key: from.customer_key().map(|key| key.key.clone()),
            if_match: None,
            size: sample.bytes.len() as u64,
            part_size: sample.part_size(),
        };
        let carried = Carried::default();
        let done = match kind.way {
            CopyWay::AtOnce => {
                let request = carried.on_copy(self.copy_request(&source, target, &to));
                let about = target.about("CopyObject");
                send!(self, &about, request).await.map(drop).map_err(Into::into)
            }
            CopyWay::InParts => {
                let request =
                    self.s3().create_multipart_upload().bucket(target.bucket()).key(target.key());
                let replace = Existing::Replace;
                let open = OpenUpload::begin(self, request, target, to.clone(), replace).await?;
                let done = copy_parts(&open, &source).await;
                open.close().await;
                done
            }
        };
        match done {
            Ok(()) => sample.is_at(target, &to).await,
            Err(error) if shows_inability(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

async fn copy_parts(open: &OpenUpload, source: &CopySource) -> Result<()> {
    let mut parts = Vec::new();
    for number in (1..).take(usize::try_from(source.parts()).unwrap_or(usize::MAX)) {
        parts.push(open.channel().copy(number, source).await?);
    }
    open.complete(Sent::of(parts, source.size)).await.map(drop)
}
