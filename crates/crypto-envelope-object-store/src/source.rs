//! A stored object as a source of ranges.

use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{
    self as core, AlgorithmSuite,
    aio::RangeSource,
    ranges::{FetchedRange, RangeRequest, Version},
};
use object_store::{
    Error as StoreError, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, path::Path,
};

use crate::{
    error::{PlainObject, through_core},
    payload::{collect, take_stream},
};

/// The stored bytes of the object at a location, as a caller's options choose it.
#[derive(Clone)]
pub(crate) struct ObjectSource<S> {
    store: S,
    location: Path,
    /// For the first request: those behind it name the version that was found.
    options: GetOptions,
    first: FirstAnswer,
}

/// What the store said first of the object, beside its bytes.
#[derive(Clone, Default)]
pub(crate) struct FirstAnswer(Arc<Mutex<Option<GetResult>>>);

impl<S: ObjectStore> ObjectSource<S> {
    /// `options` without a range, and for more than the head.
    pub(crate) fn new(store: S, location: &Path, options: &GetOptions) -> Self {
        let options = GetOptions { range: None, head: false, ..options.clone() };
        Self { store, location: location.clone(), options, first: FirstAnswer::default() }
    }

    /// What the store says first, once it has.
    pub(crate) fn first_answer(&self) -> FirstAnswer {
        self.first.clone()
    }

    fn options_of(&self, request: &RangeRequest<'_>) -> GetOptions {
        let range = Some(GetRange::Bounded(request.range()));
        let Some(version) = request.version() else {
            return GetOptions { range, ..self.options.clone() };
        };
        let GetOptions { version: wanted, extensions, .. } = self.options.clone();
        let if_match = e_tag_of(version).map(str::to_owned);
        GetOptions { range, if_match, version: wanted, extensions, ..GetOptions::default() }
    }

    /// What an error means: the version that was asked for may be gone, and an empty object has no range at all.
    async fn explained(&self, error: StoreError, request: &RangeRequest<'_>) -> core::Error {
        match &error {
            StoreError::Precondition { .. } | StoreError::NotFound { .. }
                if request.version().is_some() =>
            {
                core::Error::SourceChanged
            }
            StoreError::Generic { .. }
                if request.version().is_none() && request.range().start == 0 =>
            {
                let options = GetOptions { head: true, ..self.options.clone() };
                match self.store.get_opts(&self.location, options).await {
                    Ok(GetResult { meta, .. }) if meta.size == 0 => plain(&meta),
                    _ => through_core(error),
                }
            }
            _ => through_core(error),
        }
    }
}

#[async_trait]
impl<S: ObjectStore> RangeSource for ObjectSource<S> {
    async fn fetch(&self, request: RangeRequest<'_>) -> core::Result<FetchedRange<Bytes>> {
        let result = self.store.get_opts(&self.location, self.options_of(&request)).await;
        let mut result = match result {
            Ok(result) => result,
            Err(error) => return Err(self.explained(error, &request).await),
        };
        let (version, length) = (version_of(&result.meta), result.meta.size);
        if request.version().is_some_and(|wanted| *wanted != version) {
            return Err(core::Error::SourceChanged);
        }
        let Range { start, end } = request.range();
        let bytes = collect(take_stream(&mut result), end - start).await.map_err(through_core)?;
        let (Some(bytes), true) = (bytes, result.range.start == start) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, OTHER_RANGE).into());
        };
        if request.version().is_none() && start == 0 && !looks_like_message(&bytes) {
            return Err(plain(&result.meta));
        }
        self.first.keep(result);
        Ok(FetchedRange::new(bytes, length, version))
    }
}

impl FirstAnswer {
    fn keep(&self, answer: GetResult) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(answer);
    }

    /// The meta data of the object, if there was an answer.
    pub(crate) fn meta(&self) -> Option<ObjectMeta> {
        let first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.as_ref().map(|answer| answer.meta.clone())
    }

    /// All of the answer but for its bytes.
    pub(crate) fn take(&self) -> Option<GetResult> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn plain(meta: &ObjectMeta) -> core::Error {
    through_core(PlainObject { version: version_of(meta), length: meta.size })
}

/// What tells the bytes of an object from others at the same location.
pub(crate) fn version_of(meta: &ObjectMeta) -> Version {
    match meta.e_tag.as_deref() {
        Some(e_tag) => Version::new(e_tag),
        None => Version::new(format!("{NO_TAG}{}", meta.last_modified.timestamp_micros())),
    }
}

/// The entity tag that a version is, if it is a strong one: equal tags mean equal bytes, and a store can be asked for it
/// (RFC 9110, 8.8.3).
pub(crate) fn e_tag_of(version: &Version) -> Option<&str> {
    let name = std::str::from_utf8(version.as_bytes()).ok()?;
    (!name.is_empty() && !name.starts_with(NO_TAG) && !name.starts_with("W/")).then_some(name)
}

/// Whether an object begins as messages do: format version, type, and a suite that there is.
pub(crate) fn looks_like_message(front: &[u8]) -> bool {
    let suite = match *front {
        [1, 0x80, high, low, ..] | [2, high, low, ..] => u16::from_be_bytes([high, low]),
        _ => return false,
    };
    AlgorithmSuite::from_id(suite).is_some()
}

/// How many bytes tell whether it does.
pub(crate) const FRONT: usize = 4;

/// No entity tag begins like this.
const NO_TAG: char = '\0';
const OTHER_RANGE: &str = "the store gave another range than it was asked for";
