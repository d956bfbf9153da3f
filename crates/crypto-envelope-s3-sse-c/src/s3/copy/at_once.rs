//! A copy by one call.

use crypto_envelope::Result;

use super::{Copied, CopiedWay, CopySource, Found, ObjectCopy};
use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind, StoredObject,
    s3::{
        calls::{length_of, send},
        error::About,
        etag::Named,
        probe::WriteWay,
        protection::Seal,
    },
};

impl SseCClient {
    pub(super) async fn copy_at_once(
        &self,
        copy: &ObjectCopy,
        found: Found,
        source: CopySource,
        seal: &Seal,
    ) -> Result<Copied> {
        let existing = self.condition(copy, &found, WriteWay::Copy).await?;
        let samples = self.samples(&source, found.key.as_ref()).await?;
        let about = copy.target.about("CopyObject");
        let request = self.copy_request(&source, &copy.target, seal);
        let request = found
            .carried
            .on_copy(request)
            .set_if_none_match(existing.if_none_match())
            .set_if_match(existing.if_match());
        let answer = send!(self, &about, request).await?;
        let result = answer.output.copy_object_result();
        let tag = result.and_then(|result| result.e_tag());
        let written = Named::of(answer.output.version_id(), tag);
        let place = copy.target.clone().with_version(written.version.clone());
        let etag = written.etag.clone();
        let stored =
            StoredObject { place: place.clone(), etag: etag.clone(), took_the_place: false };
        let checked = async {
            self.check_sealed(&about, &answer.seen, written, seal).await?;
            self.check_size(&stored, seal, found.size, &about).await?;
            self.compare_samples(&place, seal, &samples).await
        };
        checked.await.map_err(|error| SseCError::of_stored(&error, &about, &stored))?;
        copy.progress.advance(found.size);
        Ok(Copied {
            place,
            etag,
            size: found.size,
            way: CopiedWay::OnServer,
            source_version: found.version,
        })
    }

    /// Without what goes along.
    pub(crate) fn copy_request(
        &self,
        source: &CopySource,
        target: &ObjectPlace,
        seal: &Seal,
    ) -> aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder {
        let request = self
            .s3()
            .copy_object()
            .bucket(target.bucket())
            .key(target.key())
            .set_server_side_encryption(seal.server_side(self.declaration()))
            .set_ssekms_key_id(seal.kms_key_id());
        seal.on(source.on_copy(request))
    }

    /// Exactly what was found, if the server can be told so.
    pub(super) async fn copy_source(&self, copy: &ObjectCopy, found: &Found) -> Result<CopySource> {
        let form = self.source_tag_form(copy.target.bucket()).await?;
        let tag = found.etag.as_deref();
        Ok(CopySource {
            place: copy.source.clone().with_version(found.version.clone()),
            key: found.key.as_ref().map(|key| key.key.clone()),
            if_match: form.zip(tag).map(|(form, tag)| form.of(tag)),
            size: found.size,
            part_size: found.size.max(1),
        })
    }

    /// Demands that what was written is there, as long as it must be.
    async fn check_size(
        &self,
        stored: &StoredObject,
        seal: &Seal,
        size: u64,
        about: &About,
    ) -> Result<(), SseCError> {
        let answer = self.head_sealed(&stored.place, seal).await?;
        let now = Named::of(answer.output.version_id(), answer.output.e_tag());
        if !now.may_be(&Named::of(stored.place.version(), stored.etag.as_deref())) {
            return Err(SseCError::another_object(about.clone()));
        }
        seal.demand(&answer.seen, about, || Some(stored.clone()))?;
        let there = length_of(answer.output.content_length());
        if there == Some(size) {
            return Ok(());
        }
        let there = there.map_or("an unknown number".to_owned(), |there| there.to_string());
        let finding = format!("{size} bytes were copied, and the server has {there} of them");
        Err(SseCError::found(about.clone(), SseCErrorKind::Damaged, finding))
    }
}
