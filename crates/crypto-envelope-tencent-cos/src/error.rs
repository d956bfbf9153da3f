//! What COS, or the way to it, says when a call fails.

mod kind;
mod redact;
mod refusal;

use std::{error::Error as StdError, fmt, io};

use crypto_envelope::{
    Error, SecretBytes,
    service::{self, said},
};
use crypto_envelope_http::{NoAnswer, NoAnswerKind};

pub use self::kind::CosErrorKind;
pub(crate) use self::refusal::Refusal;
use crate::{CosBucket, ObjectKey, clock};

/// A call to COS that failed.
///
/// Inside of [`Error::Io`], with what to do next; [`CosError::find_in`] takes it out again.
#[derive(Clone, Debug)]
pub struct CosError(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    about: About,
    kind: CosErrorKind,
    status: Option<u16>,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    trace_id: Option<String>,
    string_to_sign: Option<String>,
    format_string: Option<String>,
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

impl CosError {
    /// What COS said, if `error` is about that.
    #[must_use]
    pub fn find_in(error: &Error) -> Option<&Self> {
        service::caused_by(error)
    }

    /// The kind of what COS said, if `error` is about that.
    #[must_use]
    pub fn kind_in(error: &Error) -> Option<CosErrorKind> {
        Self::find_in(error).map(Self::kind)
    }

    /// The operation, such as `GetObject`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.about.operation
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.0.about.bucket.name()
    }

    /// The key of the object. None if the call was about the bucket.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.about.key.as_ref().map(ObjectKey::as_str)
    }

    /// What the caller can act on.
    #[must_use]
    pub fn kind(&self) -> CosErrorKind {
        self.0.kind
    }

    /// The HTTP status of the answer: 200 too, for calls that fail after their answer has begun. None if there
    /// was no answer, or one that says that all is well and cannot be right.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The error code of COS, such as `NoSuchKey`. None if it was not COS that answered, or it had no room to
    /// say (`HeadObject`).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What COS said, without what is dangerous to print, and not more than 1000 characters of it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The id under which the vendor knows the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The id under which the vendor knows what happened to it.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// What COS thinks is to be signed, if it refused a signature.
    #[must_use]
    pub fn string_to_sign(&self) -> Option<&str> {
        self.0.string_to_sign.as_deref()
    }

    /// The request as COS takes it for the signature, if it refused one, without keys and tokens: to compare
    /// with what was meant.
    #[must_use]
    pub fn format_string(&self) -> Option<&str> {
        self.0.format_string.as_deref()
    }

    /// Whether the same call may work a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        use CosErrorKind::{Damaged, Throttled, Unavailable};
        matches!(self.0.kind, Damaged | Throttled | Unavailable)
    }

    /// Whether the call was refused when it was tried again, while it is not known what became of an attempt
    /// before: an upload may be complete although another attempt finds none.
    #[must_use]
    pub fn is_after_lost_attempt(&self) -> bool {
        self.0.attempt == Attempt::AfterLost
    }

    /// The same, of an attempt that came after one that was lost.
    pub(crate) fn after_lost_attempt(mut self) -> Self {
        self.0.attempt = Attempt::AfterLost;
        self
    }

    /// With what a comparison of the clocks has shown, if it was about them.
    pub(crate) fn with_clock(mut self, date: Option<&str>, now: std::time::SystemTime) -> Self {
        if self.is_about_time() {
            self.0.skew = date.and_then(|date| clock::skew(date, now));
        }
        self
    }

    fn is_about_time(&self) -> bool {
        kind::is_about_time(self.code().unwrap_or_default(), &self.0.message)
    }

    fn next_step(&self) -> Option<&'static str> {
        if self.is_about_time() {
            return Some(
                "the clock of this machine has to be right: COS takes 15 minutes to either side",
            );
        }
        kind::step_of_code(self.code().unwrap_or_default()).or(match self.0.kind {
            CosErrorKind::Denied => {
                Some("check the credentials, and that the policies of account and bucket allow it")
            }
            CosErrorKind::NotFound => Some("check the bucket, its region, and the key"),
            CosErrorKind::PreconditionFailed => {
                Some("the object is another one meanwhile: read it again, and decide anew")
            }
            CosErrorKind::Throttled => Some("try again later, or make fewer calls at once"),
            CosErrorKind::Unavailable => {
                Some("check the network, proxy and endpoint, and try again")
            }
            CosErrorKind::Damaged => Some("it was damaged on its way: try again"),
            _ if matches!(self.0.status, Some(301 | 302 | 307)) => {
                Some("the bucket is elsewhere: check its region")
            }
            _ => None,
        })
    }

    fn io_kind(&self) -> io::ErrorKind {
        match self.0.kind {
            CosErrorKind::Denied => io::ErrorKind::PermissionDenied,
            CosErrorKind::NotFound => io::ErrorKind::NotFound,
            CosErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            CosErrorKind::Invalid | CosErrorKind::RangeNotSatisfiable => {
                io::ErrorKind::InvalidInput
            }
            CosErrorKind::Damaged | CosErrorKind::Unreadable => io::ErrorKind::InvalidData,
            CosErrorKind::Unsupported => io::ErrorKind::Unsupported,
            _ => io::ErrorKind::Other,
        }
    }
}

