//! Bytes as they are kept: in plain, or encrypted under the key of a customer.

use std::ops::Range;

use hyper::body::Bytes;

use super::{customer_key::CustomerKey, error::S3Error};
use crate::fake::{crypto::aes_gcm, http::Body};

#[derive(Clone, Debug)]
pub(super) enum Content {
    Plain(Body),
    Sealed {
        /// Each by itself, so that a range does not cost all of them.
        chunks: Vec<Bytes>,
        /// Of what is in them.
        length: usize,
    },
}

impl Content {
    pub(super) fn new(body: Body, key: Option<&CustomerKey>) -> Result<Self, S3Error> {
        let Some(key) = key else { return Ok(Self::Plain(body)) };
        let length = body.len();
        let starts = (0..length).step_by(CHUNK);
        let chunks = starts.zip(0..).map(|(start, number)| {
            let chunk = body.slice(start..start + CHUNK);
            Ok(aes_gcm::seal(&key.bytes(), &chunk.as_one(), &aad(number))?.into())
        });
        Ok(Self::Sealed { chunks: chunks.collect::<Result<_, S3Error>>()?, length })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(body) => body.len(),
            Self::Sealed { length, .. } => *length,
        }
    }

    /// A part of it, which only the key opens. What is beyond its end is left out.
    pub(super) fn read(
        &self,
        range: Range<usize>,
        key: Option<&CustomerKey>,
    ) -> Result<Body, S3Error> {
        let (chunks, key) = match (self, key) {
            (Self::Plain(body), _) => return Ok(body.slice(range)),
            (Self::Sealed { chunks, .. }, Some(key)) => (chunks, key),
            (Self::Sealed { .. }, None) => return Err(S3Error::key_is_missing()),
        };
        let first = range.start / CHUNK;
        let mut body = Body::default();
        for (number, chunk) in (0..).zip(chunks).skip(first) {
            let start = number * CHUNK;
            if start >= range.end {
                break;
            }
            let opened = Body::from(aes_gcm::open(&key.bytes(), chunk, &aad(number))?);
            let wanted = range.start.saturating_sub(start)..range.end - start;
            body.extend(&opened.slice(wanted));
        }
        Ok(body)
    }

    /// As it is kept.
    pub(super) fn kept(&self) -> Vec<u8> {
        match self {
            Self::Plain(body) => body.as_one().into_owned(),
            Self::Sealed { chunks, .. } => chunks.concat(),
        }
    }
}

/// Chunks stay in their order.
fn aad(number: usize) -> [u8; 8] {
    (number as u64).to_le_bytes()
}

const CHUNK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_across_chunks() -> Result<(), S3Error> {
        let key = CustomerKey::of_bytes(&[7; 32]);
        let text = (0..=250).cycle().take(CHUNK * 2 + 100).collect::<Vec<u8>>();
        let sealed = Content::new(text.clone().into(), Some(&key))?;
        assert_eq!(sealed.len(), text.len());
        let end = text.len();
        for range in [0..end, 0..0, 0..1, CHUNK - 1..CHUNK + 1, CHUNK..CHUNK * 2, 5..end, end..end]
        {
            let read = sealed.read(range.clone(), Some(&key))?;
            assert_eq!(*read.as_one(), text[range.clone()], "{range:?}");
        }
        let other = CustomerKey::of_bytes(&[8; 32]);
        assert_eq!(sealed.read(0..1, Some(&other)).unwrap_err().code, "InternalError");
        assert_eq!(sealed.read(0..1, None).unwrap_err().code, "InvalidRequest");
        let kept = sealed.kept();
        assert!(!kept.windows(32).any(|window| window == &text[..32]));
        Ok(())
    }

    #[test]
    fn nothing_is_sealed_as_nothing() -> Result<(), S3Error> {
        let key = CustomerKey::of_bytes(&[7; 32]);
        let sealed = Content::new(Body::default(), Some(&key))?;
        assert_eq!((sealed.len(), sealed.kept().len()), (0, 0));
        assert_eq!(sealed.read(0..0, Some(&key))?.len(), 0);
        Ok(())
    }
}
