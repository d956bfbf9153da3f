//! Errors of COS, sorted by what can be done.

use super::Refusal;

/// The kinds of [`CosError`](super::CosError).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosErrorKind {
    /// The caller may not do this, or could not show who they are.
    Denied,
    /// There is no such object, version, upload or bucket.
    NotFound,
    /// There is such an object already, and it was not to be overwritten.
    AlreadyExists,
    /// The object is not the one that the call was meant for.
    PreconditionFailed,
    /// The object is still the one that the caller has.
    NotModified,
    /// The range begins behind the end of the object.
    RangeNotSatisfiable,
    /// The object is archived: it has to be restored before it can be read.
    Archived,
    /// Something else is being done to the same thing.
    Conflict,
    /// Too many requests: try again later.
    Throttled,
    /// COS could not be reached, or could not answer.
    Unavailable,
    /// What arrived is not what was sent.
    Damaged,
    /// The answer is not one to the call.
    Unreadable,
    /// COS refuses the request as it is.
    Invalid,
    /// COS cannot do this at all, or not in this bucket.
    Unsupported,
    /// Whoever answered could not show that they are the endpoint.
    Untrusted,
    /// Anything else.
    Other,
}

impl CosErrorKind {
    /// Of an answer whose status is all that is known.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            304 => Self::NotModified,
            401 | 403 | 407 | 451 => Self::Denied,
            404 => Self::NotFound,
            405 | 501 => Self::Unsupported,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            416 => Self::RangeNotSatisfiable,
            429 => Self::Throttled,
            408 | 500.. => Self::Unavailable,
            400..500 => Self::Invalid,
            _ => Self::Other,
        }
    }
}

pub(super) fn of(refusal: &Refusal) -> CosErrorKind {
    if is_about_time(&refusal.code, &refusal.message) {
        return CosErrorKind::Denied;
    }
    of_code(&refusal.code).unwrap_or_else(|| CosErrorKind::of_status(refusal.status))
}

/// Whether COS refused the time of the request.
pub(super) fn is_about_time(code: &str, message: &str) -> bool {
    match code {
        "RequestTimeTooSkewed" | "RequestIsExpired" => true,
        "AccessDenied" => message.starts_with("Request has expired"),
        _ => false,
    }
}

pub(super) fn step_of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "SignatureDoesNotMatch" => {
            "check the secret key; if it is right, compare format_string() with what was meant: a proxy may \
             have changed the request"
        }
        "InvalidAccessKeyId" => "COS does not know the secret id: it was deleted, or is disabled",
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
            "the temporary credentials have ended, or the token is that of others: get new ones"
        }
        "InvalidObjectState" => "the object is archived: restore it first",
        "UnavailableForLegalReasons" | "AccountProblem" => {
            "see to the account: COS says it may owe something"
        }
        "NoSuchUpload" => "the upload was completed or aborted, or never began",
        "PermanentRedirect" | "TemporaryRedirect" => "the bucket is elsewhere: check its region",
        "EntityTooSmall" => "every part but the last has at least 1 MiB",
        "InvalidPart" | "InvalidPartOrder" => {
            "parts are listed in order, by the entity tags that their uploads gave"
        }
        _ => return None,
    })
}

/// The codes that are documented, where they say more than the status, or do not come with one.
fn of_code(code: &str) -> Option<CosErrorKind> {
    use CosErrorKind as Kind;
    Some(match code {
        "AccessDenied"
        | "AccessForbidden"
        | "AccountProblem"
        | "ExpiredToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired"
        | "UnavailableForLegalReasons" => Kind::Denied,
        "NoSuchBucket" | "NoSuchKey" | "NoSuchResource" | "NoSuchUpload" | "NoSuchVersion" => {
            Kind::NotFound
        }
        "FileAlreadyExists" | "ObjectAlreadyExists" => Kind::AlreadyExists,
        "PreconditionFailed" => Kind::PreconditionFailed,
        "NotModified" => Kind::NotModified,
        "InvalidRange" => Kind::RangeNotSatisfiable,
        "InvalidObjectState" => Kind::Archived,
        "OperationAborted" | "PathConflict" => Kind::Conflict,
        "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" => Kind::Throttled,
        "InternalError" | "RequestTimeOut" | "RequestTimeout" | "ServiceUnavailable" => {
            Kind::Unavailable
        }
        "BadDigest" | "IncompleteBody" | "InvalidSHA1Digest" | "XCosContentSHA256Mismatch" => {
            Kind::Damaged
        }
        "MethodNotAllowed" | "NotImplemented" => Kind::Unsupported,
        _ => return None,
    })
}
