//! Why a request is taken for that of nobody. Each service has codes of its own for it.

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignatureError {
    pub(crate) reason: Reason,
    /// As most services of AWS say it.
    pub(crate) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is none.
    Missing,
    /// It lacks something, or that is malformed.
    Incomplete,
    /// It is for another service or another day.
    Scope,
    /// Something that has to be signed is not.
    Unsigned,
    /// The clocks are too far apart.
    Time,
    /// That of a presigned URL was good for some time.
    Expired,
    Mismatch,
}

pub(super) fn refused(reason: Reason, message: impl Into<String>) -> SignatureError {
    SignatureError { reason, message: message.into() }
}

pub(super) fn incomplete(message: impl Into<String>) -> SignatureError {
    refused(Reason::Incomplete, message)
}
