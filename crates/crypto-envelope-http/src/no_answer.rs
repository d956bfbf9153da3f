//! Why nothing came back.

use std::{error::Error as StdError, fmt};

use crypto_envelope::service;

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    message: String,
    kind: NoAnswerKind,
    arrival: Arrival,
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

    /// Whether the service may have got the request, or a part of it, and done what was asked for. If
    /// there was no connection, it has not.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        self.arrival == Arrival::Possible
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
        let arrival = if error.is_connect() { Arrival::Impossible } else { Arrival::Possible };
        Self { message, kind, arrival }
    }

    pub(crate) fn too_long(longest: usize) -> Self {
        Self::on_its_way(
            NoAnswerKind::TooLong,
            format!("the answer is longer than {longest} bytes"),
        )
    }

    pub(crate) fn timed_out() -> Self {
        Self::on_its_way(NoAnswerKind::TimedOut, "no answer came in time".to_owned())
    }

    /// Nobody reads the answer any more.
    pub(crate) fn abandoned() -> Self {
        let message = "the answer is not read any more: its process has ended, or was forked since";
        Self::on_its_way(NoAnswerKind::Unreachable, message.to_owned())
    }

    fn on_its_way(kind: NoAnswerKind, message: String) -> Self {
        Self { message, kind, arrival: Arrival::Possible }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for NoAnswer {}

/// Whether the service may have got the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    Possible,
    Impossible,
}