impl fmt::Display for CosError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { about, status, code, message, skew, .. } = &*self.0;
        write!(f, "cos:{} of {}", about.operation, about.bucket)?;
        if let Some(key) = &about.key {
            write!(f, "/{}", said(key.as_str()))?;
        }
        let status = status.map(|status| format!("HTTP status {status}"));
        let id = self.request_id().map(|id| format!("request id {id}"));
        let details: Vec<_> = code.clone().into_iter().chain(status).chain(id).collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        if self.is_after_lost_attempt() {
            write!(f, "; there was no answer to an attempt before, which may have done it")?;
        }
        skew.as_ref().map_or(Ok(()), |skew| write!(f, "; {skew}"))
    }
}

impl StdError for CosError {}

/// With what to do next.
impl From<CosError> for Error {
    fn from(error: CosError) -> Self {
        Self::Io(io::Error::new(error.io_kind(), WithNextStep(error)))
    }
}

/// What people read. The error itself is below it, where one finds it however often this was passed on.
#[derive(Debug)]
struct WithNextStep(CosError);

impl fmt::Display for WithNextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.next_step() {
            Some(step) => write!(f, "{}; {step}", self.0),
            None => self.0.fmt(f),
        }
    }
}

impl StdError for WithNextStep {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// What was called, and about what.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) operation: &'static str,
    pub(crate) bucket: CosBucket,
    pub(crate) key: Option<ObjectKey>,
}

impl About {
    /// The call failed, and this was the answer. What was sent as `secrets` is left out of it.
    pub(crate) fn refused(self, refusal: Refusal, secrets: &[SecretBytes]) -> CosError {
        let kind = kind::of(&refusal);
        let clean = |text: String| said(&redact::without_secrets(&text, secrets));
        let known = |text: String| Some(clean(text)).filter(|text| !text.is_empty());
        // Their lines mean something.
        let lines = |text: Option<String>| {
            let text = text.map(|text| redact::format_string(&text))?;
            let lines: Vec<_> =
                text.split('\n').map(|line| clean(line.to_owned())).take(MOST_LINES).collect();
            Some(lines.join("\n"))
        };
        CosError(Box::new(Details {
            about: self,
            kind,
            status: Some(refusal.status),
            code: known(refusal.code),
            message: clean(refusal.message),
            request_id: known(refusal.request_id),
            trace_id: known(refusal.trace_id),
            string_to_sign: lines(refusal.string_to_sign),
            format_string: lines(refusal.format_string),
            skew: None,
            attempt: Attempt::First,
        }))
    }

    /// The call failed without an answer of COS.
    pub(crate) fn failed(self, kind: CosErrorKind, message: &str) -> CosError {
        CosError(Box::new(Details {
            about: self,
            kind,
            status: None,
            code: None,
            message: said(message),
            request_id: None,
            trace_id: None,
            string_to_sign: None,
            format_string: None,
            skew: None,
            attempt: Attempt::First,
        }))
    }

    /// No answer came.
    pub(crate) fn without_answer(self, no_answer: &NoAnswer) -> CosError {
        let message = no_answer.message();
        match no_answer.kind() {
            NoAnswerKind::Untrusted => {
                let message = format!("the certificate of the endpoint is not trusted: {message}");
                self.failed(CosErrorKind::Untrusted, &message)
            }
            NoAnswerKind::TooLong => self.failed(CosErrorKind::Unreadable, message),
            _ => self.failed(CosErrorKind::Unavailable, message),
        }
    }

    /// COS answered, and not what was asked for.
    pub(crate) fn answered_wrongly(self, request_id: Option<&str>, what: &str) -> CosError {
        let mut error = self.failed(CosErrorKind::Unreadable, &format!("the answer is {what}"));
        error.0.request_id = request_id.map(said).filter(|id| !id.is_empty());
        error
    }
}

/// Of what was to be signed: method, path, parameters, headers, and a few more if the key has line feeds.
const MOST_LINES: usize = 20;

#[cfg(test)]
mod tests;
