//! Parts of an object, all of one version.

use crypto_envelope::{
    Error, Result, blocking,
    ranges::{FetchedRange, RangeRequest, RangeSource, Version},
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosError, CosErrorKind, ETag, GetObject, HeadObject, ObjectProperties,
};

use super::Object;

impl Object {
    /// What there is behind the end: nothing.
    fn behind_the_end(&self) -> Result<FetchedRange> {
        let found = blocking::wait(self.client.call(HeadObject::new(self.key.clone())))?;
        Ok(FetchedRange::new(Vec::new(), found.length, version_of(&found)))
    }
}

impl RangeSource for Object {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        let range = request.range();
        let longest = range.end - range.start;
        let call = GetObject::new(self.key.clone()).range(ByteRange::of(range)?);
        let call = match request.version() {
            // It was a text when it came.
            Some(version) => call.if_match(ETag::new(String::from_utf8_lossy(version.as_bytes()))?),
            None => call,
        };
        let fetched = blocking::wait(async {
            let opened = self.client.open(call).await?;
            let (length, version) = (opened.properties().length, version_of(opened.properties()));
            Ok(FetchedRange::new(opened.whole(longest).await?, length, version))
        });
        fetched.or_else(|error| match CosError::kind_in(&error) {
            Some(CosErrorKind::RangeNotSatisfiable) => self.behind_the_end(),
            Some(CosErrorKind::PreconditionFailed) => Err(Error::SourceChanged),
            _ => Err(error),
        })
    }
}

/// Its entity tag.
pub(super) fn version_of(found: &ObjectProperties) -> Version {
    Version::new(found.etag.as_str())
}
