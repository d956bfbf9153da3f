//! What can go wrong, sorted by what a caller can do about it.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use crate::{
    AlgorithmSuite, CommitmentPolicy, EncryptedDataKey,
    context::RESERVED_PREFIXES,
    limits::LimitKind,
    provider::{KeyProvider, ProviderError, Target},
};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
///
/// Authentication failures say *where* and never why; everything else says what and where. No
/// variant ever holds key bytes or plaintext.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A part of the message, or a wrapped key, is not genuine: it was changed, or belongs to
    /// another key, context or message.
    #[non_exhaustive]
    Authentication {
        /// The part that failed.
        part: MessagePart,
    },
    /// The message ends too early.
    #[non_exhaustive]
    Truncated {
        /// How many bytes of the message there were.
        offset: u64,
    },
    /// The bytes are not a well-formed message.
    #[non_exhaustive]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where, in bytes from the start of the message.
        offset: u64,
    },
    /// The bytes look like a message in base64. Decode it first.
    InBase64,
    /// A well-formed message of a kind that this version cannot read.
    #[non_exhaustive]
    Unsupported {
        /// What kind.
        what: String,
    },
    /// A bound of [`Limits`](crate::Limits) or of the format would be exceeded.
    #[non_exhaustive]
    Limit {
        /// Which one; its documentation says what to do.
        kind: LimitKind,
        /// Its value.
        limit: u64,
    },
    /// The message, or the request, is refused by a rule.
    Policy(PolicyViolation),
    /// None of the encrypted data keys could be unwrapped.
    #[non_exhaustive]
    NoUsableKey {
        /// What happened with each one, in the order of the message.
        attempts: Vec<UnwrapAttempt>,
    },
    /// A key provider could not do its work.
    Provider(ProviderError),
    /// A value given by the caller cannot be used.
    #[non_exhaustive]
    InvalidInput {
        /// Which, and what would be right.
        what: String,
    },
    /// The API was used in a way that cannot work; never caused by data.
    #[non_exhaustive]
    Misuse {
        /// What was done, and what to do instead.
        what: &'static str,
    },
    /// What is read in ranges, or by several threads, was replaced or changed meanwhile. Open it
    /// again: parts of the two must not be mixed.
    SourceChanged,
    /// A reader or writer failed.
    Io(io::Error),
    /// Something that never should happen.
    #[non_exhaustive]
    Internal {
        /// What.
        what: &'static str,
    },
}

/// For key providers, which report most failures as a [`ProviderError`].
impl Error {
    /// A wrapped key is not genuine.
    #[must_use]
    pub fn unauthentic_key() -> Self {
        Self::Authentication { part: MessagePart::EncryptedDataKey }
    }

    /// None of the keys that a provider asked could unwrap: what each of them said.
    #[must_use]
    pub fn no_usable_key(attempts: Vec<UnwrapAttempt>) -> Self {
        Self::NoUsableKey { attempts }
    }

    /// Something well-formed is of a kind that is not known.
    #[must_use]
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// A value given by the caller cannot be used. Must not show it if it is secret.
    #[must_use]
    pub fn invalid_input(what: impl Into<String>) -> Self {
        Self::InvalidInput { what: what.into() }
    }

    pub(crate) fn no_randomness() -> Self {
        Self::Internal { what: "the random number generator failed" }
    }

