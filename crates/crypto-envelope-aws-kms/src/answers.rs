//! How long an answer of KMS may be.

use aws_sdk_kms::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The AWS SDK reads answers whole. One that is too long for any call of ours ends there.
#[derive(Debug)]
pub(crate) struct AnswersOfBoundedLength;

impl Intercept for AnswersOfBoundedLength {
    fn name(&self) -> &'static str {
        "AnswersOfBoundedLength"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = std::mem::replace(context.response_mut().body_mut(), SdkBody::taken());
        *context.response_mut().body_mut() = SdkBody::from_body_1_x(Limited::new(body, LONGEST));
        Ok(())
    }
}

/// In bytes. The longest that KMS documents are some 10 KiB: a blob of 6144 bytes in base64.
const LONGEST: usize = 64 * 1024;
