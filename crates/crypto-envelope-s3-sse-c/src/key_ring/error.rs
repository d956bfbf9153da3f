//! What is wrong with a key ring.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use crypto_envelope::{
    Error, UnwrapAttempt,
    provider::ProviderErrorKind,
    service::{self, said},
};

use super::{Epoch, place::RingPlace};

/// What is wrong with a key ring, what that means, and what to do.
///
/// Inside of [`Error::Io`]; [`KeyRingError::find_in`] takes it out again. What lies below it, such as what the key
/// provider said, is its source.
#[derive(Clone, Debug)]
pub struct KeyRingError(Arc<Details>);

#[derive(Debug)]
struct Details {
    kind: KeyRingErrorKind,
    place: String,
    message: String,
    source: Option<Error>,
}

/// The kinds of [`KeyRingError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyRingErrorKind {
    /// There is no ring.
    Missing,
    /// There is a ring already.
    Exists,
    /// Others changed it each time before this change was stored.
    Changed,
    /// It was changed by somebody without the wrapping key, put together from several, or was wrapped by another
    /// key of the same name.
    NotGenuine,
    /// The key provider could not unwrap a root: it is not its own, or the key service did not do it.
    NotUnwrapped,
    /// The key provider does not promise what a ring needs.
    Unsuitable,
    /// The ring has no epoch of this number.
    UnknownEpoch,
    /// The root of this epoch was thrown away.
    RetiredEpoch,
    /// The epoch is the newest, and in use.
    NewestEpoch,
    /// The bucket is not one that the ring is used for.
    BucketUnknown,
    /// It is not proven that nothing opens with the epoch.
    NotProven,
    /// It is genuine, and not the ring that was expected.
    WrongRing,
    /// It is no key ring, or one of another version.
    Malformed,
    /// It would be, or is, longer than a ring can be.
    TooLong,
    /// It cannot be read.
    Unreadable,
    /// It could not be stored, or it is not known whether it was.
    Unwritten,
}

impl KeyRingError {
    /// The error of a key ring, if `error` is one.
    #[must_use]
    pub fn find_in(error: &Error) -> Option<&Self> {
        service::caused_by(error)
    }

    /// The kind of the error, if `error` is one of a key ring.
    #[must_use]
    pub fn kind_in(error: &Error) -> Option<KeyRingErrorKind> {
        Self::find_in(error).map(Self::kind)
    }

    /// What the caller can act on.
    #[must_use]
    pub fn kind(&self) -> KeyRingErrorKind {
        self.0.kind
    }

    /// Where the ring is, as the place describes itself.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// Whether the same call may work a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            KeyRingErrorKind::Changed | KeyRingErrorKind::Unreadable => true,
            KeyRingErrorKind::NotUnwrapped => self.0.source.as_ref().is_some_and(is_transient),
            _ => false,
        }
    }

    fn new(kind: KeyRingErrorKind, place: &dyn RingPlace, message: impl Into<String>) -> Self {
        Self::of(kind, place, message, None)
    }

    fn of(
        kind: KeyRingErrorKind,
        place: &dyn RingPlace,
        message: impl Into<String>,
        source: Option<Error>,
    ) -> Self {
        let (place, message) = (place.describe(), message.into());
        Self(Arc::new(Details { kind, place, message, source }))
    }

    fn io_kind(&self) -> io::ErrorKind {
        use KeyRingErrorKind as Kind;
        match self.0.kind {
            Kind::Missing => io::ErrorKind::NotFound,
            Kind::Exists => io::ErrorKind::AlreadyExists,
            Kind::Changed => io::ErrorKind::ResourceBusy,
            Kind::NotGenuine | Kind::Malformed | Kind::WrongRing => io::ErrorKind::InvalidData,
            Kind::TooLong => io::ErrorKind::FileTooLarge,
            Kind::UnknownEpoch
            | Kind::RetiredEpoch
            | Kind::NewestEpoch
            | Kind::BucketUnknown
            | Kind::NotProven => io::ErrorKind::InvalidInput,
            Kind::Unsuitable => io::ErrorKind::Unsupported,
            Kind::NotUnwrapped | Kind::Unreadable | Kind::Unwritten => io::ErrorKind::Other,
        }
    }
}

/// What they say, in words.
impl KeyRingError {
    pub(crate) fn missing(place: &dyn RingPlace) -> Self {
        let message = format!(
            "there is none. {LOST}. To restore it: {}. A new one (`create`) is for new objects alone: it does \
             not bring back the others",
            place.how_to_restore()
        );
        Self::new(KeyRingErrorKind::Missing, place, message)
    }

    pub(crate) fn exists(place: &dyn RingPlace) -> Self {
        let message = "there is one already, and it was left as it is: open it, since what depends on it would \
                       be lost with it";
        Self::new(KeyRingErrorKind::Exists, place, message)
    }

    pub(crate) fn changed(place: &dyn RingPlace) -> Self {
        let message = "others changed it again and again while this change was made. Nothing of it is stored: \
                       try again";
        Self::new(KeyRingErrorKind::Changed, place, message)
    }

    /// `source` is what the key provider said, if it found out.
    pub(crate) fn not_genuine(
        place: &dyn RingPlace,
        what: &str,
        source: impl Into<Option<Error>>,
    ) -> Self {
        let message = format!(
            "it is not genuine: {what}. Nothing was derived from it. Somebody changed it without the wrapping \
             key, or it was wrapped by another one. {LOST}. To put back the last good one: {}",
            place.how_to_restore()
        );
        Self::of(KeyRingErrorKind::NotGenuine, place, message, source.into())
    }