    /// The same error once more, for another one who waited for the same thing. What lies below it
    /// is shared.
    pub(crate) fn duplicate(self: &Arc<Self>) -> Self {
        match &**self {
            Self::Authentication { part } => Self::Authentication { part: *part },
            Self::Truncated { offset } => Self::Truncated { offset: *offset },
            Self::Malformed { what, offset } => Self::Malformed { what, offset: *offset },
            Self::InBase64 => Self::InBase64,
            Self::Unsupported { what } => Self::Unsupported { what: what.clone() },
            Self::Limit { kind, limit } => Self::Limit { kind: *kind, limit: *limit },
            Self::Policy(violation) => Self::Policy(violation.clone()),
            Self::NoUsableKey { attempts } => {
                let attempts = attempts.iter().map(UnwrapAttempt::duplicate).collect();
                Self::NoUsableKey { attempts }
            }
            Self::Provider(error) => Self::Provider(error.duplicate()),
            Self::InvalidInput { what } => Self::InvalidInput { what: what.clone() },
            Self::Misuse { what } => Self::Misuse { what },
            Self::SourceChanged => Self::SourceChanged,
            Self::Io(error) => {
                Self::Io(io::Error::new(error.kind(), SharedIoError(Arc::clone(self))))
            }
            Self::Internal { what } => Self::Internal { what },
        }
    }
}

/// An [`Error::Io`] that is reported to several.
#[derive(Debug)]
struct SharedIoError(Arc<Error>);

impl fmt::Display for SharedIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SharedIoError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication { part } => write!(f, "authentication failed: {part}"),
            Self::Truncated { offset } => {
                write!(f, "the message is truncated: it ends after {offset} bytes")
            }
            Self::Malformed { what, offset } => {
                write!(f, "malformed message at byte {offset}: {what}")
            }
            Self::InBase64 => {
                f.write_str("this is not a message; if it is one in base64, decode it first")
            }
            Self::Unsupported { what } => write!(f, "not supported: {what}"),
            Self::Limit { kind, limit } => write!(f, "limit exceeded: more than {limit} {kind}"),
            Self::Policy(violation) => write!(f, "refused by policy: {violation}"),
            Self::NoUsableKey { attempts } => fmt_attempts(attempts, f),
            Self::Provider(error) => error.fmt(f),
            Self::InvalidInput { what } => write!(f, "invalid input: {what}"),
            Self::Misuse { what } => write!(f, "misuse: {what}"),
            Self::SourceChanged => {
                f.write_str("the source was changed while it was read: open it again")
            }
            Self::Io(error) => error.fmt(f),
            Self::Internal { what } => write!(f, "internal error: {what}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Provider(error) => error.source(),
            Self::Io(error) => error.source(),
            _ => None,
        }
    }
}

impl From<PolicyViolation> for Error {
    fn from(violation: PolicyViolation) -> Self {
        Self::Policy(violation)
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// Takes an [`enum@Error`] out again that travelled inside of an [`io::Error`].
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(other) => Self::Io(other),
        }
    }
}

/// The stream adapters speak [`std::io`]: the error travels inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error,
            Error::Truncated { .. } => Self::new(io::ErrorKind::UnexpectedEof, error),
            Error::InvalidInput { .. } | Error::Misuse { .. } => {
                Self::new(io::ErrorKind::InvalidInput, error)
            }
            Error::Authentication { .. } | Error::Malformed { .. } | Error::InBase64 => {
                Self::new(io::ErrorKind::InvalidData, error)
            }
            _ => Self::other(error),
        }
    }
}

/// The part of a message that was not genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessagePart {
    /// A wrapped data key: it was changed, or the wrapping key or the encryption context differs.
    EncryptedDataKey,
    /// The header, or the data key is not the one that the message was sealed with.
    Header,
    /// The frame with this number, counted from 1.
    Frame(u32),
    /// The body of a non-framed message.
    Block,
    /// The signature at the end.
    Signature,
}

impl fmt::Display for MessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EncryptedDataKey => f.write_str("encrypted data key"),
            Self::Header => f.write_str("message header"),
            Self::Frame(number) => write!(f, "frame {number}"),
            Self::Block => f.write_str("message body"),
            Self::Signature => f.write_str("message signature"),
        }
    }
}

