//! What went wrong with a call, as far as it does not depend on what was called.

use std::{error::Error as StdError, fmt};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use crypto_envelope::{
    provider::ProviderErrorKind,
    service::{caused_by, chain, said},
};

use crate::guard::Refused;

/// A call that failed. What it shows stands in a message behind the name of the call:
/// ` (AccessDenied, request id 1): not yours`.
#[derive(Clone, Debug)]
pub struct Failure {
    cause: Cause,
    code: Option<String>,
    request_id: Option<String>,
    message: String,
}

impl Failure {
    /// That of a call of the AWS SDK.
    #[must_use]
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        if let Some(error) = caused_by(error) {
            return Self::without_credentials(error);
        }
        if let Some(refused) = caused_by::<Refused>(error) {
            return Self::unsent(refused.to_string());
        }
        let (cause, message) = match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                (Cause::Answered { status }, said(error.message().unwrap_or_default()))
            }
            SdkError::ResponseError(response) => {
                let status = response.raw().status().as_u16();
                let message = format!("the answer, of HTTP status {status}, cannot be read");
                (Cause::Unreadable { status }, message)
            }
            SdkError::TimeoutError(_) => (Cause::NoAnswer, "no answer came in time".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                (Cause::Unsent, chain(error))
            }
            SdkError::DispatchFailure(_) => (Cause::NoAnswer, chain(error)),
            _ => (Cause::Unsent, chain(error)),
        };
        let (code, request_id) = (error.code().map(said), error.request_id().map(said));
        Self { cause, code, request_id, message }
    }

    /// The service answered with something else than what was asked for: `what`.
    #[must_use]
    pub fn wrong_answer(request_id: Option<&str>, what: &str) -> Self {
        let (cause, request_id) = (Cause::WrongAnswer, request_id.map(said));
        Self { cause, code: None, request_id, message: what.to_owned() }
    }

    /// Why there is no answer that is of use.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The error code of the service. None if it did not answer, or without a body.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The id under which the service knows the request. None if it did not answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// What the service said, or what is known without it. May be empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the service was not called because there are no credentials to do it with.
    #[must_use]
    pub fn lacks_credentials(&self) -> bool {
        matches!(self.cause, Cause::NoCredentials | Cause::CredentialsTimedOut)
    }

    /// Sorted by what can be done. What the service answered is sorted by `of_answer`, by its error code,
    /// which is empty if it has none, and the HTTP status.
    pub fn kind(
        &self,
        of_answer: impl FnOnce(&str, u16) -> ProviderErrorKind,
    ) -> ProviderErrorKind {
        match self.cause {
            Cause::Answered { status } => of_answer(self.code().unwrap_or_default(), status),
            Cause::NoCredentials => ProviderErrorKind::Denied,
            Cause::CredentialsTimedOut | Cause::Unreadable { .. } | Cause::NoAnswer => {
                ProviderErrorKind::Unavailable
            }
            Cause::Unsent | Cause::WrongAnswer => ProviderErrorKind::Other,
        }
    }

    fn without_credentials(error: &CredentialsError) -> Self {
        let cause = match error {
            CredentialsError::ProviderTimedOut(_) => Cause::CredentialsTimedOut,
            _ => Cause::NoCredentials,
        };
        Self { cause, ..Self::unsent(format!("no credentials: {}", chain(error))) }
    }

    fn unsent(message: String) -> Self {
        Self { cause: Cause::Unsent, code: None, request_id: None, message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request id {id})")?,
            (Some(code), None) => write!(f, " ({code})")?,
            (None, Some(id)) => write!(f, " (request id {id})")?,
            (None, None) => {}
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// Why there is no answer that is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The service says that it failed.
    Answered {
        /// Of HTTP.
        status: u16,
    },
    /// There is an answer, but not of the form that it must have.
    Unreadable {
        /// Of HTTP.
        status: u16,
    },
    /// The service says that it did it, but that cannot be.
    WrongAnswer,
    /// None came, or not in time. The request may have arrived.
    NoAnswer,
    /// There are no credentials to call with.
    NoCredentials,
    /// What has them did not answer in time.
    CredentialsTimedOut,
    /// The request was not made, or may not go where it would have gone.
    Unsent,
}

