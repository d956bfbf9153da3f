//! Bytes in memory as a source.

use std::ops::Range;

use super::{Fetched, Request, Source, Version};
use crate::Result;

/// Cannot change while it is read, so that there is one version.
impl Source for [u8] {
    fn fetch(&self, request: Request<'_>) -> Result<Fetched> {
        let bytes = self[within(self.len(), &request.range())].to_vec();
        Ok(Fetched::new(bytes, self.len() as u64, Version::new("")))
    }
}

impl Source for Vec<u8> {
    fn fetch(&self, request: Request<'_>) -> Result<Fetched> {
        self.as_slice().fetch(request)
    }
}

#[cfg(feature = "tokio")]
impl Source for bytes::Bytes {
    fn fetch(&self, request: Request<'_>) -> Result<Fetched> {
        self.as_ref().fetch(request)
    }
}

/// The part of a range that is within so many bytes.
pub(crate) fn within(length: usize, range: &Range<u64>) -> Range<usize> {
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(length);
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
    start..end
}
