//! The bytes of a message, in pieces that are shared and never copied.

use std::{borrow::Cow, ops::Range};

use hyper::body::Bytes;

/// One piece after the other. A clone is as cheap as the list of pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body(Vec<Bytes>);

impl Body {
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    pub(crate) fn pieces(&self) -> &[Bytes] {
        &self.0
    }

    /// Its pieces, and then those of another.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// A part of it. What is beyond its end is left out.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let mut at = 0;
        let mut pieces = Vec::new();
        for piece in &self.0 {
            let start = range.start.saturating_sub(at).min(piece.len());
            let end = range.end.saturating_sub(at).min(piece.len());
            if start < end {
                pieces.push(piece.slice(start..end));
            }
            at += piece.len();
        }
        Self(pieces)
    }

    /// All of it as one slice: copied only if there are several pieces.
    pub(crate) fn as_one(&self) -> Cow<'_, [u8]> {
        match self.0.as_slice() {
            [] => Cow::Borrowed(&[]),
            [piece] => Cow::Borrowed(piece),
            pieces => Cow::Owned(pieces.concat()),
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_go_across_pieces() {
        let mut body = Body::from(b"ab".to_vec());
        body.extend(&Body::default());
        body.extend(&Body::from(Vec::new()));
        body.extend(&Body::from(b"cde".to_vec()));
        let whole = b"abcde";
        assert_eq!(body.len(), 5);
        for start in 0..=6 {
            for end in 0..=7 {
                let expected = whole.get(start..end.min(5)).unwrap_or_default();
                assert_eq!(*body.slice(start..end).as_one(), *expected, "{start}..{end}");
            }
        }
    }
}
