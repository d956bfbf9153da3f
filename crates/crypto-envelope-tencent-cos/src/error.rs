//! What can go wrong.

use std::{error::Error as StdError, fmt};

use crate::format::error::CosEnvelopeError;

/// What can go wrong with encrypted objects.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// What the object says of its encryption is wrong, or of a format that is not accepted.
    Envelope(CosEnvelopeError),
    /// The body is authenticated as a whole, and longer than what is held until that is verified: download it
    /// to a file, or raise the limit.
    #[non_exhaustive]
    HeldBody {
        /// In bytes.
        limit: usize,
    },
    /// About keys, messages, limits and policies.
    Crypto(crypto_envelope::Error),
}

/// The result of most calls of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope(error) => error.fmt(f),
            Self::HeldBody { limit } => write!(
                f,
                "the body is authenticated as a whole, and longer than the {limit} bytes that are held \
                 until it is verified: download it to a file, or raise the limit"
            ),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Envelope(_) | Self::HeldBody { .. } => None,
            Self::Crypto(error) => error.source(),
        }
    }
}

impl From<CosEnvelopeError> for Error {
    fn from(error: CosEnvelopeError) -> Self {
        Self::Envelope(error)
    }
}

impl From<crypto_envelope::Error> for Error {
    fn from(error: crypto_envelope::Error) -> Self {
        Self::Crypto(error)
    }
}
