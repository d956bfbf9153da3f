//! Customer keys on the requests of the AWS SDK, for those who send them themselves.

use aws_sdk_s3::operation::{
    complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder,
    copy_object::builders::CopyObjectFluentBuilder,
    create_multipart_upload::builders::CreateMultipartUploadFluentBuilder,
    get_object::builders::GetObjectFluentBuilder,
    get_object_attributes::builders::GetObjectAttributesFluentBuilder,
    head_object::builders::HeadObjectFluentBuilder, list_parts::builders::ListPartsFluentBuilder,
    put_object::builders::PutObjectFluentBuilder,
    select_object_content::builders::SelectObjectContentFluentBuilder,
    upload_part::builders::UploadPartFluentBuilder,
    upload_part_copy::builders::UploadPartCopyFluentBuilder,
};

use crate::{SseCustomerKey, headers::ALGORITHM};

/// Sets all three parameters of a customer key on a request of the AWS SDK.
///
/// The request holds a copy of the key that is not wiped, and the AWS SDK tells all headers of a request to
/// whoever listens to `tracing` at the level of traces. Nothing looks at what the server answers:
/// [`SseCClient`](crate::SseCClient) does all of that.
///
/// ```
/// use crypto_envelope_s3_sse_c::{SseCustomerKey, WithCustomerKey, aws_sdk_s3};
///
/// # fn build(client: &aws_sdk_s3::Client) -> crypto_envelope::Result<()> {
/// let key = SseCustomerKey::generate()?;
/// let request = client.put_object().bucket("bucket").key("name").with_customer_key(&key);
/// # drop(request);
/// # Ok(())
/// # }
/// ```
pub trait WithCustomerKey: Sized {
    /// The key of the object; of a copy, that of what is written.
    #[must_use]
    fn with_customer_key(self, key: &SseCustomerKey) -> Self;
}

/// Sets all three parameters of the customer key that the source of a copy is under. See [`WithCustomerKey`].
pub trait WithSourceCustomerKey: Sized {
    /// The key of the source.
    #[must_use]
    fn with_source_customer_key(self, key: &SseCustomerKey) -> Self;
}

macro_rules! with_customer_key {
    ($($builder:ty),*) => {$(
        impl WithCustomerKey for $builder {
            fn with_customer_key(self, key: &SseCustomerKey) -> Self {
                self.sse_customer_algorithm(ALGORITHM)
                    .sse_customer_key(key.base64().as_str())
                    .sse_customer_key_md5(key.digest().as_str())
            }
        }
    )*};
}

macro_rules! with_source_customer_key {
    ($($builder:ty),*) => {$(
        impl WithSourceCustomerKey for $builder {
            fn with_source_customer_key(self, key: &SseCustomerKey) -> Self {
                self.copy_source_sse_customer_algorithm(ALGORITHM)
                    .copy_source_sse_customer_key(key.base64().as_str())
                    .copy_source_sse_customer_key_md5(key.digest().as_str())
            }
        }
    )*};
}

with_customer_key!(
    CompleteMultipartUploadFluentBuilder,
    CopyObjectFluentBuilder,
    CreateMultipartUploadFluentBuilder,
    GetObjectFluentBuilder,
    GetObjectAttributesFluentBuilder,
    HeadObjectFluentBuilder,
    ListPartsFluentBuilder,
    PutObjectFluentBuilder,
    SelectObjectContentFluentBuilder,
    UploadPartFluentBuilder,
    UploadPartCopyFluentBuilder
);
with_source_customer_key!(CopyObjectFluentBuilder, UploadPartCopyFluentBuilder);
