//! The footer of a signed message: a DER signature behind its 16-bit length.

use crate::AlgorithmSuite;

/// Length of the field that holds the length of the signature.
pub(crate) const LENGTH_FIELD: usize = 2;

/// Length of the footers that we write, all of a kind; those of others may be shorter.
pub(crate) fn written_length(suite: AlgorithmSuite) -> usize {
    suite.signature_curve().map_or(0, |curve| LENGTH_FIELD + curve.signature_length())
}

/// Length of the longest footer that any writer can make: both integers with a sign byte.
pub(crate) fn longest(suite: AlgorithmSuite) -> usize {
    let (tag_and_length, sign) = (2, 1);
    suite.signature_curve().map_or(0, |curve| {
        let integer = tag_and_length + sign + curve.coordinate_length();
        LENGTH_FIELD + tag_and_length + 2 * integer
    })
}

/// Total length of the footer that begins with `bytes`, or `None` if its length field is not
/// there yet.
pub(crate) fn stored_length(bytes: &[u8]) -> Option<usize> {
    let field = bytes.first_chunk::<LENGTH_FIELD>()?;
    Some(LENGTH_FIELD + usize::from(u16::from_be_bytes(*field)))
}
