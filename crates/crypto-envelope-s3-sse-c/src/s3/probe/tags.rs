//! How entity tags are compared.

use crypto_envelope::Result;

use super::{SampleSize, objects::Sample};
use crate::{
    SseCClient, SseCError, SseCErrorKind,
    s3::{carried::Carried, copy::CopySource, error::About, protection::Seal},
};

/// How a server wants an entity tag in a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagForm {
    /// As it says it: what RFC 9110 demands.
    Quoted,
    /// Without the quotation marks.
    Bare,
}

impl TagForm {
    /// Both, the right one first.
    pub(super) const ALL: [Self; 2] = [Self::Quoted, Self::Bare];

    /// In this form.
    pub(crate) fn of(self, tag: &str) -> String {
        let bare = tag.trim_matches('"');
        match self {
            Self::Quoted => format!("\"{bare}\""),
            Self::Bare => bare.to_owned(),
        }
    }
}

/// Whether both are the same, in whatever form.
pub(crate) fn is_same_tag(one: &str, other: &str) -> bool {
    one.trim_matches('"') == other.trim_matches('"')
}

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
        let about = About { operation: "CopyObject", place: sample.other.clone() };
        self.call(&about, |guard| request.customize().interceptor(guard).send()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_each_form_whatever_it_comes_in() {
        for tag in ["\"abc-2\"", "abc-2"] {
            assert_eq!(TagForm::Quoted.of(tag), "\"abc-2\"");
            assert_eq!(TagForm::Bare.of(tag), "abc-2");
        }
    }
}
