//! What KMS, or the way to it, says when a call fails.

use std::{error::Error as StdError, fmt};

use crypto_envelope::{
    Error, SecretBytes,
    provider::{ProviderError, ProviderErrorKind},
    service::{self, echo, said},
};
use crypto_envelope_http::{NoAnswer, NoAnswerKind};

/// A call to KMS that failed. It is the [source](StdError::source) of the provider error that one gets, which
/// sorts it by what can be done.
#[derive(Clone, Debug)]
pub struct AlibabaKmsError {
    call: Call,
    kind: ProviderErrorKind,
    status: Option<u16>,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    /// By how much the clock is wrong, if that is the matter.
    skew: Option<String>,
    attempt: Attempt,
}

/// Which attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    First,
    /// Nobody knows what became of one before.
    AfterLost,
}

impl AlibabaKmsError {
    /// What KMS said, if `error` is about that: several times, if it tells what became of several wrapped
    /// keys.
    #[must_use]
    pub fn all_in(error: &Error) -> Vec<&Self> {
        service::all_in(error)
    }

    /// The operation, such as `Decrypt`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.call.operation
    }

    /// The key or the secret that was asked for, as it was given to KMS. None if the call was about none,
    /// or KMS was left to find it.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.call.key_id.as_deref()
    }

    /// The HTTP status of the answer. None if there was no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The error code of KMS, such as `Forbidden.KeyNotFound`. None if it was not KMS that answered.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What KMS said, without what is dangerous to print, and not more than 1000 characters of it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The id under which the vendor knows the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether the same call may work a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let kinds = [ProviderErrorKind::Throttled, ProviderErrorKind::Unavailable];
        // Of a request that was damaged on its way.
        kinds.contains(&self.kind) || self.message == BODY_INVALID
    }

    /// Whether the call was refused when it was tried again, while it is not known what became of an attempt
    /// before. A `CreateAlias` that is told that there is such an alias may have made it itself, and a
    /// `DeleteAlias` that finds none may have deleted it.
    #[must_use]
    pub fn is_after_lost_attempt(&self) -> bool {
        self.attempt == Attempt::AfterLost
    }

    /// Whether the certificate of the gateway was not one to trust.
    #[must_use]
    pub fn distrusts_gateway(&self) -> bool {
        self.status.is_none() && self.message.starts_with(DISTRUST)
    }

    /// Whether the time that was given for an answer passed without one.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.status.is_none() && self.message == TIMED_OUT
    }

    /// Whether the service was too busy to begin.
    pub(crate) fn is_throttled(&self) -> bool {
        self.kind == ProviderErrorKind::Throttled
    }

    /// The same, of an attempt that came after one that was lost.
    pub(crate) fn after_lost_attempt(self) -> Self {
        Self { attempt: Attempt::AfterLost, ..self }
    }

    /// Without what KMS said, if that shows what it was sent.
    pub(crate) fn without(mut self, secrets: &[SecretBytes]) -> Self {
        let shows = |text: &str| echo::shows(text, secrets);
        if shows(&self.message) {
            ECHO.clone_into(&mut self.message);
        }
        self.code.take_if(|code| shows(code));
        self.request_id.take_if(|id| shows(id));
        self
    }

    /// Whether the gateway refused the time of the request.
    pub(crate) fn is_about_time(&self) -> bool {
        is_about_time(self.code().unwrap_or_default(), &self.message)
    }

    /// Whether the gateway of an instance refused the signature of the request.
    pub(crate) fn is_about_signature(&self) -> bool {
        is_about_signature(self.code().unwrap_or_default(), &self.message)
    }

    /// The same under another code.
    pub(crate) fn with_code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    /// With what a comparison of the clocks has shown, if it was about them.
    pub(crate) fn with_skew(self, skew: Option<String>) -> Self {
        let skew = skew.filter(|_| self.is_about_time());
        Self { skew, ..self }
    }

    fn next_step(&self) -> Option<&'static str> {
        Some(match (self.code().unwrap_or_default(), self.kind) {
            _ if self.is_about_time() => {
                "the clock of this machine has to be right: KMS takes 15 minutes to either side"
            }
            ("Unauthorized", _) => {
                "KMS does not know this ClientKey: it was deleted or has expired, or belongs to another \
                 instance"
            }
            ("Forbidden.NoPermission", _) => {
                "the permission policy of the application access point, or of the RAM user, has to allow \
                 this operation on this key"
            }
            ("IncompleteSignature" | "SignatureDoesNotMatch", _) => {
                "check the secret of the access key"
            }
            ("Forbidden.KmsServiceNotEnabled", _) => "activate KMS in the console of the account",
            ("Forbidden.InDebt" | "Forbidden.InDebtOverdue", _) => "pay what the account owes",
            (code, _) if code.starts_with("InvalidSecurityToken") => {
                "the temporary access key has ended, or the token is that of another one: get a new one"
            }
            ("Rejected.Disabled", _) => "enable the key",
            ("Rejected.PendingDeletion", _) => "cancel the deletion of the key, and soon",
            ("Rejected.PendingImport", _) => "import the key material",
            ("InvalidParameter", _) if self.call.operation.ends_with("Decrypt") => {
                "KMS may say so as well of another encryption context, or of a wrapped key that was changed"
            }
            ("UnsupportedOperation", _) => {
                "check that the kind of the key fits: the Advance operations take symmetric keys that are \
                 protected by software"
            }
            (_, ProviderErrorKind::Denied) => "check the ClientKey or the access key",
            (_, ProviderErrorKind::NotFound) => {
                "check the id or alias, and that it is in this instance or region"
            }
            (_, ProviderErrorKind::Throttled) => {
                "try again later, make fewer calls with a cache, or get an instance with more"
            }
            (_, ProviderErrorKind::Unavailable) => {
                "check the network, proxy and endpoint, and try again"
            }
            _ if self.status == Some(413) => "an instance takes 3 MB at once, and 6 KB is advised",
            _ => return None,
        })
    }
}

