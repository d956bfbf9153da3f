//! What no call with a secret may do, wherever the configuration sends it. For the interceptors of the
//! crates, which see each request and each answer.

use std::{error::Error as StdError, fmt};

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use crypto_envelope::service::place;
use http_body_util::Limited;

/// Where HTTP without TLS may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// To this machine alone.
    PlainToThisMachine,
    /// Anywhere.
    DangerPlain,
}

impl Transport {
    /// Whether a request may be sent. An interceptor asks in `read_before_transmit`, for each attempt.
    ///
    /// # Errors
    ///
    /// [`Refused`] if everybody on the network could read it.
    pub fn check(self, request: &HttpRequest, at_stake: AtStake) -> Result<(), Refused> {
        let may_go = self == Self::DangerPlain || place::is_confidential(request.uri());
        if may_go { Ok(()) } else { Err(Refused(at_stake)) }
    }
}

/// What would cross the network in clear, and on the way to what.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct AtStake {
    /// Such as `data keys`.
    pub secrets: &'static str,
    /// Such as `KMS`.
    pub service: &'static str,
}

/// A call that was not sent.
#[derive(Debug)]
pub struct Refused(AtStake);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AtStake { secrets, service } = self.0;
        write!(
            f,
            "the endpoint is http: {secrets} would cross the network in clear; use https (for a \
             stand-in of {service} in a network of one's own, http can be allowed by name)"
        )
    }
}

impl StdError for Refused {}

/// Has the AWS SDK tell nothing of the body, in `modify_before_transmit`. At the level of traces it
/// tells of the request that it sends. Of a body that nothing has wrapped before it tells all bytes: a
/// secret that is to be wrapped.
pub fn hide_body(request: &mut HttpRequest) {
    let body = std::mem::replace(request.body_mut(), SdkBody::taken());
    *request.body_mut() = untold(body);
}

/// Ends an answer that is longer than any may be, in `modify_before_deserialization`: the AWS SDK reads
/// answers whole.
pub fn bound_body(response: &mut HttpResponse, longest: usize) {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    *response.body_mut() = SdkBody::from_body_1_x(Limited::new(body, longest));
}

/// The same body, of which `Debug` shows nothing.
#[must_use]
pub fn untold(body: SdkBody) -> SdkBody {
    body.map_preserve_contents(SdkBody::from_body_1_x)
}

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
        let mut request = HttpRequest::new(body());
        hide_body(&mut request);
        assert!(!format!("{request:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn secrets_do_not_leave_this_machine_in_clear() -> Result<(), Box<dyn StdError>> {
        let at_stake = AtStake { secrets: "customer keys", service: "S3" };
        for (uri, may_go) in [
            ("https://s3.us-east-1.amazonaws.com/bucket", true),
            ("http://127.0.0.1:9000/bucket", true),
            ("http://s3.us-east-1.amazonaws.com/bucket", false),
            ("http://10.0.0.1:9000/bucket", false),
        ] {
            let mut request = HttpRequest::empty();
            request.set_uri(uri)?;
            let checked = Transport::PlainToThisMachine.check(&request, at_stake);
            assert_eq!(checked.is_ok(), may_go, "{uri}");
            let text = checked.err().map(|refused| refused.to_string()).unwrap_or_default();
            assert_eq!(text.contains("http: customer keys would cross"), !may_go, "{text}");
            assert!(Transport::DangerPlain.check(&request, at_stake).is_ok(), "{uri}");
        }
        Ok(())
    }
}
