//! What no call to KMS may do, wherever the configuration sends it.

use std::{error::Error as StdError, fmt};

use aws_sdk_kms::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
            BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use crypto_envelope::service::place;
use http_body_util::Limited;

/// Keeps data keys off networks that everybody can read and out of logs, and answers short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) transport: Transport,
}

/// Where HTTP without TLS may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// To this machine alone.
    PlainToThisMachine,
    /// Anywhere.
    DangerPlain,
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let may_go = self.transport == Transport::DangerPlain
            || place::is_confidential(context.request().uri());
        if may_go {
            return Ok(());
        }
        Err(Refused.into())
    }

    /// The AWS SDK tells of the request that it sends, at the level of traces. Of a body that nothing has
    /// wrapped before it tells all bytes: a data key that is to be wrapped.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = std::mem::replace(context.request_mut().body_mut(), SdkBody::taken());
        *context.request_mut().body_mut() = untold(body);
        Ok(())
    }

    /// The AWS SDK reads answers whole. One that is too long for any call of ours ends there.
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

/// The same body, of which `Debug` shows nothing.
fn untold(body: SdkBody) -> SdkBody {
    body.map_preserve_contents(SdkBody::from_body_1_x)
}

/// A call that was not sent.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the endpoint is http: data keys would cross the network in clear; use https (or \
             danger_allow_plain_http, for a stand-in of KMS in a network of one's own)",
        )
    }
}

impl StdError for Refused {}

/// In bytes. The longest that KMS documents are some 10 KiB: a blob of 6144 bytes in base64.
const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_sent_and_not_told() {
        let body = || SdkBody::from(r#"{"Plaintext":"c2VjcmV0"}"#);
        assert!(format!("{:?}", body()).contains("c2VjcmV0"), "the AWS SDK tells nothing any more");
        let untold = untold(body());
        assert!(!format!("{untold:?}").contains("c2VjcmV0"));
        assert_eq!(untold.content_length(), body().content_length());
        assert_eq!(untold.bytes(), body().bytes());
        assert!(untold.try_clone().is_some(), "it could not be sent again");
    }
}
