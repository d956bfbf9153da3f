//! What KMS, or the way to it, says when a call fails.

use std::{error::Error as StdError, fmt};

use aws_sdk_kms::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use crypto_envelope::{
    Error,
    provider::{ProviderError, ProviderErrorKind},
    service,
};
use crypto_envelope_aws::{Failure, kind_of_status};

/// A call to KMS that failed. It is the [source](StdError::source) of the provider error that one
/// gets, which sorts it by what can be done.
#[derive(Clone, Debug)]
pub struct AwsKmsError {
    call: Call,
    failure: Failure,
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
        self.failure.code()
    }

    /// The id under which AWS knows the request. None if KMS did not answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.failure.request_id()
    }

    /// Whether KMS was not called because there are no credentials to do it with.
    #[must_use]
    pub fn lacks_credentials(&self) -> bool {
        self.failure.lacks_credentials()
    }

    fn into_error(self) -> Error {
        let kind = self.failure.kind(kind_of);
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
        write!(f, "kms:{operation} of {key_id} in {region}{}", self.failure)
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
        AwsKmsError { call: self, failure: Failure::of(error) }.into_error()
    }

    /// KMS answered with something else than what was asked for.
    pub(crate) fn answered_wrongly(self, request_id: Option<&str>, what: &str) -> Error {
        AwsKmsError { call: self, failure: Failure::wrong_answer(request_id, what) }.into_error()
    }
}

/// Sorted by what can be done. The codes are those of the KMS API reference, and the common ones.
fn kind_of(code: &str, status: u16) -> ProviderErrorKind {
    match code {
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
        _ => kind_of_status(status),
    }
}

fn next_step(kind: ProviderErrorKind, error: &AwsKmsError) -> Option<String> {
    let Call { operation, key_id, region } = &error.call;
    Some(match (error.code(), kind) {
        _ if error.lacks_credentials() => {
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
    use aws_credential_types::provider::{
        ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
    };
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
