//! What the server, or the way to it, says when a call fails, and what it does not say when it should.

use std::{error::Error as StdError, fmt, io};

use crypto_envelope::{Error, service};
use crypto_envelope_aws::{Cause, Failure};
use crypto_envelope_transfer::RecordError;

use crate::ObjectPlace;

/// A call to S3 that failed, or whose answer cannot be relied on.
///
/// Inside of [`Error::Io`], with what to do next; [`SseCError::find_in`] takes it out again.
#[derive(Clone, Debug)]
pub struct SseCError(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    operation: &'static str,
    place: ObjectPlace,
    kind: SseCErrorKind,
    status: Option<u16>,
    failure: Option<Failure>,
    /// What we know beyond what the server said.
    finding: String,
    stored: Option<StoredObject>,
    written: Written,
}

/// Whether something was stored before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    No,
    Yes,
    /// In the place of the object that was the source.
    InPlace,
}

impl SseCError {
    /// What happened with S3, if `error` is about that.
    #[must_use]
    pub fn find_in(error: &Error) -> Option<&Self> {
        service::caused_by(error)
    }

    /// The kind of what happened with S3, if `error` is about that.
    #[must_use]
    pub fn kind_in(error: &Error) -> Option<SseCErrorKind> {
        Self::find_in(error).map(Self::kind)
    }

    /// The operation, such as `GetObject`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What it was about.
    #[must_use]
    pub fn place(&self) -> &ObjectPlace {
        &self.0.place
    }

    /// What the caller can act on.
    #[must_use]
    pub fn kind(&self) -> SseCErrorKind {
        self.0.kind
    }

    /// The HTTP status of the answer. None if there was none.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The error code of the server, such as `NoSuchKey`. None if it said none, as in answers to HEAD.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.failure.as_ref().and_then(Failure::code)
    }

    /// The id under which the server knows the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.failure.as_ref().and_then(Failure::request_id)
    }

    /// What was stored, although the call failed. **How it is protected is said by the kind**: of
    /// [`NotProtected`](SseCErrorKind::NotProtected) it is not, of [`Unproven`](SseCErrorKind::Unproven) nobody knows,
    /// and of [`Unverified`](SseCErrorKind::Unverified) it may be as it should be.
    /// [`SseCClient::delete_stored`](crate::SseCClient::delete_stored) removes it.
    #[must_use]
    pub fn stored(&self) -> Option<&StoredObject> {
        self.0.stored.as_ref()
    }

    /// A call that failed.
    pub(crate) fn of(about: About, failure: Failure) -> Self {
        let kind = kind_of(&failure);
        let status = match failure.cause() {
            Cause::Answered { status } | Cause::Unreadable { status } => Some(status),
            _ => None,
        };
        Self::with(about, kind, status, Some(failure), String::new())
    }

    /// Of an object that was looked at before.
    pub(crate) fn another_object(about: About) -> Self {
        let finding = "it is another object by now than the one that was looked at";
        Self::found(about, SseCErrorKind::Changed, finding)
    }

    /// The same, without what the server said if it quotes a key.
    pub(crate) fn without_quotes(mut self, is_quote: impl FnOnce(&str) -> bool) -> Self {
        if self.0.failure.as_ref().is_some_and(|failure| is_quote(&failure.to_string())) {
            let finding = "what the server said is not shown, as it has parts of what was sent";
            (self.0.failure, self.0.finding) = (None, finding.to_owned());
        }
        self
    }

    /// Of a list that has no end, or hides it.
    pub(crate) fn endless(about: About) -> Self {
        let finding = "the server says that there is more, and not where";
        Self::found(about, SseCErrorKind::Other, finding)
    }

    /// A call that was answered, but the answer cannot be relied on, or was not made at all.
    pub(crate) fn found(about: About, kind: SseCErrorKind, finding: impl Into<String>) -> Self {
        Self::with(about, kind, None, None, finding.into())
    }

    /// The same failure, of which more is known now.
    pub(crate) fn found_out(mut self, kind: SseCErrorKind, finding: impl Into<String>) -> Self {
        self.0.kind = kind;
        self.0.finding = finding.into();
        self
    }

    pub(crate) fn with_stored(mut self, stored: StoredObject) -> Self {
        self.0.stored = Some(stored);
        self
    }

    /// The same, of something that had been stored by then.
    pub(crate) fn after_write(mut self) -> Self {
        self.0.written = Written::Yes;
        self
    }

    /// Why nobody can rely on what was stored by then, although the write itself seemed to go well.
    pub(crate) fn of_stored(error: &Error, about: &About, stored: &StoredObject) -> Self {
        let known = Self::find_in(error).filter(|ours| {
            matches!(
                ours.kind(),
                SseCErrorKind::Damaged
                    | SseCErrorKind::KeyRetired
                    | SseCErrorKind::NotProtected
                    | SseCErrorKind::Unproven
                    | SseCErrorKind::Unverified
            )
        });
        let mut ours = known.cloned().unwrap_or_else(|| {
            let finding = format!("what was stored cannot be looked at: {error}");
            Self::found(about.clone(), SseCErrorKind::Unverified, finding)
        });
        ours.0.stored.get_or_insert_with(|| stored.clone());
        ours.after_write()
    }

    /// The same, if what was stored took the place of the object itself.
    pub(crate) fn in_place(mut self) -> Self {
        if let Some(stored) = &mut self.0.stored {
            stored.took_the_place = true;
        }
        if self.0.written == Written::Yes {
            self.0.written = Written::InPlace;
        }
        self
    }

    fn with(
        about: About,
        kind: SseCErrorKind,
        status: Option<u16>,
        failure: Option<Failure>,
        finding: String,
    ) -> Self {
        let About { operation, place } = about;
        let (stored, written) = (None, Written::No);
        Self(Box::new(Details {
            operation,
            place,
            kind,
            status,
            failure,
            finding,
            stored,
            written,
        }))
    }
}