/// A rule that refused a message or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyViolation {
    /// Only unsigned messages are accepted, and this one is signed.
    #[non_exhaustive]
    SignedMessage {
        /// Its suite.
        suite: AlgorithmSuite,
    },
    /// A range was asked for, and the message is [signed](crate::ranges#signed-messages).
    /// [`danger_ignore_signature_in_ranges`](crate::DecryptorBuilder::danger_ignore_signature_in_ranges)
    /// reads it as if it was not signed.
    #[non_exhaustive]
    SignedRange {
        /// Its suite.
        suite: AlgorithmSuite,
    },
    /// The commitment policy does not permit this suite.
    #[non_exhaustive]
    Commitment {
        /// The suite.
        suite: AlgorithmSuite,
        /// The policy.
        policy: CommitmentPolicy,
    },
    /// The message carries a verification key although its suite does not sign, or none although
    /// it signs: its signature was stripped, or it was put together by hand.
    #[non_exhaustive]
    VerificationKey {
        /// Its suite.
        suite: AlgorithmSuite,
    },
    /// A pair that the caller expects has another value in the message.
    #[non_exhaustive]
    ContextMismatch {
        /// Its key.
        key: String,
    },
    /// A pair that the caller expects, or requires, is not there.
    #[non_exhaustive]
    ContextMissing {
        /// Its key.
        key: String,
    },
    /// The key of a pair is one that the format, or a key ring, keeps for itself.
    #[non_exhaustive]
    ReservedContextKey {
        /// The key.
        key: String,
    },
    /// The key provider must not be used for this.
    #[non_exhaustive]
    Target {
        /// What was asked for.
        target: Target,
    },
}

impl fmt::Display for PolicyViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedMessage { suite } => {
                write!(f, "only unsigned messages are accepted, this one is signed ({suite})")
            }
            Self::SignedRange { suite } => write!(
                f,
                "a range of a signed message cannot be checked against its signature ({suite}); \
                 `danger_ignore_signature_in_ranges` reads it as if it was not signed"
            ),
            Self::Commitment { suite, policy } => write!(
                f,
                "the algorithm suite {suite} is not permitted by the commitment policy {policy}"
            ),
            Self::VerificationKey { suite } => write!(
                f,
                "the algorithm suite {suite} and the verification key in the encryption context \
                 contradict each other"
            ),
            Self::ContextMismatch { key } => {
                write!(f, "the encryption context has another value for the key {key:?}")
            }
            Self::ContextMissing { key } => {
                write!(f, "the encryption context has no pair with the key {key:?}")
            }
            Self::ReservedContextKey { key } => {
                let is_prefix = |prefix: &&&str| key.starts_with(**prefix);
                let prefix = RESERVED_PREFIXES.iter().find(is_prefix).unwrap_or(&"");
                write!(
                    f,
                    "the encryption context key {key:?} is reserved: keys must not begin with \
                     {prefix:?}"
                )
            }
            Self::Target { target } => {
                write!(f, "this key provider must not be used for {target}")
            }
        }
    }
}

impl StdError for PolicyViolation {}

/// What a key provider answered for one encrypted data key. A provider that asks several others
/// reports theirs, as [`Error::NoUsableKey`].
#[derive(Debug)]
pub struct UnwrapAttempt {
    provider_id: String,
    key_id: String,
    error: Option<Arc<Error>>,
}

impl UnwrapAttempt {
    /// `error` is `None` if the provider said that the key is not one of its own.
    #[must_use]
    pub fn new(
        provider_id: impl Into<String>,
        key_id: impl Into<String>,
        error: Option<Error>,
    ) -> Self {
        Self { provider_id: provider_id.into(), key_id: key_id.into(), error: error.map(Arc::new) }
    }

    /// What `provider` answered for `key`.
    #[must_use]
    pub fn of(provider: &dyn KeyProvider, key: &EncryptedDataKey, error: Option<Error>) -> Self {
        let key_id = provider.describe(key).and_then(|description| description.key_id);
        Self::new(key.provider_id(), key_id.unwrap_or_else(|| key.key_name()), error)
    }

    fn duplicate(&self) -> Self {
        let (provider_id, key_id) = (self.provider_id.clone(), self.key_id.clone());
        Self { provider_id, key_id, error: self.error.clone() }
    }

