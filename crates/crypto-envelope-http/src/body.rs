//! What is in a request.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use crypto_envelope::SecretBytes;
use http_body::{Frame, SizeHint};

use crate::patience::Watch;

/// The body of a request: pieces in their order, which are not copied.
#[derive(Clone, Default)]
pub struct Body {
    pieces: VecDeque<Bytes>,
}

impl Body {
    /// In bytes, all pieces together.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// It tells `watch` whenever some more of it is on its way.
    pub(crate) fn watched(self, watch: Watch) -> reqwest::Body {
        reqwest::Body::wrap(Outgoing { left: self.length(), pieces: self.pieces, watch })
    }
}

/// It is wiped once it was sent.
impl From<SecretBytes> for Body {
    fn from(secret: SecretBytes) -> Self {
        Bytes::from_owner(Wiped(secret)).into()
    }
}

impl From<Bytes> for Body {
    fn from(piece: Bytes) -> Self {
        Self::from(vec![piece])
    }
}

impl From<Vec<Bytes>> for Body {
    fn from(pieces: Vec<Bytes>) -> Self {
        Self { pieces: pieces.into() }
    }
}

/// Its length.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("length", &self.length()).finish_non_exhaustive()
    }
}

/// A secret on its way.
struct Wiped(SecretBytes);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

struct Outgoing {
    pieces: VecDeque<Bytes>,
    left: u64,
    watch: Watch,
}

impl Outgoing {
    /// The next of what is left: never much at once, so that it shows how far a large piece is.
    fn next(&mut self) -> Option<Bytes> {
        while let Some(front) = self.pieces.front_mut() {
            let step = front.split_to(front.len().min(LONGEST_STEP));
            if front.is_empty() {
                self.pieces.pop_front();
            }
            if !step.is_empty() {
                self.left -= step.len() as u64;
                return Some(step);
            }
        }
        None
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.watch.moved();
        Poll::Ready(self.next().map(|step| Ok(Frame::data(step))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// In bytes.
const LONGEST_STEP: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    #[test]
    fn pieces_go_out_in_order_and_without_a_copy() {
        let long: Bytes = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
        let pieces = vec![Bytes::new(), Bytes::from_static(b"a"), Bytes::new(), long.clone()];
        let body = Body::from(pieces);
        let mut outgoing =
            Outgoing { left: body.length(), pieces: body.pieces, watch: Watch::default() };
        let mut sent = Vec::new();
        while let Some(step) = outgoing.next() {
            assert!(step.len() <= LONGEST_STEP);
            let is_shared = step == b"a"[..] || long.as_ptr_range().contains(&step.as_ptr());
            assert!(is_shared);
            sent.extend_from_slice(&step);
            assert_eq!(outgoing.size_hint().exact(), Some(200_001 - sent.len() as u64));
        }
        assert_eq!(sent, [b"a", &long[..]].concat());
        assert!(outgoing.is_end_stream());
    }

    #[test]
    fn what_is_in_it_is_not_shown() {
        let body = Body::from(SecretBytes::from(&b"hidden"[..]));
        assert_eq!(format!("{body:?}"), "Body { length: 6, .. }");
    }
}
