//! The official vectors, as unit tests need them: with every intermediate value.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;

/// One test of `commitment-test-vectors.json`.
pub(crate) struct CommitmentVector(Value);

/// All 46 of them.
pub(crate) fn commitment_vectors() -> Vec<CommitmentVector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors/aws-esdk/commitment-test-vectors.json");
    let text = fs::read_to_string(path).expect("the vectors are part of the repository");
    let mut root: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let Value::Array(tests) = root["tests"].take() else { unreachable!("an array of tests") };
    assert_eq!(tests.len(), 46);
    tests.into_iter().map(CommitmentVector).collect()
}

impl CommitmentVector {
    pub(crate) fn comment(&self) -> &str {
        self.0["comment"].as_str().unwrap_or("")
    }

    pub(crate) fn must_open(&self) -> bool {
        self.0["status"] == true
    }

    pub(crate) fn suite_id(&self) -> u16 {
        let message = self.bytes("ciphertext");
        u16::from_be_bytes([message[1], message[2]])
    }

    pub(crate) fn bytes(&self, field: &str) -> Vec<u8> {
        self.optional_bytes(field).expect("the field is there")
    }

    pub(crate) fn optional_bytes(&self, field: &str) -> Option<Vec<u8>> {
        let text = self.0.get(field)?.as_str()?.trim();
        Some(BASE64.decode(text).expect("base64"))
    }

    /// The texts of `plaintext-frames`.
    pub(crate) fn plaintext(&self) -> Vec<u8> {
        let frames = self.0["plaintext-frames"].as_array().expect("an array");
        frames.iter().flat_map(|frame| frame.as_str().unwrap_or("").bytes()).collect()
    }
}
