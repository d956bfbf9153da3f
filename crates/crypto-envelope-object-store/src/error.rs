//! What can go wrong beside the store and the message.

use std::{error::Error as StdError, fmt, io};

use crypto_envelope::{
    self as core, MessageId, UnwrapAttempt,
    provider::{ProviderError, ProviderErrorKind},
    ranges::Version,
};
use object_store::{Error as StoreError, path::Path};

/// Why an [`EncryptedStore`](crate::EncryptedStore) refuses something. It is the source of the
/// [`object_store::Error`] that its methods return; [`Error::of`] finds it there. Errors of the store below come out
/// as they are.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The object is not an encrypted message, and
    /// [nothing allows](crate::EncryptedStoreBuilder::danger_read_unencrypted) to take it as it is.
    Unencrypted,
    /// The message is genuine, and another one than was [expected](crate::ExpectedMessage): somebody put an older or a
    /// newer one there.
    #[non_exhaustive]
    OtherMessage {
        /// That of the object.
        found: MessageId,
    },
    /// What is in the object, or the key provider, as the core says it.
    Message(core::Error),
    /// The object would have to be copied with a single request, for which all of it is held in memory, and it
    /// is longer than [allowed](crate::EncryptedStoreBuilder::whole_copy_limit).
    #[non_exhaustive]
    CopyTooLong {
        /// Most bytes.
        limit: u64,
    },
    /// The source of a rename was replaced after it was copied: both are there now.
    SourceReplaced,
    /// The parts of an upload were not all sent when it was to be completed.
    #[non_exhaustive]
    PartsMissing {
        /// How many are not there.
        missing: usize,
    },
    /// The key provider does not bind the encryption context to its keys, or anybody may wrap keys for it, so that the
    /// context does not say who may have put an object where it is.
    #[non_exhaustive]
    ContextNotBound {
        /// Whether the provider binds the context, so that only who wrapped a key is unknown.
        binds_context: bool,
    },
    /// The object is bound to a pair that nothing is bound to at its location, so that it may be meant for somebody else who
    /// shares the key.
    #[non_exhaustive]
    FurtherPair {
        /// Its key.
        key: String,
    },
    /// A range begins at or behind the end of the object, which was verified.
    #[non_exhaustive]
    BehindTheEnd {
        /// Length of its plaintext in bytes.
        length: u64,
    },
    /// No message has the length of the object: it was cut, or something was put behind it.
    ImpossibleLength,
    /// A call that cannot work.
    #[non_exhaustive]
    Misuse {
        /// What was done.
        what: &'static str,
    },
    /// Something that never should happen.
    #[non_exhaustive]
    Internal {
        /// What.
        what: &'static str,
    },
    /// A part length that stores do not take.
    #[non_exhaustive]
    PartLength {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

impl Error {
    /// The one behind an error, if there is one: of `object_store`, or of whatever passes on such errors, as its writers
    /// and Parquet do.
    #[must_use]
    pub fn of<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(ours) = error.downcast_ref() {
                return Some(ours);
            }
            next = error.source();
        }
        None
    }

    /// With the variant of `object_store` that callers of any store know to handle.
    pub(crate) fn at(self, location: &Path) -> StoreError {
        let path = location.to_string();
        match self {
            Self::Message(core::Error::SourceChanged) | Self::SourceReplaced => {
                StoreError::Precondition { path, source: self.into() }
            }
            Self::CopyTooLong { .. } => StoreError::NotSupported { source: self.into() },
            Self::Message(ref error) if is_denied(error) => {
                StoreError::PermissionDenied { path, source: self.into() }
            }
            _ => StoreError::Generic {
                store: STORE,
                source: Box::new(AtLocation { path, error: self }),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unencrypted => f.write_str(
                "not an encrypted message; `danger_read_unencrypted` can allow such objects by name",
            ),
            Self::OtherMessage { found } => {
                write!(f, "another message than expected is there: {found}")
            }
            Self::Message(error) => error.fmt(f),
            Self::CopyTooLong { limit } => write!(
                f,
                "the object is longer than the {limit} bytes that are held in memory for a copy with a single request, \
                 as it is needed on the condition that nothing is there, and in a store without uploads in parts: \
                 raise `whole_copy_limit`, or copy without the condition"
            ),
            Self::SourceReplaced => f.write_str(
                "the object was replaced after it was copied; it was not deleted, so that both are there",
            ),
            Self::PartsMissing { missing } => write!(
                f,
                "{missing} parts of the upload failed or were not awaited: it cannot be completed, abort it"
            ),
            Self::ContextNotBound { binds_context: false } => f.write_str(
                "the key provider does not bind the encryption context, so that objects could be \
                 exchanged for each other: use another one, or `danger_context_not_authenticated`",
            ),
            Self::ContextNotBound { binds_context: true } => f.write_str(
                "anybody may wrap keys for this key provider, so that the encryption context does not \
                 say who wrote an object: use another one, or `danger_context_not_authenticated`",
            ),
            Self::FurtherPair { key } => write!(
                f,
                "the object is bound to more than its location says: to a pair with the key {key:?}; \
                 `danger_further_pairs` reads it all the same"
            ),
            Self::BehindTheEnd { length } => {
                write!(f, "the range begins behind the end: the object has {length} bytes")
            }
            Self::ImpossibleLength => f.write_str(
                "no message has the length of this object: it was cut, or something was put behind it",
            ),
            Self::Misuse { what } => write!(f, "misuse: {what}"),
            Self::Internal { what } => write!(f, "internal error: {what}"),
            Self::PartLength { least, most } => {
                write!(f, "parts of uploads must have from {least} to {most} bytes")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Message(error) => error.source(),
            _ => None,
        }
    }
}

impl From<core::Error> for Error {
    fn from(error: core::Error) -> Self {
        Self::Message(error)
    }
}

/// `Generic` has no place for where it was.
#[derive(Debug)]
struct AtLocation {
    path: String,
    error: Error,
}

impl fmt::Display for AtLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.error)
    }
}

