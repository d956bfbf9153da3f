//! What no call to KMS may do, wherever the configuration sends it.

use std::{error::Error as StdError, fmt, net::IpAddr};

use aws_sdk_kms::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// Keeps data keys off networks that everybody can read, and answers short.
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
        let may_go = self.transport == Transport::DangerPlain || is_safe(context.request().uri());
        if may_go {
            return Ok(());
        }
        Err(Refused.into())
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

fn is_safe(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_here =
        host.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback());
    scheme.eq_ignore_ascii_case("https") || is_here
}

/// In bytes. The longest that KMS documents are some 10 KiB: a blob of 6144 bytes in base64.
const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (uri, expected) in [
            ("https://kms.us-east-1.amazonaws.com/", true),
            ("HTTPS://kms.us-east-1.amazonaws.com/", true),
            ("http://127.0.0.1:4566/", true),
            ("http://localhost:4566", true),
            ("http://[::1]:4566/", true),
            ("http://kms.us-east-1.amazonaws.com/", false),
            ("http://localhost.example/", false),
            ("http://127.0.0.1.example/", false),
            ("http://localhost@10.0.0.1/", false),
            ("http://10.0.0.1/?127.0.0.1", false),
            ("http://[fe80::1]/", false),
            ("127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_safe(uri), expected, "{uri}");
        }
    }
}
