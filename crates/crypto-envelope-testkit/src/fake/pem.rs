//! Keys as text.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// As RFC 7468 has it.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    let lines = lines.collect::<String>();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}
