//! What is wrong with what an object says of its encryption.

use std::{error::Error as StdError, fmt};

use super::{CosCarrier, CosFormat};

/// What is wrong with what an object says of its encryption. Read from bytes that nobody has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CosEnvelopeError {
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
    /// The stored body cannot have this length.
    #[non_exhaustive]
    Length {
        /// The format of the object.
        format: CosFormat,
        /// In bytes.
        stored: u64,
    },
}

impl CosEnvelopeError {
    pub(crate) fn unknown(name: &'static str, value: &str) -> Self {
        let value = value.chars().filter(|c| !c.is_control()).take(LONGEST_SHOWN).collect();
        Self::Unknown { name, value }
    }
}

impl fmt::Display for CosEnvelopeError {
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
            Self::Length { format, stored } => {
                write!(f, "a body of {stored} bytes is no whole one of the format {format}")
            }
        }
    }
}

impl StdError for CosEnvelopeError {}

/// In characters.
const LONGEST_SHOWN: usize = 100;
