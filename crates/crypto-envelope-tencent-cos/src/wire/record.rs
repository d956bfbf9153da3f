//! The records of transfers.

use crypto_envelope::Result;

use crate::encrypting;

/// Reads what stands in the record of an upload, and tells what was found.
///
/// # Errors
///
/// [`CosObjectError::Record`](crate::CosObjectError::Record) if it is none.
pub fn upload_record(bytes: &[u8]) -> Result<String> {
    encrypting::read_upload_record(bytes)
}

/// Reads what stands in the record of a download, and tells what was found.
///
/// # Errors
///
/// As [`upload_record`].
pub fn download_record(bytes: &[u8]) -> Result<String> {
    encrypting::read_download_record(bytes)
}