/// What a status of HTTP says, of an answer with no code, or one that nobody knows.
#[must_use]
pub fn kind_of_status(status: u16) -> ProviderErrorKind {
    match status {
        429 => ProviderErrorKind::Throttled,
        401 | 403 => ProviderErrorKind::Denied,
        500.. => ProviderErrorKind::Unavailable,
        _ => ProviderErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use aws_smithy_runtime_api::{
        client::{orchestrator::HttpRequest, result::ConnectorError},
        http::StatusCode,
    };
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    use super::*;
    use crate::guard::{AtStake, Transport};

    type Failed = SdkError<ErrorMetadata, HttpResponse>;

    fn answer(status: u16) -> HttpResponse {
        let status = StatusCode::try_from(status).expect("it is one");
        let mut answer = HttpResponse::new(status, SdkBody::empty());
        answer.headers_mut().insert("x-amz-request-id", "ID\t1");
        answer
    }

    fn dispatch(error: ConnectorError) -> Failed {
        SdkError::dispatch_failure(error)
    }

    fn kind(failure: &Failure) -> ProviderErrorKind {
        failure.kind(|code, status| match code {
            "NoSuchKey" => ProviderErrorKind::NotFound,
            _ => kind_of_status(status),
        })
    }

    #[test]
    fn what_a_service_said_is_sorted_by_its_code_or_else_its_status() {
        let said = ErrorMetadata::builder().code("NoSuchKey").message("not\nhere").build();
        let failure = Failure::of(&SdkError::service_error(said, answer(404)));
        assert_eq!(failure.cause(), Cause::Answered { status: 404 });
        assert_eq!(kind(&failure), ProviderErrorKind::NotFound);
        assert_eq!(failure.to_string(), " (NoSuchKey, request id ID 1): not here");
        for (status, expected) in [
            (400, ProviderErrorKind::Other),
            (401, ProviderErrorKind::Denied),
            (403, ProviderErrorKind::Denied),
            (429, ProviderErrorKind::Throttled),
            (500, ProviderErrorKind::Unavailable),
            (503, ProviderErrorKind::Unavailable),
        ] {
            let nothing = ErrorMetadata::builder().build();
            let failure = Failure::of(&SdkError::service_error(nothing, answer(status)));
            assert_eq!(kind(&failure), expected, "{status}");
            assert_eq!(failure.to_string(), " (request id ID 1)");
        }
    }

    #[test]
    fn no_answer_is_none_of_the_service() {
        let io_error = || Box::new(io::Error::other("no way"));
        for (error, cause, kind_of_it, text) in [
            (
                Failed::timeout_error("too late"),
                Cause::NoAnswer,
                ProviderErrorKind::Unavailable,
                "no answer came in time",
            ),
            (
                dispatch(ConnectorError::io(io_error())),
                Cause::NoAnswer,
                ProviderErrorKind::Unavailable,
                "no way",
            ),
            (
                dispatch(ConnectorError::user(io_error())),
                Cause::Unsent,
                ProviderErrorKind::Other,
                "no way",
            ),
            (
                Failed::construction_failure("no bucket"),
                Cause::Unsent,
                ProviderErrorKind::Other,
                "no bucket",
            ),
            (
                Failed::response_error("no XML", answer(200)),
                Cause::Unreadable { status: 200 },
                ProviderErrorKind::Unavailable,
                "the answer, of HTTP status 200, cannot be read",
            ),
        ] {
            let failure = Failure::of(&error);
            assert_eq!(failure.cause(), cause, "{error:?}");
            assert_eq!(kind(&failure), kind_of_it, "{error:?}");
            assert_eq!(failure.code(), None);
            assert!(failure.message().contains(text), "{failure}");
            assert!(!failure.lacks_credentials());
        }
    }

    #[test]
    fn missing_credentials_are_no_trouble_of_the_network() {
        let nobody = CredentialsError::not_loaded("nobody has any");
        let failure = Failure::of(&dispatch(ConnectorError::other(nobody.into(), None)));
        assert_eq!(failure.cause(), Cause::NoCredentials);
        assert_eq!(kind(&failure), ProviderErrorKind::Denied);
        assert!(failure.to_string().starts_with(": no credentials: "), "{failure}");
        let late = CredentialsError::provider_timed_out(std::time::Duration::from_secs(1));
        let failure = Failure::of(&Failed::construction_failure(late));
        assert_eq!(kind(&failure), ProviderErrorKind::Unavailable);
        assert!(failure.lacks_credentials());
    }

    #[test]
    fn what_may_not_be_sent_says_why() -> Result<(), Box<dyn StdError>> {
        let mut request = HttpRequest::empty();
        request.set_uri("http://10.0.0.1/")?;
        let at_stake = AtStake { secrets: "data keys", service: "KMS" };
        let refused = Transport::PlainToThisMachine.check(&request, at_stake);
        let refused = refused.expect_err("it is in clear");
        let failure = Failure::of(&dispatch(ConnectorError::other(refused.into(), None)));
        assert_eq!(failure.cause(), Cause::Unsent);
        assert!(failure.message().starts_with("the endpoint is http: data keys"), "{failure}");
        Ok(())
    }

    #[test]
    fn an_answer_that_cannot_be_is_not_worth_another_try() {
        let failure = Failure::wrong_answer(Some("1"), "another key");
        assert_eq!(failure.cause(), Cause::WrongAnswer);
        assert_eq!(kind(&failure), ProviderErrorKind::Other);
        assert_eq!(failure.to_string(), " (request id 1): another key");
    }
}
