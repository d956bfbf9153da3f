//! Keys as text (RFC 7468).

use pem_rfc7468::decode_vec;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// The label of the first PEM block, and the block.
pub(crate) fn first_block(text: &[u8]) -> Option<(&str, &[u8])> {
    let mut start = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(label) = line.trim_ascii_end().strip_prefix(BEGIN) {
            let label = str::from_utf8(label.strip_suffix(b"-----")?).ok()?;
            let end = format!("-----END {label}-----");
            let block = &text[start..];
            let place = block.windows(end.len()).position(|window| window == end.as_bytes());
            // Without an end it is damaged, which others say.
            return Some((label, place.map_or(block, |place| &block[..place + end.len()])));
        }
        start += line.len();
    }
    None
}

/// The bytes of a block with one of these labels; `what` is what they are of.
pub(crate) fn decode(
    (label, block): (&str, &[u8]),
    labels: &[&str],
    what: &str,
) -> Result<Zeroizing<Vec<u8>>> {
    if label == "ENCRYPTED PRIVATE KEY" || contains(block, b"Proc-Type:") {
        return Err(Error::unsupported(
            "a private key that is encrypted with a password: decrypt it first",
        ));
    }
    if !labels.contains(&label) {
        return Err(Error::invalid_input(format!("the PEM text holds no {what} but: {label}")));
    }
    let (_, der) = decode_vec(block)
        .map_err(|_| Error::invalid_input(format!("the PEM text of the {what} is damaged")))?;
    Ok(Zeroizing::new(der))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

const BEGIN: &[u8] = b"-----BEGIN ";