    /// The provider id of the encrypted data key.
    #[must_use]
    pub fn provider_id(&self) -> &str {
        &self.provider_id
    }

    /// The id of the wrapping key as far as it is known, else the provider info, escaped.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What went wrong, or `None` if the provider said that the key is not one of its own.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_deref()
    }
}

fn fmt_attempts(attempts: &[UnwrapAttempt], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("no encrypted data key could be unwrapped:")?;
    for (index, attempt) in attempts.iter().take(MOST_SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { ";" };
        let (provider, key) = (shown(&attempt.provider_id), shown(&attempt.key_id));
        write!(f, "{separator} {provider:?} key {key:?}: ")?;
        match &attempt.error {
            Some(error) => write!(f, "{error}")?,
            None => f.write_str("not a key of this key provider")?,
        }
    }
    match attempts.len().saturating_sub(MOST_SHOWN) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

/// The beginning of a name, which can be 64 KiB long.
fn shown(name: &str) -> String {
    match name.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// A message can name thousands of keys.
const MOST_SHOWN: usize = 8;
/// In characters: as long as the longest ARNs of keys.
const LONGEST_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_survive_the_way_through_io() {
        let inner = Error::Authentication { part: MessagePart::Frame(7) };
        let outer = io::Error::from(inner);
        assert_eq!(outer.kind(), io::ErrorKind::InvalidData);
        let back = Error::from(outer);
        assert!(matches!(back, Error::Authentication { part: MessagePart::Frame(7) }));
    }

    #[test]
    fn foreign_io_errors_stay_what_they_are() {
        let error = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(&error, Error::Io(e) if e.kind() == io::ErrorKind::BrokenPipe));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_duplicate_says_the_same() {
        let below = || io::Error::other("below");
        let provider = ProviderError::new(crate::provider::ProviderErrorKind::Denied, "no")
            .with_source(below());
        let attempt = UnwrapAttempt::new("ns", "one", Some(Error::unauthentic_key()));
        for error in [
            Error::Authentication { part: MessagePart::Frame(7) },
            Error::Truncated { offset: 7 },
            Error::Malformed { what: "a test", offset: 7 },
            Error::InBase64,
            Error::unsupported("a test"),
            Error::Limit { kind: LimitKind::Frames, limit: 7 },
            PolicyViolation::ContextMissing { key: "a".to_owned() }.into(),
            Error::no_usable_key(vec![attempt, UnwrapAttempt::new("ns", "two", None)]),
            provider.into(),
            Error::invalid_input("a test"),
            Error::Misuse { what: "a test" },
            Error::SourceChanged,
            Error::Io(io::Error::new(io::ErrorKind::BrokenPipe, below())),
            Error::Internal { what: "a test" },
        ] {
            let error = Arc::new(error);
            let again = error.duplicate();
            assert_eq!(std::mem::discriminant(&*error), std::mem::discriminant(&again));
            assert_eq!(error.to_string(), again.to_string());
            let sources = [error.source(), again.source()];
            let [one, other] = sources.map(|source| source.map(ToString::to_string));
            assert_eq!(one, other);
        }
        let error = Error::Io(io::ErrorKind::BrokenPipe.into());
        let again = Arc::new(error).duplicate();
        assert!(matches!(again, Error::Io(error) if error.kind() == io::ErrorKind::BrokenPipe));
    }

    #[test]
    fn every_attempt_is_told() {
        let attempts = vec![
            UnwrapAttempt::new("ns", "one", None),
            UnwrapAttempt::new("ns", "two", Some(Error::unauthentic_key())),
        ];
        assert_eq!(
            Error::NoUsableKey { attempts }.to_string(),
            "no encrypted data key could be unwrapped: \"ns\" key \"one\": not a key of this \
             key provider; \"ns\" key \"two\": authentication failed: encrypted data key"
        );
    }
}
