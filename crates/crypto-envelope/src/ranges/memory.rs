//! Bytes in memory as a source.

use std::ops::Range;

use super::{FetchedRange, RangeRequest, RangeSource, Version};
use crate::Result;

/// Cannot change while it is read, so that there is one version.
impl RangeSource for [u8] {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        let bytes = self[within(self.len(), &request.range())].to_vec();
        Ok(FetchedRange::new(bytes, self.len() as u64, Version::new("")))
    }
}

impl RangeSource for Vec<u8> {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        self.as_slice().fetch(request)
    }
}

#[cfg(feature = "tokio")]
impl RangeSource for bytes::Bytes {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        self.as_ref().fetch(request)
    }
}

/// The part of a range that is within so many bytes.
pub(crate) fn within(length: usize, range: &Range<u64>) -> Range<usize> {
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(length);
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
    start..end
}
