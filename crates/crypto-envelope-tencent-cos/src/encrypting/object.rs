//! An object whose plaintext is still to come.

use std::{fmt, ops::Range};

use bytes::Bytes;
use crypto_envelope::{
    EncryptionContext, Error, MessageId, Opener, Result, aio::RangeReader, hazmat::AesCtr,
    service::reserve_wiped,
};
use zeroize::{Zeroize, Zeroizing};

use super::message_source::MessageSource;
use crate::{CosFormat, ObjectProperties, OpenedObject, format::body::BodyDecryptor};

/// An object, or a range of it, whose plaintext is still to come.
///
/// What comes of a [message](CosFormat::Message) is genuine, and that nothing is missing is known when the end
/// was reached without an error. What comes of a format that is called unauthenticated never is.
pub struct DecryptedObject {
    pub(super) properties: ObjectProperties,
    pub(super) format: Option<CosFormat>,
    pub(super) context: EncryptionContext,
    pub(super) message_id: Option<MessageId>,
    pub(super) body: Body,
}

/// Where the plaintext comes from.
pub(super) enum Body {
    Message { opener: Option<Box<Opener>>, waiting: Bytes, stored: OpenedObject },
    MessageRange { reader: Box<RangeReader<MessageSource>>, left: Range<u64> },
    Envelope { decryptor: Option<BodyDecryptor>, stored: OpenedObject },
    Range { stream: AesCtr, offset: u64, stored: OpenedObject },
    Plain { waiting: Bytes, stored: OpenedObject },
    Nothing,
}

impl DecryptedObject {
    /// What COS tells of the object. Its metadata are those of the writer, and can have been changed since.
    #[must_use]
    pub fn properties(&self) -> &ObjectProperties {
        &self.properties
    }

    /// How the object is encrypted. None if it is not at all, which has to be
    /// [allowed](super::CosEncryptingClientBuilder::danger_accept_unencrypted).
    #[must_use]
    pub fn format(&self) -> Option<CosFormat> {
        self.format
    }

    /// The pairs that a message is bound to.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Which message it is.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        self.message_id
    }

    /// The next bytes of plaintext, or none behind the end. After an error nothing more comes.
    ///
    /// # Errors
    ///
    /// Those of reading the object; [`Error::Authentication`] and [`Error::Truncated`] if it is not genuine, and
    /// [`CosObjectError`](crate::CosObjectError) if its end is not one of its format.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let chunk = self.body.chunk().await;
        if !matches!(chunk, Ok(Some(_))) {
            self.body = Body::Nothing;
        }
        chunk
    }

    /// All of the plaintext, if it is not more than `longest` bytes.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk); [`Error::InvalidInput`] if there is more.
    pub async fn whole(mut self, longest: usize) -> Result<Vec<u8>> {
        let mut whole = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > longest.saturating_sub(whole.len()) {
                return Err(Error::invalid_input(format!(
                    "the plaintext has more than the {longest} bytes that were allowed"
                )));
            }
            reserve_wiped(&mut whole, chunk.len(), longest);
            whole.extend_from_slice(&chunk);
        }
        Ok(std::mem::take(&mut *whole))
    }
}

impl Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match self {
            Self::Message { opener, waiting, stored } => {
                message_chunk(opener, waiting, stored).await
            }
            Self::MessageRange { reader, left } => {
                if left.is_empty() {
                    return Ok(None);
                }
                let end = left.end.min(left.start.saturating_add(RANGE_STEP));
                let bytes = reader.read_range(left.start..end).await?;
                // The end of the plaintext is verified then.
                let is_end = (bytes.len() as u64) < end - left.start;
                left.start = if is_end { left.end } else { end };
                Ok(Some(Bytes::from(bytes)).filter(|bytes| !bytes.is_empty()))
            }
            Self::Envelope { decryptor, stored } => envelope_chunk(decryptor, stored).await,
            Self::Range { stream, offset, stored } => {
                let Some(chunk) = stored.chunk().await? else { return Ok(None) };
                let mut bytes = Vec::from(chunk);
                stream.apply(*offset, &mut bytes)?;
                *offset += bytes.len() as u64;
                Ok(Some(bytes.into()))
            }
            Self::Plain { waiting, .. } if !waiting.is_empty() => Ok(Some(std::mem::take(waiting))),
            Self::Plain { stored, .. } => stored.chunk().await,
            Self::Nothing => Ok(None),
        }
    }
}

async fn message_chunk(
    opener: &mut Option<Box<Opener>>,
    waiting: &mut Bytes,
    stored: &mut OpenedObject,
) -> Result<Option<Bytes>> {
    while let Some(engine) = opener {
        let next =
            if waiting.is_empty() { stored.chunk().await? } else { Some(std::mem::take(waiting)) };
        let Some(piece) = next else {
            // Until here it could have been cut.
            let Some(engine) = opener.take() else { break };
            let finished = engine.finish()?;
            let held = Bytes::copy_from_slice(finished.held_plaintext());
            return Ok(Some(held).filter(|held| !held.is_empty()));
        };
        let mut out = vec![0; engine.push_bound(piece.len())];
        let length = engine.push(&piece, &mut out)?;
        if length > 0 {
            out.truncate(length);
            return Ok(Some(out.into()));
        }
    }
    Ok(None)
}

async fn envelope_chunk(
    decryptor: &mut Option<BodyDecryptor>,
    stored: &mut OpenedObject,
) -> Result<Option<Bytes>> {
    while let Some(engine) = decryptor {
        let mut out = Vec::new();
        if let Some(piece) = stored.chunk().await? {
            if let Err(error) = engine.push(&piece, &mut out) {
                out.zeroize();
                return Err(error);
            }
        } else {
            let Some(engine) = decryptor.take() else { break };
            engine.finish(&mut out)?;
            return Ok(Some(Bytes::from(out)).filter(|out| !out.is_empty()));
        }
        if !out.is_empty() {
            return Ok(Some(out.into()));
        }
    }
    Ok(None)
}

/// Not the plaintext.
impl fmt::Debug for DecryptedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptedObject")
            .field("properties", &self.properties)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// In bytes: a few frames at once.
const RANGE_STEP: u64 = 4 << 20;
