//! What KMS, or the way to it, says when a call fails.

use std::{error::Error as StdError, fmt};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use crypto_envelope::{
    Error,
    provider::{ProviderError, ProviderErrorKind},
    service::{self, caused_by, chain, said},
};

use crate::guard::Refused;

/// A call to KMS that failed. It is the [source](StdError::source) of the provider error that one
/// gets, which sorts it by what can be done.
#[derive(Clone, Debug)]
pub struct AwsKmsError {
    call: Call,
    code: Option<String>,
    request_id: Option<String>,
    message: String,
    lacks_credentials: bool,
}

impl AwsKmsError {
    /// What KMS said, if `error` is about that: several times, if it tells what became of several
    /// wrapped keys.
    #[must_use]
    pub fn all_in(error: &Error) -> Vec<&Self> {
        service::all_in(error)
    }

    /// The operation, such as `Decrypt`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.call.operation
    }

    /// The key that was asked for, as it was given to KMS.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.call.key_id
    }

    /// The region that was called.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.call.region
    }

    /// The error code of KMS, such as `AccessDeniedException`. None if KMS did not answer.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The id under which AWS knows the request. None if KMS did not answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether KMS was not called because there are no credentials to do it with.
    #[must_use]
    pub fn lacks_credentials(&self) -> bool {
        self.lacks_credentials
    }

    fn of_kind(self, kind: ProviderErrorKind) -> Error {
        let message = match next_step(kind, &self) {
            Some(step) => format!("{self}; {step}"),
            None => self.to_string(),
        };
        ProviderError::new(kind, message).with_source(self).into()
    }
}

impl fmt::Display for AwsKmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { operation, key_id, region } = &self.call;
        write!(f, "kms:{operation} of {key_id} in {region}")?;
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request id {id})")?,
            (Some(code), None) => write!(f, " ({code})")?,
            (None, Some(id)) => write!(f, " (request id {id})")?,
            (None, None) => {}
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl StdError for AwsKmsError {}

/// What was called.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) key_id: String,
    pub(crate) region: String,
}

impl Call {
    /// The call failed.
    pub(crate) fn failed<E>(self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        if let Some(error) = caused_by(error) {
            return self.without_credentials(error);
        }
        if let Some(refused) = caused_by::<Refused>(error) {
            return self.into_error(ProviderErrorKind::Other, None, None, refused.to_string());
        }
        let code = error.code().map(said);
        let (kind, message) = match error {
            SdkError::ServiceError(service) => (
                kind_of(code.as_deref(), service.raw().status().as_u16()),
                said(error.message().unwrap_or_default()),
            ),
            SdkError::ResponseError(response) => {
                let status = response.raw().status().as_u16();
                let message = format!("the answer, of HTTP status {status}, cannot be read");
                (ProviderErrorKind::Unavailable, message)
            }
            SdkError::TimeoutError(_) => {
                (ProviderErrorKind::Unavailable, "no answer came in time".to_owned())
            }
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                (ProviderErrorKind::Other, chain(error))
            }
            SdkError::DispatchFailure(_) => (ProviderErrorKind::Unavailable, chain(error)),
            _ => (ProviderErrorKind::Other, chain(error)),
        };
        self.into_error(kind, code, error.request_id().map(said), message)
    }

    /// KMS answered with something else than what was asked for.
    pub(crate) fn answered_wrongly(self, request_id: Option<&str>, what: &str) -> Error {
        let request_id = request_id.map(said);
        self.into_error(ProviderErrorKind::Other, None, request_id, what.to_owned())
    }

    /// The call was not made.
    fn without_credentials(self, error: &CredentialsError) -> Error {
        let kind = match error {
            CredentialsError::ProviderTimedOut(_) => ProviderErrorKind::Unavailable,
            _ => ProviderErrorKind::Denied,
        };
        let message = format!("no credentials: {}", chain(error));
        let (code, request_id) = (None, None);
        let error = AwsKmsError { call: self, code, request_id, message, lacks_credentials: true };
        error.of_kind(kind)
    }

    fn into_error(
        self,
        kind: ProviderErrorKind,
        code: Option<String>,
        request_id: Option<String>,
        message: String,
    ) -> Error {
        let lacks_credentials = false;
        AwsKmsError { call: self, code, request_id, message, lacks_credentials }.of_kind(kind)
    }
}

