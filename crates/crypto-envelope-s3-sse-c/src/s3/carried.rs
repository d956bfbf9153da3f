//! What goes along with an object when it is copied.

use std::collections::HashMap;

use aws_sdk_s3::{
    operation::{
        copy_object::builders::CopyObjectFluentBuilder,
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder,
        head_object::HeadObjectOutput, put_object::builders::PutObjectFluentBuilder,
    },
    primitives::{DateTime, DateTimeFormat},
    types::{MetadataDirective, StorageClass, Tag, TaggingDirective},
};

use crate::s3::object_tags::query_of;

/// Metadata and tags of an object. The access control list does not go along, as with any copy in S3.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    metadata: Option<HashMap<String, String>>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    content_type: Option<String>,
    expires: Option<DateTime>,
    storage_class: Option<StorageClass>,
    website_redirect_location: Option<String>,
    /// As the header wants them.
    pub(crate) tags: Option<String>,
}

macro_rules! carry {
    ($request:expr, $carried:expr) => {{
        let carried = $carried;
        $request
            .set_metadata(carried.metadata.clone())
            .set_cache_control(carried.cache_control.clone())
            .set_content_disposition(carried.content_disposition.clone())
            .set_content_encoding(carried.content_encoding.clone())
            .set_content_language(carried.content_language.clone())
            .set_content_type(carried.content_type.clone())
            .set_expires(carried.expires)
            .set_storage_class(carried.storage_class.clone())
            .set_website_redirect_location(carried.website_redirect_location.clone())
            .set_tagging(carried.tags.clone())
    }};
}

impl Carried {
    pub(crate) fn of(object: &HeadObjectOutput, tags: &[Tag]) -> Self {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Self {
            metadata: object.metadata().cloned(),
            cache_control: owned(object.cache_control()),
            content_disposition: owned(object.content_disposition()),
            content_encoding: owned(object.content_encoding()),
            content_language: owned(object.content_language()),
            content_type: owned(object.content_type()),
            expires: expires_of(object),
            storage_class: object.storage_class().cloned(),
            website_redirect_location: owned(object.website_redirect_location()),
            tags: (!tags.is_empty()).then(|| query_of(tags)),
        }
    }

    /// Whether nothing is lost of what stands beside the object.
    pub(crate) fn takes_all_of(object: &HeadObjectOutput) -> bool {
        let is_date = object.expires_string().is_none() || expires_of(object).is_some();
        object.missing_meta().is_none_or(|missing| missing == 0) && is_date
    }

    pub(crate) fn on_put(&self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        carry!(request, self)
    }

    pub(crate) fn on_upload(
        &self,
        request: CreateMultipartUploadFluentBuilder,
    ) -> CreateMultipartUploadFluentBuilder {
        carry!(request, self)
    }

    /// Said anew: an object cannot be copied onto itself unless something about it is replaced.
    pub(crate) fn on_copy(&self, request: CopyObjectFluentBuilder) -> CopyObjectFluentBuilder {
        carry!(request, self)
            .metadata_directive(MetadataDirective::Replace)
            .tagging_directive(TaggingDirective::Replace)
    }
}

fn expires_of(object: &HeadObjectOutput) -> Option<DateTime> {
    let text = object.expires_string()?;
    DateTime::from_str(text, DateTimeFormat::HttpDate).ok()
}