impl fmt::Display for AlibabaKmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kms:{}", self.call.operation)?;
        if let Some(key_id) = self.key_id() {
            write!(f, " of {key_id}")?;
        }
        let status = self.status.map(|status| format!("HTTP status {status}"));
        let id = self.request_id().map(|id| format!("request id {id}"));
        let details: Vec<_> = self.code.clone().into_iter().chain(status).chain(id).collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if self.is_after_lost_attempt() {
            write!(f, "; there was no answer to an attempt before, which may have done it")?;
        }
        self.skew.as_ref().map_or(Ok(()), |skew| write!(f, "; {skew}"))
    }
}

impl StdError for AlibabaKmsError {}

/// What was called.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) key_id: Option<String>,
}

impl Call {
    pub(crate) fn of_key(operation: &'static str, key_id: &str) -> Self {
        Self { operation, key_id: Some(key_id.to_owned()) }
    }

    /// The call failed, and this was the answer.
    pub(crate) fn refused(self, refusal: Refusal) -> AlibabaKmsError {
        let kind = kind_of(&refusal);
        let Refusal { status, code, message, request_id } = refusal;
        let known = |text: String| Some(said(&text)).filter(|text| !text.is_empty());
        AlibabaKmsError {
            call: self,
            kind,
            status: Some(status),
            code: known(code),
            message: said(&message),
            request_id: known(request_id),
            skew: None,
            attempt: Attempt::First,
        }
    }

    /// The call failed without an answer.
    pub(crate) fn unanswered(self, kind: ProviderErrorKind, message: &str) -> AlibabaKmsError {
        let (status, code, request_id) = (None, None, None);
        let (message, attempt) = (said(message), Attempt::First);
        AlibabaKmsError { call: self, kind, status, code, message, request_id, skew: None, attempt }
    }

    /// There was no answer.
    pub(crate) fn without_answer(self, no_answer: &NoAnswer) -> AlibabaKmsError {
        let message = no_answer.message();
        match no_answer.kind() {
            NoAnswerKind::Untrusted => {
                let message = format!(
                    "{DISTRUST}: {message}; instances have a CA of their own, which \
                     AlibabaKmsSettings::ca_file takes"
                );
                self.unanswered(ProviderErrorKind::Other, &message)
            }
            NoAnswerKind::TooLong => self.unanswered(ProviderErrorKind::Other, message),
            NoAnswerKind::TimedOut => self.unanswered(ProviderErrorKind::Unavailable, TIMED_OUT),
            _ => self.unanswered(ProviderErrorKind::Unavailable, message),
        }
    }

    /// An answer has to be by the key that was asked.
    pub(crate) fn check_key(&self, found: &str, request_id: Option<&str>) -> Result<(), Error> {
        if self.key_id.as_deref() == Some(found) {
            return Ok(());
        }
        let what = "KMS used another key than it was asked to";
        Err(self.clone().answered_wrongly(request_id, what).into())
    }

    /// KMS answered, and not what was asked for.
    pub(crate) fn answered_wrongly(self, request_id: Option<&str>, what: &str) -> AlibabaKmsError {
        let request_id = request_id.map(said).filter(|id| !id.is_empty());
        let error = self.unanswered(ProviderErrorKind::Other, what);
        AlibabaKmsError { request_id, ..error }
    }
}

