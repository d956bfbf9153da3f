//! The padding of block ciphers.

/// Without its padding (RFC 5652, 6.3) to blocks of AES, if that is right.
pub(crate) fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*bytes.last()?);
    let (text, end) = bytes.split_at(bytes.len().checked_sub(padding)?);
    let is_right = (1..=16).contains(&padding) && end.iter().all(|b| usize::from(*b) == padding);
    is_right.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paddings_are_right_or_refused() {
        assert_eq!(unpadded(&[[7; 15].as_slice(), &[1]].concat()), Some(&[7; 15][..]));
        assert_eq!(unpadded(&[16; 16]), Some(&[][..]));
        for wrong in [&[][..], &[0; 16], &[17; 32], &[7, 2], &[1, 3, 3]] {
            assert_eq!(unpadded(wrong), None, "{wrong:?}");
        }
    }
}
