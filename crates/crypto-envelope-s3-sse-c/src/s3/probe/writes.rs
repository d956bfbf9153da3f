//! Whether conditions of writes are honoured.

use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::Result;

use super::{TagForm, objects::Sample};
use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    s3::{
        calls::put_object::content_md5,
        error::About,
        protection::Seal,
        upload::{Existing, OpenUpload, Sent},
    },
};

/// Which conditions of writes a server honours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConditionalWrites {
    /// `If-None-Match: *`: an object is made, and never replaced.
    pub(crate) create: bool,
    /// `If-Match`: an object is replaced only if it is still the same. None if it is replaced anyway.
    pub(crate) replace: Option<TagForm>,
    /// The same where an upload in parts is completed.
    pub(crate) replace_in_parts: Option<TagForm>,
}

impl SseCClient {
    /// Which conditions of writes the server honours.
    pub(crate) async fn conditional_writes(&self, bucket: &str) -> Result<ConditionalWrites> {
        let probed = self.probed(bucket);
        let writes = probed.writes.get_or_try_init(|| async {
            let sample = Sample::new(self, bucket)?;
            let outcome = self.try_writes(&sample).await;
            sample.remove().await;
            outcome
        });
        writes.await.copied()
    }

    async fn try_writes(&self, sample: &Sample) -> Result<ConditionalWrites> {
        let mut found = ConditionalWrites::default();
        let (_, seal) = sample.put_any().await?;
        let again = self.put_if(sample, &seal, &Existing::Refuse).await;
        found.create = again.is_err_and(|error| error.kind() == SseCErrorKind::Changed);
        for way in [Way::Put, Way::Complete] {
            let form = self.try_replacing(sample, &seal, way).await?;
            match way {
                Way::Put => found.replace = form,
                Way::Complete => found.replace_in_parts = form,
            }
        }
        Ok(found)
    }

    /// The form in which the right entity tag is taken, if a wrong one is refused.
    async fn try_replacing(
        &self,
        sample: &Sample,
        seal: &Seal,
        way: Way,
    ) -> Result<Option<TagForm>> {
        for form in TagForm::ALL {
            let wrong = Existing::Only(form.of("00000000000000000000000000000000"));
            match self.write_if(sample, seal, &wrong, way).await {
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Ok(_) => return Ok(None),
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        for form in TagForm::ALL {
            let tag = sample.put(seal).await?;
            match self.write_if(sample, seal, &Existing::Only(form.of(&tag)), way).await {
                Ok(_) => return Ok(Some(form)),
                Err(error) if error.kind() == SseCErrorKind::Changed => {}
                Err(error) if error.is_inability() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn write_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
        way: Way,
    ) -> Result<(), SseCError> {
        match way {
            Way::Put => self.put_if(sample, seal, existing).await,
            Way::Complete => self.complete_if(sample, seal, existing).await,
        }
    }

    async fn put_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<(), SseCError> {
        let request = self
            .s3()
            .put_object()
            .bucket(sample.place.bucket())
            .key(sample.place.key())
            .set_if_none_match(existing.if_none_match())
            .set_if_match(existing.if_match())
            .body(ByteStream::from(sample.bytes.clone()));
        let request = seal.on(request);
        let about = About { operation: "PutObject", place: sample.place.clone() };
        self.call(&about, |guard| request.customize().interceptor(guard).send()).await.map(drop)
    }

    async fn complete_if(
        &self,
        sample: &Sample,
        seal: &Seal,
        existing: &Existing,
    ) -> Result<(), SseCError> {
        let place: &ObjectPlace = &sample.place;
        let request = self.s3().create_multipart_upload().bucket(place.bucket()).key(place.key());
        let outcome = async {
            let mut open = OpenUpload::begin(self, request, place, seal.clone()).await?;
            open.existing = existing.clone();
            let digest = content_md5(&sample.bytes);
            let part = open.channel().send(1, sample.bytes.clone().into(), digest).await?;
            let sent = Sent { parts: vec![part], size: sample.bytes.len() as u64, resumed: 0 };
            let outcome = open.complete(sent).await.map(drop);
            open.close().await;
            outcome
        };
        outcome.await.map_err(|error| match SseCError::find_in(&error) {
            Some(error) => error.clone(),
            None => {
                let about = About { operation: "CompleteMultipartUpload", place: place.clone() };
                SseCError::found(about, SseCErrorKind::Other, error.to_string())
            }
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Put,
    Complete,
}
