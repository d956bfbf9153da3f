//! The footer of a signed message: a DER signature behind its 16-bit length.

/// Length of the field that holds the length of the signature.
pub(crate) const LENGTH_FIELD: usize = 2;

/// Total length of the footer that begins with `bytes`, or `None` if its length field is not
/// there yet.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let field = bytes.first_chunk::<LENGTH_FIELD>()?;
    Some(LENGTH_FIELD + usize::from(u16::from_be_bytes(*field)))
}
