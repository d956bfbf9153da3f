//! A source of ranges that writes down what is asked of it, and can be told to misbehave.

use std::{
    future, io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{
    Result,
    aio::RangeSource,
    ranges::{self, FetchedRange, RangeRequest, Version},
};

/// Bytes that are stored somewhere. Clones are the same place.
#[derive(Clone, Debug)]
pub struct Stored(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: Vec<u8>,
    version: Version,
    claimed_length: Option<u64>,
    answer: Answer,
    fetched: Vec<Range<u64>>,
    pinned: Vec<Option<Version>>,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the source must know all of them")]
pub enum Answer {
    /// As it has to be.
    Right,
    /// With one byte less.
    Short,
    /// With one byte more.
    Long,
    /// With as many bytes of something else.
    Wrong,
    /// With an I/O error.
    Error,
    /// Not at all, if it is awaited; as `Error` if it is waited for.
    Never,
}

impl Stored {
    /// Stores these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(State {
            bytes: bytes.into(),
            version: Version::new("1"),
            claimed_length: None,
            answer: Answer::Right,
            fetched: Vec::new(),
            pinned: Vec::new(),
        })))
    }

    /// From now on, answers like this.
    pub fn answer(&self, answer: Answer) {
        self.state().answer = answer;
    }

    /// From now on, says that it stores so many bytes.
    pub fn claim_length(&self, length: u64) {
        self.state().claimed_length = Some(length);
    }

    /// From now on, says that it is this version.
    pub fn claim_version(&self, version: &str) {
        self.state().version = Version::new(version);
    }

    /// Stores something else.
    pub fn replace(&self, bytes: impl Into<Vec<u8>>) {
        self.state().bytes = bytes.into();
    }

    /// What was fetched since somebody asked for the last time.
    #[must_use]
    pub fn fetched(&self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.state().fetched)
    }

    /// Which versions were asked for, in the same way.
    #[must_use]
    pub fn pinned(&self) -> Vec<Option<Version>> {
        std::mem::take(&mut self.state().pinned)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, request: &RangeRequest<'_>) -> Result<FetchedRange> {
        let mut state = self.state();
        let range = request.range();
        state.fetched.push(range.clone());
        state.pinned.push(request.version().cloned());
        let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let end = index(range.end).min(state.bytes.len());
        let mut bytes = state.bytes[index(range.start).min(end)..end].to_vec();
        match state.answer {
            Answer::Right => {}
            Answer::Short => drop(bytes.pop()),
            Answer::Long => bytes.push(0),
            Answer::Wrong => bytes.iter_mut().for_each(|byte| *byte = !*byte),
            Answer::Error | Answer::Never => {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset).into());
            }
        }
        let length = state.claimed_length.unwrap_or(state.bytes.len() as u64);
        Ok(FetchedRange::new(bytes, length, state.version.clone()))
    }
}

impl ranges::RangeSource for Stored {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        self.give(&request)
    }
}

#[async_trait]
impl RangeSource for Stored {
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>> {
        let answer = self.state().answer;
        if answer == Answer::Never {
            self.state().fetched.push(request.range());
            future::pending::<()>().await;
        }
        let fetched = self.give(&request)?;
        let (length, version) = (fetched.message_length(), fetched.version().clone());
        Ok(FetchedRange::new(fetched.into_bytes().into(), length, version))
    }
}
