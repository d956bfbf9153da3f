//! What no call to KMS may do, wherever the configuration sends it.

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
use crypto_envelope_aws::guard::{self, AtStake, Transport};

/// Keeps data keys off networks that everybody can read and out of logs, and answers short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) transport: Transport,
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
        let at_stake = AtStake { secrets: "data keys", service: "KMS" };
        Ok(self.transport.check(context.request(), at_stake)?)
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        guard::hide_body(context.request_mut());
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        guard::bound_body(context.response_mut(), LONGEST);
        Ok(())
    }
}

/// In bytes. The longest that KMS documents are some 10 KiB: a blob of 6144 bytes in base64.
const LONGEST: usize = 64 * 1024;