/// Sorted by what can be done. The codes are those of the KMS API reference, and the common ones.
fn kind_of(code: Option<&str>, status: u16) -> ProviderErrorKind {
    match code.unwrap_or_default() {
        "AccessDeniedException"
        | "AccessDenied"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "IncompleteSignature"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "NotAuthorized"
        | "OptInRequired"
        | "InvalidGrantTokenException" => ProviderErrorKind::Denied,
        "NotFoundException" => ProviderErrorKind::NotFound,
        "DisabledException" | "KMSInvalidStateException" => ProviderErrorKind::Disabled,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException" => ProviderErrorKind::Throttled,
        "InvalidCiphertextException" | "IncorrectKeyException" => ProviderErrorKind::WrongContext,
        "InvalidKeyUsageException" | "UnsupportedOperationException" => {
            ProviderErrorKind::Unsupported
        }
        "KMSInternalException"
        | "KeyUnavailableException"
        | "DependencyTimeoutException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalFailure" => ProviderErrorKind::Unavailable,
        _ if status == 429 => ProviderErrorKind::Throttled,
        _ if status == 401 || status == 403 => ProviderErrorKind::Denied,
        _ if status >= 500 => ProviderErrorKind::Unavailable,
        _ => ProviderErrorKind::Other,
    }
}

fn next_step(kind: ProviderErrorKind, error: &AwsKmsError) -> Option<String> {
    let Call { operation, key_id, region } = &error.call;
    Some(match (error.code.as_deref(), kind) {
        _ if error.lacks_credentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a profile that has some".into()
        }
        (Some("ExpiredTokenException"), _) => "the credentials have expired: get new ones".into(),
        (Some("AccessDeniedException" | "AccessDenied"), _) => format!(
            "the key policy, an IAM policy or a grant has to allow kms:{operation} on this key to \
             these credentials"
        ),
        (Some("InvalidGrantTokenException"), _) => "use a valid grant token, or none".into(),
        (Some("KMSInvalidStateException"), _) => {
            "see in which state the key is with `aws kms describe-key`: it may be waiting for its \
             deletion (`aws kms cancel-key-deletion`) or for key material"
                .into()
        }
        (Some("DisabledException"), _) => {
            format!("enable it: `aws kms enable-key --key-id {key_id} --region {region}`")
        }
        (Some("IncorrectKeyException"), _) => {
            "the wrapped key was made by another key than the message says: it was changed".into()
        }
        (_, ProviderErrorKind::Denied) => "check the credentials".into(),
        (_, ProviderErrorKind::NotFound) => {
            format!("check the id, the account of the credentials, and that {region} is its region")
        }
        (_, ProviderErrorKind::Throttled) => {
            "try again later, make fewer calls with a cache, or ask AWS for a higher quota".into()
        }
        (_, ProviderErrorKind::WrongContext) => {
            "KMS does not tell a wrong encryption context from a wrapped key that was changed"
                .into()
        }
        (_, ProviderErrorKind::Unavailable) => {
            "check the network, proxy and endpoint, and try again".into()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::{ProvideCredentials, future};
    use aws_sdk_kms::config::SharedCredentialsProvider;
    use crypto_envelope::{EncryptionContext, Encryptor, blocking};

    use super::*;
    use crate::{AwsKmsClients, AwsKmsProvider, SdkConfig};

    #[derive(Debug)]
    struct Nobody;

    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let error = "nobody has any. Tried:\n  this\n  that";
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded(error)))
        }
    }

    #[test]
    fn missing_credentials_are_no_trouble_of_the_network() -> crypto_envelope::Result<()> {
        let nobody = SharedCredentialsProvider::new(Nobody);
        let config = SdkConfig::builder().credentials_provider(nobody);
        let clients = AwsKmsClients::builder(&config.build()).region("us-east-1").build()?;
        let encryptor = Encryptor::new(AwsKmsProvider::new(&clients, "alias/name")?);
        let refused = blocking::wait(encryptor.prepare(&EncryptionContext::new()));
        let Err(Error::Provider(refused)) = refused else { panic!("it was not refused") };
        assert_eq!(refused.kind(), ProviderErrorKind::Denied);
        let text = refused.to_string();
        assert!(text.contains("no credentials: "), "{text}");
        assert!(
            text.contains("nobody has any. Tried: this; that; set AWS_ACCESS_KEY_ID"),
            "{text}"
        );
        let source = refused.source().and_then(|source| source.downcast_ref::<AwsKmsError>());
        assert!(source.is_some_and(AwsKmsError::lacks_credentials));
        Ok(())
    }
}
