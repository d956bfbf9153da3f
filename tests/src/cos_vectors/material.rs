//! Bytes, as the vectors write them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};

pub(super) use crate::tencent_cos::stream;
use crate::{
    vector_files::case::{Case, same, same_bytes},
    vectors::Result,
};

/// Those of a record, of which the length and hash are as it says.
pub(super) fn bytes(record: &Case) -> Result<Vec<u8>> {
    let length = record.number("len")?;
    let bytes = if record.has("hex") {
        record.bytes("hex")?
    } else if record.has("seed") {
        stream(record.text("seed")?, length)
    } else {
        BASE64.decode(record.text("base64")?)?
    };
    check(record, "the record itself", &bytes)?;
    Ok(bytes)
}

/// Whether a record is about these bytes.
pub(super) fn check(record: &Case, what: &str, found: &[u8]) -> Result<()> {
    if record.has("hex") {
        same_bytes(what, &record.bytes("hex")?, found)?;
    }
    let length: usize = record.number("len")?;
    same(&format!("the length of {what}"), &length.to_string(), &found.len().to_string())?;
    check_hash(record, "sha256", what, found)
}

/// Whether a member is the hash of these bytes.
pub(super) fn check_hash(case: &Case, name: &str, what: &str, found: &[u8]) -> Result<()> {
    same_bytes(&format!("the hash of {what}"), &case.bytes(name)?, &Sha256::digest(found))
}