impl fmt::Display for SseCError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { operation, place, failure, finding, .. } = &*self.0;
        write!(f, "{operation} of {place}")?;
        match failure {
            Some(failure) => failure.fmt(f)?,
            None => f.write_str(":")?,
        }
        let separator = if failure.is_some() { ";" } else { "" };
        if !finding.is_empty() {
            write!(f, "{separator} {finding}")?;
        }
        match next_step(&self.0) {
            "" => Ok(()),
            step => write!(f, "; {step}"),
        }
    }
}

impl StdError for SseCError {}

impl From<SseCError> for Error {
    fn from(error: SseCError) -> Self {
        let kind = match error.kind() {
            SseCErrorKind::Denied => io::ErrorKind::PermissionDenied,
            SseCErrorKind::NotFound => io::ErrorKind::NotFound,
            SseCErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            SseCErrorKind::Unsupported => io::ErrorKind::Unsupported,
            SseCErrorKind::NotProtected
            | SseCErrorKind::Unproven
            | SseCErrorKind::NotEncrypted
            | SseCErrorKind::Damaged => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        Self::Io(io::Error::new(kind, error))
    }
}

/// The kinds of [`SseCError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SseCErrorKind {
    /// The credentials may not do this.
    Denied,
    /// There is no such bucket, object, version or upload.
    NotFound,
    /// The object is under another key than those that were tried.
    WrongKey,
    /// The object is under a customer key, and none was given.
    KeyRequired,
    /// The object is not under a customer key.
    NotEncrypted,
    /// **The server stored the object without protection**, although it was told to use the key.
    NotProtected,
    /// The server does not say that it used the key: what it stored may be without protection.
    Unproven,
    /// What was stored could not be looked at, because of the network or of rights. It may be as it should be.
    Unverified,
    /// What was stored is under a key of a ring that was retired meanwhile: nobody can open it.
    KeyRetired,
    /// The server cannot do this, or not with customer keys.
    Unsupported,
    /// The object is another one by now.
    Changed,
    /// There is an object already, which was not to be replaced.
    AlreadyExists,
    /// Too many requests: try again later.
    Throttled,
    /// The server did not answer, or not so that it can be understood, or says that it is out of order.
    Unavailable,
    /// What arrived is not what was sent.
    Damaged,
    /// The call was not made: the key would cross the network in clear, or there are no credentials.
    NotSent,
    /// Anything else.
    Other,
}

/// What a server has stored, although it is not sure that it is under the key that went along.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredObject {
    /// Where, with the version if the server told one.
    pub place: ObjectPlace,
    /// Of what is stored, as the server said it.
    pub etag: Option<String>,
    /// Whether it took the place of the very object that was to be put under the key: then there may be no other
    /// copy of it.
    pub took_the_place: bool,
}