    pub(crate) fn not_unwrapped(place: &dyn RingPlace, what: &str, source: Error) -> Self {
        let message = format!(
            "{what} could not be unwrapped, and no key of an object can be derived from it: {source}. It needs \
             the key provider that wrapped it, or the one that it was moved to last, and the right to decrypt"
        );
        Self::of(KeyRingErrorKind::NotUnwrapped, place, message, Some(source))
    }

    pub(crate) fn unsuitable(place: &dyn RingPlace, why: &str) -> Self {
        Self::new(KeyRingErrorKind::Unsuitable, place, why)
    }

    pub(crate) fn wrong_ring(place: &dyn RingPlace, what: &str) -> Self {
        let message = format!(
            "it is not the one that was expected: {what}. Nothing was derived from it. If the expected one is \
             gone, restore it: {}",
            place.how_to_restore()
        );
        Self::new(KeyRingErrorKind::WrongRing, place, message)
    }

    pub(crate) fn malformed(place: &dyn RingPlace, what: &str) -> Self {
        let message = format!(
            "it cannot be read as one: {}. {LOST}. To restore it: {}",
            said(what),
            place.how_to_restore()
        );
        Self::new(KeyRingErrorKind::Malformed, place, message)
    }

    pub(crate) fn too_long(place: &dyn RingPlace, what: &str) -> Self {
        Self::new(KeyRingErrorKind::TooLong, place, what)
    }

    pub(crate) fn unreadable(place: &dyn RingPlace, source: Error) -> Self {
        let message = format!(
            "it cannot be read, which is not to say that it is gone: {source}. Until it can be, no key is \
             derived from it; nothing is lost by that"
        );
        Self::of(KeyRingErrorKind::Unreadable, place, message, Some(source))
    }

    /// Writers must not go on with what they know.
    pub(crate) fn unseen(place: &dyn RingPlace, minutes: u64, source: Error) -> Self {
        let message = format!(
            "it could not be read for {minutes} minutes: {source}. There may be a newer epoch, and the one that \
             is known may be retired, so nothing is written under it. Reading goes on"
        );
        Self::of(KeyRingErrorKind::Unreadable, place, message, Some(source))
    }

    pub(crate) fn unwritten(place: &dyn RingPlace, source: Error) -> Self {
        let message = format!(
            "it could not be stored, or it is not known whether it was: {source}. No key was derived from what \
             is new in it. Look at what is there (`reload`) before trying again"
        );
        Self::of(KeyRingErrorKind::Unwritten, place, message, Some(source))
    }

    pub(crate) fn unknown_epoch(place: &dyn RingPlace, epoch: Epoch, newest: Epoch) -> Self {
        let message = format!(
            "it has no epoch {epoch}; the newest is {newest}. Objects of that epoch open with the ring that has \
             it: another one, or a later state of this one. To restore that: {}",
            place.how_to_restore()
        );
        Self::new(KeyRingErrorKind::UnknownEpoch, place, message)
    }

    pub(crate) fn retired_epoch(place: &dyn RingPlace, epoch: Epoch, when: &str) -> Self {
        let message = format!(
            "epoch {epoch} was retired at {when}, and its root thrown away. An object that turns up under it \
             opens only with a backup of the ring from before"
        );
        Self::new(KeyRingErrorKind::RetiredEpoch, place, message)
    }

    pub(crate) fn newest_epoch(place: &dyn RingPlace, epoch: Epoch) -> Self {
        let message = format!(
            "epoch {epoch} is the newest, under which objects are written now: `rotate`, rewrite what is under \
             it, and audit before it is retired"
        );
        Self::new(KeyRingErrorKind::NewestEpoch, place, message)
    }

    pub(crate) fn bucket_unknown(place: &dyn RingPlace, bucket: &str) -> Self {
        let message = format!(
            "it is not used in the bucket {:?}, so no audit would look there before an epoch is retired. Add it \
             first, once: `add_bucket`",
            said(bucket)
        );
        Self::new(KeyRingErrorKind::BucketUnknown, place, message)
    }

    pub(crate) fn not_proven(place: &dyn RingPlace, epoch: Epoch, why: &str) -> Self {
        let message = format!(
            "it is not proven that nothing opens with epoch {epoch}, so it was not retired: {why}. What is under \
             it would be lost"
        );
        Self::new(KeyRingErrorKind::NotProven, place, message)
    }
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key ring in {}: {}", self.0.place, self.0.message)
    }
}

impl StdError for KeyRingError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<KeyRingError> for Error {
    fn from(error: KeyRingError) -> Self {
        Self::Io(io::Error::new(error.io_kind(), error))
    }
}

/// Whether a key service may do it a little later.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Provider(error) => {
            matches!(error.kind(), ProviderErrorKind::Throttled | ProviderErrorKind::Unavailable)
        }
        Error::NoUsableKey { attempts, .. } => {
            attempts.iter().filter_map(UnwrapAttempt::error).any(is_transient)
        }
        _ => false,
    }
}

/// Whether a wrapped key is not what it was, or not under this context.
pub(crate) fn is_about_authenticity(error: &Error) -> bool {
    match error {
        Error::Authentication { .. } => true,
        Error::Provider(error) => error.kind() == ProviderErrorKind::WrongContext,
        Error::NoUsableKey { attempts, .. } => {
            attempts.iter().filter_map(UnwrapAttempt::error).any(is_about_authenticity)
        }
        _ => false,
    }
}

const LOST: &str = "Objects whose keys were derived from it cannot be opened without it";
