//! Objects whose bytes are still to come.

use std::fmt;

use bytes::Bytes;
use crypto_envelope::{Error, Result};
use crypto_envelope_http::{NoAnswer, OpenedAnswer};

use super::CosClient;
use crate::{CosErrorKind, Crc64, GetObject, ObjectProperties, answer::Wrong, calls, error::About};

/// An object, or a part of it, whose bytes are still to come. If it is dropped before its end, so is the
/// connection.
pub struct OpenedObject {
    client: CosClient,
    call: GetObject,
    properties: ObjectProperties,
    answer: OpenedAnswer,
    seen: Crc64,
    /// Since the last bytes came.
    failures: u32,
    /// How many bytes have come since the last one.
    since_failure: usize,
}

/// What came before the bytes.
pub(super) struct Opened {
    pub(super) properties: ObjectProperties,
    pub(super) answer: OpenedAnswer,
}

impl OpenedObject {
    pub(super) fn new(client: CosClient, call: GetObject, opened: Opened) -> Self {
        let Opened { properties, answer } = opened;
        Self { client, call, properties, answer, seen: Crc64::new(), failures: 0, since_failure: 0 }
    }

    /// What is known of the object.
    #[must_use]
    pub fn properties(&self) -> &ObjectProperties {
        &self.properties
    }

    /// The next bytes, or none behind the end. There are as many as
    /// [`body_length`](ObjectProperties::body_length) says, and of a whole object the checksum is compared with
    /// that of COS: what came before is good only if the end is reached without an error.
    ///
    /// If the connection breaks, the rest is asked for, of the same object. A future that is dropped loses
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with a [`CosError`](crate::CosError) inside if the connection breaks too often, the object
    /// was replaced meanwhile, or the bytes are not those that COS has.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.answer.chunk().await {
                Ok(Some(bytes)) => {
                    self.since_failure = self.since_failure.saturating_add(bytes.len());
                    self.seen.update(&bytes);
                    if self.seen.length() > self.properties.body_length() {
                        return Err(self.damaged("there are more bytes than COS said"));
                    }
                    return Ok(Some(bytes));
                }
                Ok(None) => {
                    self.check_end()?;
                    return Ok(None);
                }
                Err(failed) => self.resume(&failed).await?,
            }
        }
    }

    /// All of them at once, if there are not more than `longest`.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk); [`Error::InvalidInput`] if there are more.
    pub async fn whole(mut self, longest: u64) -> Result<Vec<u8>> {
        let length = self.properties.body_length();
        if length > longest {
            return Err(Error::invalid_input(format!(
                "there are {length} bytes to be read at once, and {longest} were allowed"
            )));
        }
        // What was only said is no reason to take memory.
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    async fn resume(&mut self, failed: &NoAnswer) -> Result<()> {
        let is_over = self.seen.length() >= self.properties.body_length();
        // A connection that carries next to nothing is as good as none.
        self.failures = if self.since_failure < PROGRESS { self.failures + 1 } else { 1 };
        self.since_failure = 0;
        if !failed.may_pass() || is_over || self.failures >= self.client.max_attempts {
            return Err(self.about().without_answer(failed).into());
        }
        let rest = self.call.rest_of(&self.properties, self.seen.length())?;
        let Opened { properties, answer } = self.client.begin(rest).await?;
        if !properties.etag.matches(&self.properties.etag)
            || properties.length != self.properties.length
        {
            return Err(self.damaged("the rest is that of another object"));
        }
        self.answer = answer;
        Ok(())
    }

    fn check_end(&self) -> Result<()> {
        if self.seen.length() < self.properties.body_length() {
            return Err(self.damaged("there are fewer bytes than COS said"));
        }
        // Of a part there is no checksum.
        if self.properties.range.is_some() {
            return Ok(());
        }
        Wrong::compare(self.seen.value(), self.properties.crc64).map_err(|_| {
            self.damaged("the checksum of COS (CRC-64) is another than that of the bytes")
        })
    }

    fn about(&self) -> About {
        calls::about(&self.call, self.client.endpoint().bucket())
    }

    fn damaged(&self, what: &str) -> Error {
        self.about().failed(CosErrorKind::Damaged, what).into()
    }
}

impl fmt::Debug for OpenedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedObject").field("properties", &self.properties).finish_non_exhaustive()
    }
}

/// In bytes: what has to come between two failures, so that the second is not one more of the same.
const PROGRESS: usize = 64 << 10;
