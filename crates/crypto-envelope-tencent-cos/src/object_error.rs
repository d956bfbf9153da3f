//! What is wrong with an encrypted object, or with storing or reading one.

use std::{error::Error as StdError, fmt, io, path::Path, path::PathBuf};

use crypto_envelope::{Error, service};
use crypto_envelope_transfer::RecordError;

use crate::{CosCarrier, CosFormat};

/// What is wrong with an encrypted object, or with storing or reading one.
///
/// Inside of [`Error::Io`]; [`CosObjectError::find_in`] takes it out again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CosObjectError {
    /// Nothing says that the object is encrypted, in none of the known formats.
    NotEncrypted,
    /// Metadata of several formats, which no SDK writes together.
    #[non_exhaustive]
    Mixed {
        /// Two names that do not belong together.
        names: [&'static str; 2],
    },
    /// Something is missing without which the rest is of no use.
    #[non_exhaustive]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// Something is not what it has to be.
    #[non_exhaustive]
    Malformed {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An algorithm that no format has.
    #[non_exhaustive]
    Unknown {
        /// The name of what says it.
        name: &'static str,
        /// What it says, shortened.
        value: String,
    },
    /// The format is known, and was not [enabled](CosFormat) where it is read.
    #[non_exhaustive]
    NotAccepted {
        /// That of the object.
        format: CosFormat,
        /// Where its keys stand.
        carrier: CosCarrier,
    },
    /// The end of the body is not what an end is: it was changed or cut, or the key is another one.
    #[non_exhaustive]
    End {
        /// The format of the object.
        format: CosFormat,
    },
    /// The body is authenticated as a whole, and longer than what is held until that is verified: read it into
    /// a file, or raise the limit.
    #[non_exhaustive]
    Held {
        /// In bytes.
        limit: usize,
    },
    /// A range of an object that is authenticated as a whole.
    UnauthenticatedRange,
    /// The object is another message than the one that was expected.
    AnotherMessage,
    /// The file was changed while it was uploaded.
    FileChanged,
    /// Two different plaintexts for the same place of one object.
    UsedTwice,
    /// What COS says of what it has, such as its checksum, is not so of what was sent, or of what came.
    #[non_exhaustive]
    Differs {
        /// What differs.
        what: &'static str,
    },
    /// The record by which a transfer is gone on with cannot be used.
    #[non_exhaustive]
    Record {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The stored body cannot have this length.
    #[non_exhaustive]
    Length {
        /// The format of the object.
        format: CosFormat,
        /// In bytes.
        stored: u64,
    },
}

impl CosObjectError {
    /// What is wrong with the object, if `error` is about that.
    #[must_use]
    pub fn find_in(error: &Error) -> Option<&Self> {
        service::caused_by(error)
    }

    pub(crate) fn record(path: &Path, what: &str) -> Error {
        Self::Record { path: path.to_owned(), what: what.to_owned() }.into()
    }

    pub(crate) fn of_record(error: RecordError) -> Error {
        Self::Record { path: error.path, what: error.what }.into()
    }

    /// Why a record is not used for an object.
    pub(crate) fn record_of_another_object(path: &Path) -> Error {
        Self::record(path, "it is of another object: take another record, or remove this one")
    }

    pub(crate) fn unknown(name: &'static str, value: &str) -> Self {
        let value = value.chars().filter(|c| !c.is_control()).take(LONGEST_SHOWN).collect();
        Self::Unknown { name, value }
    }
}

impl fmt::Display for CosObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEncrypted => f.write_str(
                "the object is not encrypted in any known format: read it as it is, if that is meant",
            ),
            Self::Mixed { names: [one, other] } => {
                write!(f, "metadata of two formats: {one} and {other} do not belong together")
            }
            Self::Missing { name } => write!(f, "the metadata {name} is missing"),
            Self::Malformed { name, what } => write!(f, "the metadata {name}: {what}"),
            Self::Unknown { name, value } => {
                write!(f, "the metadata {name} names an unknown algorithm: {value:?}")
            }
            Self::NotAccepted { format, carrier: CosCarrier::Metadata } => {
                write!(f, "the object has the format {format}, which has to be accepted by name")
            }
            Self::NotAccepted { format, carrier } => write!(
                f,
                "the object has the format {format} with its keys in {carrier}, both of which have to \
                 be accepted by name"
            ),
            Self::End { format } => write!(
                f,
                "the end of a body of the format {format} is damaged, or the key is another one"
            ),
            Self::Held { limit } => write!(
                f,
                "the body is authenticated as a whole, and longer than the {limit} bytes that are held \
                 until it is verified: read it into a file, or raise the limit"
            ),
            Self::UnauthenticatedRange => f.write_str(
                "a range of an object that is authenticated as a whole: nothing would show whether it is \
                 genuine",
            ),
            Self::AnotherMessage => f.write_str(
                "the object is another message than the one that was expected, such as an older one",
            ),
            Self::FileChanged => f.write_str("the file was changed while it was uploaded"),
            Self::UsedTwice => f.write_str(
                "two different plaintexts for the same place of one object, whose keys they would give \
                 away: begin another upload",
            ),
            Self::Differs { what } => {
                write!(f, "COS has something else: {what}")
            }
            Self::Record { path, what } => {
                write!(f, "the record {} of a transfer: {what}", path.display())
            }
            Self::Length { format, stored } => {
                write!(f, "a body of {stored} bytes is no whole one of the format {format}")
            }
        }
    }
}

impl StdError for CosObjectError {}

impl From<CosObjectError> for Error {
    fn from(error: CosObjectError) -> Self {
        let kind = match &error {
            CosObjectError::NotAccepted { .. }
            | CosObjectError::NotEncrypted
            | CosObjectError::UnauthenticatedRange => io::ErrorKind::PermissionDenied,
            CosObjectError::Record { .. } => io::ErrorKind::Other,
            CosObjectError::UsedTwice | CosObjectError::Held { .. } => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::InvalidData,
        };
        Self::Io(io::Error::new(kind, error))
    }
}

/// In characters.
const LONGEST_SHOWN: usize = 100;
