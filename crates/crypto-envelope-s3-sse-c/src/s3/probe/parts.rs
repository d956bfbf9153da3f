//! Whether uploads in parts are encrypted, of servers that do not say so at once.

use crypto_envelope::Result;

use super::{SampleSize, objects::Sample, shows_inability};
use crate::{
    SseCClient, SseCError, SseCErrorKind,
    s3::{
        calls::put_object::content_md5,
        error::About,
        protection::Seal,
        upload::{OpenUpload, Sent},
    },
};

impl SseCClient {
    /// Fails unless the server encrypts parts.
    pub(crate) async fn demand_encrypted_parts(&self, about: &About) -> Result<()> {
        let bucket = about.place.bucket();
        let probed = self.probed(bucket);
        let really = *probed
            .parts
            .get_or_try_init(|| async {
                let sample = Sample::new(self, bucket, SampleSize::Small)?;
                let outcome = self.try_parts(&sample).await;
                sample.remove().await;
                outcome
            })
            .await?;
        if really {
            return Ok(());
        }
        let finding = "the server does not say that it uses the customer key for an upload in parts, and \
                       does not: this was tried with random bytes";
        Err(SseCError::found(about.clone(), SseCErrorKind::NotProtected, finding).into())
    }

    async fn try_parts(&self, sample: &Sample) -> Result<bool> {
        let seal = Seal::CustomerKey(Sample::key()?);
        let place = &sample.place;
        let request = self.s3().create_multipart_upload().bucket(place.bucket()).key(place.key());
        let (open, _) = OpenUpload::create(self, request, place, seal.clone()).await?;
        let digest = content_md5(&sample.bytes);
        let sent = open.channel().send(1, sample.bytes.clone().into(), digest).await;
        let done = match sent {
            Ok(part) => {
                let sent = Sent::of(vec![part], sample.bytes.len() as u64);
                open.complete(sent).await.map(drop)
            }
            Err(error) => Err(error.into()),
        };
        open.close().await;
        match done {
            Ok(()) => sample.is_at(place, &seal).await,
            Err(error) if shows_inability(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
