//! Why nothing came back.

use std::error::Error as _;

use crypto_envelope::service;

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    message: String,
    kind: NoAnswerKind,
}

/// Why nothing came back, as far as one can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswerKind {
    /// Whoever answers cannot show that they are the service. Trying again is no use.
    Untrusted,
    /// Not in the time that was given.
    TimedOut,
    /// More than was to be read.
    TooLong,
    /// No connection, or one that broke.
    Unreachable,
}

impl NoAnswer {
    /// What can be done.
    #[must_use]
    pub fn kind(&self) -> NoAnswerKind {
        self.kind
    }

    /// What went wrong, in words, without the URL.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether another attempt may bring an answer.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, NoAnswerKind::TimedOut | NoAnswerKind::Unreachable)
    }

    pub(crate) fn of(error: &reqwest::Error) -> Self {
        // Without the URL, which may hold what was to be encrypted.
        let message = error.source().map_or_else(|| "no answer".to_owned(), service::chain);
        let is_untrusted = service::caused_by::<rustls::Error>(error)
            .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)));
        let kind = if is_untrusted {
            NoAnswerKind::Untrusted
        } else if error.is_timeout() {
            NoAnswerKind::TimedOut
        } else {
            NoAnswerKind::Unreachable
        };
        Self { message, kind }
    }

    pub(crate) fn too_long(longest: usize) -> Self {
        let message = format!("the answer is longer than {longest} bytes");
        Self { message, kind: NoAnswerKind::TooLong }
    }
}