/// Which call.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) operation: &'static str,
    pub(crate) place: ObjectPlace,
}

impl ObjectPlace {
    /// Of a call about it.
    pub(crate) fn about(&self, operation: &'static str) -> About {
        About { operation, place: self.clone() }
    }
}

/// What to do about a record by which nobody can go on.
pub(crate) fn unusable_record(error: RecordError) -> Error {
    let RecordError { path, what, .. } = error;
    let path = path.display();
    Error::invalid_input(format!(
        "the record of the transfer, {path}, cannot be used: {what}; name another one, or remove it"
    ))
}

/// Sorted by what can be done. The codes are those of the S3 API reference.
fn kind_of(failure: &Failure) -> SseCErrorKind {
    match failure.cause() {
        Cause::Answered { status } => kind_of_answer(failure.code().unwrap_or_default(), status),
        Cause::Unreadable { .. } | Cause::NoAnswer | Cause::CredentialsTimedOut => {
            SseCErrorKind::Unavailable
        }
        Cause::NoCredentials | Cause::Unsent => SseCErrorKind::NotSent,
        _ => SseCErrorKind::Other,
    }
}

/// Whether the server did not even look at what was asked for.
pub(crate) fn is_about_the_caller(code: &str) -> bool {
    matches!(
        code,
        "AuthorizationHeaderMalformed"
            | "AuthorizationQueryParametersError"
            | "ExpiredToken"
            | "IllegalLocationConstraintException"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "MissingSecurityHeader"
            | "PermanentRedirect"
            | "RequestTimeout"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired"
    )
}

fn kind_of_answer(code: &str, status: u16) -> SseCErrorKind {
    match code {
        "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" => {
            SseCErrorKind::Damaged
        }
        "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" => SseCErrorKind::Throttled,
        "NotImplemented" | "MethodNotAllowed" => SseCErrorKind::Unsupported,
        "ConditionalRequestConflict" => SseCErrorKind::Changed,
        "RequestTimeout" => SseCErrorKind::Unavailable,
        _ if is_about_the_caller(code) => SseCErrorKind::Denied,
        _ => match status {
            401 | 403 => SseCErrorKind::Denied,
            404 => SseCErrorKind::NotFound,
            405 | 501 => SseCErrorKind::Unsupported,
            304 | 412 => SseCErrorKind::Changed,
            429 => SseCErrorKind::Throttled,
            500.. => SseCErrorKind::Unavailable,
            _ => SseCErrorKind::Other,
        },
    }
}

fn next_step(details: &Details) -> &'static str {
    let took_the_place = details.stored.as_ref().is_some_and(|stored| stored.took_the_place);
    match details.kind {
        SseCErrorKind::NotProtected | SseCErrorKind::Unproven if took_the_place => {
            "it took the place of the object, of which there may be no other copy: read it, and do not use \
             customer keys with this server"
        }
        SseCErrorKind::Denied => {
            "check the credentials and the policies of the bucket: one of them may also refuse \
             customer keys, and Amazon S3 does so by default in new buckets"
        }
        SseCErrorKind::NotFound => "check the names of the bucket and of the object",
        SseCErrorKind::WrongKey => {
            "give the key that the object was written with; nobody, the server neither, can open it \
             without"
        }
        SseCErrorKind::KeyRequired => "give the key",
        SseCErrorKind::NotEncrypted => {
            "read it without a key, if it may be without protection, or put it under one"
        }
        SseCErrorKind::NotProtected | SseCErrorKind::Unproven => {
            "delete what was stored, and do not use customer keys with this server"
        }
        SseCErrorKind::Unverified => "it is stored: look at it again, and do not rely on it before",
        SseCErrorKind::KeyRetired => "write it again",
        SseCErrorKind::Changed => "look at the object again",
        SseCErrorKind::Throttled => "try again later",
        SseCErrorKind::Unavailable => "check the network and the endpoint, and try again",
        SseCErrorKind::Damaged if details.written == Written::InPlace => {
            "it took the place of the object: do not try again, but bring back an older version or a copy"
        }
        SseCErrorKind::Damaged => "try again",
        SseCErrorKind::AlreadyExists
        | SseCErrorKind::Unsupported
        | SseCErrorKind::NotSent
        | SseCErrorKind::Other => "",
    }
}