impl StdError for AtLocation {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}

/// On its way through readers and streams of the core.
pub(crate) fn through_core(error: impl Into<Box<dyn StdError + Send + Sync>>) -> core::Error {
    io::Error::other(error).into()
}

/// An error of the core about `location`; one that [went through](through_core) it comes out as it was.
pub(crate) fn at(location: &Path, error: core::Error) -> StoreError {
    let core::Error::Io(error) = error else { return Error::Message(error).at(location) };
    match error.downcast::<StoreError>() {
        Ok(error) => error,
        Err(error) => match error.downcast::<Error>() {
            Ok(error) => error.at(location),
            Err(error) => match error.downcast::<PlainObject>() {
                Ok(_) => Error::Unencrypted.at(location),
                Err(error) => Error::Message(error.into()).at(location),
            },
        },
    }
}

/// On its way through readers of the core: what is there is not a message.
#[derive(Debug)]
pub(crate) struct PlainObject {
    /// Which object that is.
    pub(crate) version: Version,
    /// In bytes.
    pub(crate) length: u64,
}

impl fmt::Display for PlainObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::Unencrypted.fmt(f)
    }
}

impl StdError for PlainObject {}

/// What is there, if this says that it is not a message.
pub(crate) fn plain_object(error: &core::Error) -> Option<&PlainObject> {
    ours(error)
}

/// Whether this is about the object that was read, and not about the store, the key or the request: another object may
/// be there by now.
pub(crate) fn may_be_outdated(error: &core::Error) -> bool {
    match error {
        core::Error::Provider(_) | core::Error::InvalidInput { .. } => false,
        core::Error::Io(_) => {
            matches!(
                ours(error),
                Some(
                    Error::OtherMessage { .. }
                        | Error::FurtherPair { .. }
                        | Error::ImpossibleLength
                )
            )
        }
        _ => true,
    }
}

fn ours<E: StdError + 'static>(error: &core::Error) -> Option<&E> {
    let core::Error::Io(error) = error else { return None };
    error.get_ref()?.downcast_ref()
}

/// Whether this says that what is there cannot be read, and not that it cannot be fetched.
pub(crate) fn is_about_content(error: &core::Error) -> bool {
    !matches!(error, core::Error::Io(_) | core::Error::SourceChanged)
        || plain_object(error).is_some()
}

/// Whether a key service said so.
fn is_denied(error: &core::Error) -> bool {
    let denied = |error: &ProviderError| error.kind() == ProviderErrorKind::Denied;
    match error {
        core::Error::Provider(error) => denied(error),
        core::Error::NoUsableKey { attempts, .. } => {
            attempts.iter().filter_map(UnwrapAttempt::error).any(is_denied)
        }
        _ => false,
    }
}

/// What errors of `object_store` name as the store.
pub(crate) const STORE: &str = "EncryptedStore";
