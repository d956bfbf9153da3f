//! How the entity tag of the source of a copy is compared.

use crypto_envelope::Result;

use super::{SampleSize, objects::Sample};
use crate::{
    SseCClient, SseCError, SseCErrorKind,
    s3::{calls::send, carried::Carried, copy::CopySource, etag::TagForm, protection::Seal},
};

impl SseCClient {
    /// How the entity tag of the source of a copy has to look. None if the server copies whatever is there.
    pub(crate) async fn source_tag_form(&self, bucket: &str) -> Result<Option<TagForm>> {
        let probed = self.probed(bucket);
        let form = probed.source_tag.get_or_try_init(|| async {
            let sample = Sample::new(self, bucket, SampleSize::Small)?;
            let outcome = self.try_source_tags(&sample).await;
            sample.remove().await;
            outcome
        });
        form.await.copied()
    }

    async fn try_source_tags(&self, sample: &Sample) -> Result<Option<TagForm>> {
        let (tag, seal) = sample.put_any().await?;
        let wrong = "\"00000000000000000000000000000000\"";
        for form in TagForm::ALL {
            match self.try_source_tag(sample, &seal, form.of(wrong)).await {
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Ok(()) => return Ok(None),
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        for form in TagForm::ALL {
            match self.try_source_tag(sample, &seal, form.of(&tag)).await {
                Ok(()) => return Ok(Some(form)),
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn try_source_tag(
        &self,
        sample: &Sample,
        seal: &Seal,
        tag: String,
    ) -> Result<(), SseCError> {
        let size = sample.bytes.len() as u64;
        let source = CopySource {
            place: sample.place.clone(),
            key: seal.customer_key().map(|key| key.key.clone()),
            if_match: Some(tag),
            size,
            part_size: size,
        };
        let request = self.copy_request(&source, &sample.other, seal);
        let request = Carried::default().on_copy(request);
        let about = sample.other.about("CopyObject");
        send!(self, &about, request).await.map(drop)
    }
}
