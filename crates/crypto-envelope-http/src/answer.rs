//! What comes back.

use std::{mem, time::Duration};

use crypto_envelope::{SecretBytes, service::reserve_wiped};
use reqwest::{Response, header::HeaderMap};
use zeroize::Zeroizing;

use crate::{NoAnswer, patience::Watch};

/// An answer, whole, of whatever status.
#[derive(Debug)]
pub struct Answer {
    head: Head,
    body: SecretBytes,
}

impl Answer {
    pub(crate) fn new(head: Head, body: SecretBytes) -> Self {
        Self { head, body }
    }

    /// The rest of `response`, if it is not longer than that.
    pub(crate) async fn read(
        mut response: Response,
        longest: usize,
        watch: &Watch,
    ) -> Result<Self, NoAnswer> {
        let head = Head::of(&response);
        let mut body = Gathered::new(longest);
        while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::of(&error))? {
            watch.moved();
            body.push(&chunk)?;
        }
        Ok(Self { head, body: body.into_secret() })
    }

    /// What came before the body.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The status of HTTP.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.head.is_success()
    }

    /// The first header of this name, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// All of the body.
    #[must_use]
    pub fn body(&self) -> &SecretBytes {
        &self.body
    }
}

/// What comes before the body of an answer.
#[derive(Clone, Debug)]
pub struct Head {
    status: u16,
    headers: HeaderMap,
}

impl Head {
    pub(crate) fn of(response: &Response) -> Self {
        Self { status: response.status().as_u16(), headers: response.headers().clone() }
    }

    /// The status of HTTP.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers with their values, the names in lower case. Those that are there several times come
    /// several times.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// How long the body is, by the header: for `HEAD`, the one that would have come. None if nothing
    /// is said: the end of such a body may go missing unnoticed.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        number(self.header("content-length")?)
    }

    /// How long the service wants to be left alone, if it says so in seconds.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        number(self.header("retry-after")?).map(Duration::from_secs)
    }
}

/// Digits alone: the parser of the library would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What has something before its body.
pub(crate) trait Headed {
    fn head(&self) -> &Head;
}

impl Headed for Answer {
    fn head(&self) -> &Head {
        &self.head
    }
}

/// A body that grows, up to a length.
pub(crate) struct Gathered {
    bytes: Zeroizing<Vec<u8>>,
    longest: usize,
}

impl Gathered {
    pub(crate) fn new(longest: usize) -> Self {
        Self { bytes: Zeroizing::default(), longest }
    }

    /// Grows by moving: what was in the way is wiped.
    pub(crate) fn push(&mut self, more: &[u8]) -> Result<(), NoAnswer> {
        let needed = self.bytes.len().saturating_add(more.len());
        if needed > self.longest {
            return Err(NoAnswer::too_long(self.longest));
        }
        reserve_wiped(&mut self.bytes, more.len(), self.longest);
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    pub(crate) fn into_secret(mut self) -> SecretBytes {
        SecretBytes::from(mem::take(&mut *self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_stays_whole_up_to_its_bound() {
        let mut gathered = Gathered::new(10);
        for more in [&b""[..], b"a", b"bc", b"", b"defghi", b"j"] {
            gathered.push(more).expect("it is not too long");
        }
        assert!(gathered.push(b"k").is_err());
        assert_eq!(gathered.into_secret().expose(), b"abcdefghij");
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        for text in ["", "+1", "-1", " 1", "1.5", "18446744073709551616", "Wed, 21 Oct 2026"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