/// With what to do next.
impl From<AlibabaKmsError> for Error {
    fn from(error: AlibabaKmsError) -> Self {
        let message = match error.next_step() {
            Some(step) => format!("{error}; {step}"),
            None => error.to_string(),
        };
        ProviderError::new(error.kind, message).with_source(error).into()
    }
}

/// An answer that says that a call failed. What is not known is empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
}

impl Refusal {
    /// Of an answer that KMS did not write, such as a page of a proxy.
    pub(crate) fn of_others(status: u16, body: &[u8]) -> Self {
        let start = text_at(&body[..body.len().min(LONGEST_EXCERPT)]);
        let words: Vec<_> = start.split_whitespace().collect();
        let message = match words.join(" ") {
            words if words.is_empty() && body.is_empty() => "the answer is empty".to_owned(),
            words if words.is_empty() => "the answer is not one of KMS, and no text".to_owned(),
            words => format!("the answer is not one of KMS: {words}"),
        };
        Self { status, code: String::new(), message, request_id: String::new() }
    }
}

/// The text at the front of what somebody answered. A message of the gateway is none: in its fields there may be
/// what is secret, in an answer that came with the wrong status, or in a request that was sent back.
fn text_at(bytes: &[u8]) -> &str {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let start = text.split(|c: char| c.is_control() && !c.is_ascii_whitespace()).next();
    let start = start.unwrap_or_default();
    // The first field of a message begins as an empty line does.
    let is_field = bytes.starts_with(b"\n") && start.len() < bytes.len();
    if is_field { "" } else { start }
}

/// Sorted by what can be done.
fn kind_of(refusal: &Refusal) -> ProviderErrorKind {
    let Refusal { status, code, message, .. } = refusal;
    if is_about_time(code, message) || is_about_signature(code, message) {
        return ProviderErrorKind::Denied;
    }
    kind_of_code(code).unwrap_or(match status {
        // Those of proxies, and of codes that are not known.
        429 => ProviderErrorKind::Throttled,
        401 | 403 | 407 => ProviderErrorKind::Denied,
        500.. => ProviderErrorKind::Unavailable,
        _ => ProviderErrorKind::Other,
    })
}

fn is_about_time(code: &str, message: &str) -> bool {
    match code {
        "RequestTimeTooSkewed" | "IllegalTimestamp" => true,
        "InvalidParam" => message == DATE_INVALID,
        _ => false,
    }
}

fn is_about_signature(code: &str, message: &str) -> bool {
    code == "InvalidParam" && message == SIGNATURE_INVALID
}

/// The codes of the gateway of instances and of the OpenAPI, as far as they are documented.
fn kind_of_code(code: &str) -> Option<ProviderErrorKind> {
    Some(match code {
        "Unauthorized"
        | "SignatureNotMatch"
        | "SignatureDoesNotMatch"
        | "SignatureNonceUsed"
        | "IncompleteSignature"
        | "MissingSecurityToken"
        | "AccessDeniedError"
        | "NoPermission" => ProviderErrorKind::Denied,
        "Forbidden.KeyNotFound"
        | "Forbidden.KeyVersionNotFound"
        | "Forbidden.AliasNotFound"
        | "Forbidden.ResourceNotFound" => ProviderErrorKind::NotFound,
        "Rejected.Disabled"
        | "Rejected.PendingDeletion"
        | "Rejected.PendingImport"
        | "Rejected.Unavailable" => ProviderErrorKind::Disabled,
        "Rejected.Throttling" => ProviderErrorKind::Throttled,
        // The third is so spelt in the vendor's older documentation.
        "InternalFailure"
        | "ServiceUnavailableTemporary"
        | "SerivceUnavailableTemporary"
        | "ServiceUnavailable" => ProviderErrorKind::Unavailable,
        "UnsupportedOperation"
        | "Rejected.UnsupportedOperation"
        | "InvalidAction.NotFound"
        | "InvalidApiName"
        | "InvalidApiVersion" => ProviderErrorKind::Unsupported,
        _ if code.starts_with("Throttling") => ProviderErrorKind::Throttled,
        _ if code.starts_with("InvalidAccessKeyId") || code.starts_with("InvalidSecurityToken") => {
            ProviderErrorKind::Denied
        }
        _ if code.starts_with("Forbidden") => ProviderErrorKind::Denied,
        _ => return None,
    })
}

const DISTRUST: &str = "the certificate of the gateway is not trusted";
const TIMED_OUT: &str = "no answer came in time";
const DATE_INVALID: &str = "The Param Date is invalid.";
const SIGNATURE_INVALID: &str = "The Param Authorization is invalid.";
const BODY_INVALID: &str = "The Param Content-SHA256 is invalid.";
const ECHO: &str = "what KMS said is not shown, as it has parts of what was sent";
/// In bytes.
const LONGEST_EXCERPT: usize = 300;
