//! Objects whose bytes are still to come.

use std::fmt;

use bytes::Bytes;
use crypto_envelope::{Error, Result};
use crypto_envelope_http::OpenedAnswer;

use crate::{CosErrorKind, Crc64, ObjectProperties, answer::Wrong, error::About};

/// An object, or a part of it, whose bytes are still to come. If it is dropped before its end, so is the
/// connection.
pub struct OpenedObject {
    properties: ObjectProperties,
    about: About,
    answer: OpenedAnswer,
    seen: Crc64,
}

impl OpenedObject {
    pub(super) fn new(properties: ObjectProperties, about: About, answer: OpenedAnswer) -> Self {
        Self { properties, about, answer, seen: Crc64::new() }
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
    /// # Errors
    ///
    /// [`Error::Io`] with a [`CosError`](crate::CosError) inside if the connection breaks, or the bytes are not
    /// those that COS has.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let chunk = self.answer.chunk().await;
        let chunk =
            chunk.map_err(|failed| Error::from(self.about.clone().without_answer(&failed)))?;
        let expected = self.properties.body_length();
        match &chunk {
            Some(bytes) => {
                self.seen.update(bytes);
                if self.seen.length() > expected {
                    return Err(self.damaged("there are more bytes than COS said"));
                }
            }
            None if self.seen.length() < expected => {
                return Err(self.damaged("there are fewer bytes than COS said"));
            }
            None if self.properties.range.is_none() => {
                Wrong::compare(self.seen.value(), self.properties.crc64).map_err(|_| {
                    self.damaged("the checksum of COS (CRC-64) is another than that of the bytes")
                })?;
            }
            None => {}
        }
        Ok(chunk)
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

    fn damaged(&self, what: &str) -> Error {
        self.about.clone().failed(CosErrorKind::Damaged, what).into()
    }
}

impl fmt::Debug for OpenedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedObject").field("properties", &self.properties).finish_non_exhaustive()
    }
}
