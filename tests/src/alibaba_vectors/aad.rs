//! How the vendor's programs make `Aad` of an encryption context.

use std::path::Path;

use crypto_envelope_alibaba_kms::{AadStyle, wire};

use crate::{
    runner::Outcome,
    vector_files::case::{Case, same, same_bytes},
    vectors::Result,
};

pub(super) fn check(_: &Path, case: &Case) -> Result<Outcome> {
    // Reading the case has sorted its pairs: they stand in the text as they were given.
    let json = case.text("low_version_python_aad_ascii")?;
    let mut pairs = case.texts("encryption_context")?;
    pairs.sort_by_key(|(name, _)| json.find(&format!("\"{name}\":")));
    same_bytes("the JSON", json.as_bytes(), &wire::aad(AadStyle::Json, &pairs))?;
    same("the JSON of the OpenAPI", case.text("wire_json")?, json)?;
    let (raw, hex) = (case.bytes("raw_sha256_hex")?, case.text("python_kms_sdk_aad_ascii")?);
    for _ in 0..pairs.len() {
        // Their order does not matter.
        pairs.rotate_left(1);
        same_bytes("the hash", &raw, &wire::aad(AadStyle::Raw, &pairs))?;
        let found = wire::aad(AadStyle::PythonHex, &pairs);
        same("the hash as text", hex, &String::from_utf8_lossy(&found))?;
    }
    Ok(Outcome::Passed)
}
