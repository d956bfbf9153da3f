//! What is stored, byte for byte, for those who check it (feature `wire`). No promises about it.

use crypto_envelope::Result;

use crate::key_ring;
#[cfg(feature = "aws-sdk-s3")]
use crate::s3;

/// Reads the text of a key ring, and writes it as we do, with what its MAC covers. Whether it is genuine is another
/// matter.
///
/// # Errors
///
/// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput), with what is wrong, if it is none.
pub fn key_ring(text: &[u8]) -> Result<(String, Vec<u8>)> {
    key_ring::rewritten(text)
}

/// Reads what stands in the record of an upload, and tells what was found.
///
/// # Errors
///
/// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if it is none.
#[cfg(feature = "aws-sdk-s3")]
pub fn upload_record(bytes: &[u8]) -> Result<String> {
    s3::upload::described(bytes)
}

/// Reads what stands in the record of a download, and tells what was found.
///
/// # Errors
///
/// As [`upload_record`].
#[cfg(feature = "aws-sdk-s3")]
pub fn download_record(bytes: &[u8]) -> Result<String> {
    s3::download::described(bytes)
}
