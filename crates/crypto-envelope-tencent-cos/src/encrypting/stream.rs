//! Streams of unknown length.

use std::collections::BTreeMap;

use crypto_envelope::Result;
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use super::{
    begun::Begun,
    cipher::SerialCipher,
    client::CosEncryptingClient,
    flight::Flight,
    put::{Written, WrittenObject},
    request::EncryptObject,
    upload::{OnFailure, OpenUpload, SentPart},
    watched::Watched,
};
use crate::format::envelope::Shape;

impl CosEncryptingClient {
    /// Encrypts what comes out of `plaintext`, up to its end, and stores it: in one call if it is short, else in
    /// parts, several of which are on their way at once. Memory is taken for those parts alone.
    ///
    /// If it fails, what was stored of it is removed, and an object that was there is still there. A future
    /// that is dropped has it removed as well, in the background.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and those of reading `plaintext`.
    pub async fn put_stream(
        &self,
        object: EncryptObject,
        plaintext: impl AsyncRead + Send + Unpin,
    ) -> Result<WrittenObject> {
        self.put_reader(object, plaintext, Watched::nothing()).await
    }

    /// `watched` is what is known of the plaintext.
    pub(super) async fn put_reader(
        &self,
        object: EncryptObject,
        mut plaintext: impl AsyncRead + Send + Unpin,
        watched: Watched,
    ) -> Result<WrittenObject> {
        let length = watched.length();
        let begun = Begun::new(self.inner(), &object, length).await?;
        let part_length = self.part_length(length.unwrap_or(0), 16);
        let message_id = begun.message_id();
        let mut source = Source { reader: &mut plaintext, part_length, length: 0 };
        let first = source.part().await?;
        let is_all = (first.len() as u64) < part_length;
        let shape = if is_all {
            Shape::Whole { length: first.len() as u64 }
        } else {
            Shape::Parts { length, part: part_length }
        };
        let metadata = begun.metadata(&object.metadata, shape)?;
        let mut cipher = begun.into_serial()?;
        let mut body = Vec::new();
        cipher.push(&first, &mut body)?;
        if is_all {
            cipher.finish(&mut body)?;
            watched.count(source.length);
            watched.check_end(source.length)?;
            let (plaintext_length, stored_length) = (source.length, body.len() as u64);
            let stored = self.store(object, metadata, body.into()).await?;
            let written = Written { message_id, plaintext_length, stored_length };
            return Ok(written.stored_as(stored));
        }
        let upload = OpenUpload::begin(self, &object, metadata).await?;
        watched.count(source.length);
        let sending = Sending { client: self, upload: &upload };
        let sent = sending.all(&mut source, cipher, body, &watched).await;
        let sent = sent.and_then(|sent| watched.check_end(source.length).map(|()| sent));
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) => return Err(upload.fail(error).await),
        };
        let stored_length = sent.values().map(|part| part.crc64.length()).sum();
        let plaintext_length = source.length;
        let stored = upload.complete(sent, object.existing, OnFailure::Remove).await?;
        Ok(Written { message_id, plaintext_length, stored_length }.stored_as(stored))
    }
}

/// The plaintext, part by part.
struct Source<'r, R> {
    reader: &'r mut R,
    part_length: u64,
    /// Of what came so far.
    length: u64,
}

impl<R: AsyncRead + Unpin> Source<'_, R> {
    /// A whole part, or less at the end.
    async fn part(&mut self) -> Result<Zeroizing<Vec<u8>>> {
        let length = usize::try_from(self.part_length).unwrap_or(usize::MAX);
        let mut part = Zeroizing::new(Vec::new());
        // Not at once: what is short takes little.
        while part.len() < length {
            let step = STEP.min(length - part.len());
            reserve(&mut part, step, length);
            let read = (&mut self.reader).take(step as u64).read_buf(&mut *part).await?;
            if read == 0 {
                break;
            }
        }
        self.length += part.len() as u64;
        Ok(part)
    }
}

/// Room for more, without leaving a copy behind.
fn reserve(bytes: &mut Zeroizing<Vec<u8>>, more: usize, most: usize) {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let capacity = needed.max(bytes.capacity().saturating_mul(2)).min(most.max(needed));
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
}

struct Sending<'u> {
    client: &'u CosEncryptingClient,
    upload: &'u OpenUpload,
}

impl Sending<'_> {
    /// `body` is what the first part became.
    async fn all<R: AsyncRead + Send + Unpin>(
        &self,
        source: &mut Source<'_, R>,
        mut cipher: SerialCipher,
        mut body: Vec<u8>,
        watched: &Watched,
    ) -> Result<BTreeMap<u32, SentPart>> {
        let parallel = self.client.inner().limits.parallel;
        let mut flight = Flight::new();
        let mut outcomes = Vec::new();
        let mut number = 1;
        loop {
            flight.add(self.upload.channel().send(number, body.into()));
            number += 1;
            let part = flight.meanwhile(source.part(), |outcome| outcomes.push(outcome)).await?;
            watched.count(part.len() as u64);
            let is_last = (part.len() as u64) < source.part_length;
            body = Vec::new();
            cipher.push(&part, &mut body)?;
            if is_last {
                cipher.finish(&mut body)?;
                if !body.is_empty() {
                    flight.add(self.upload.channel().send(number, body.into()));
                }
                break;
            }
            while flight.len() >= parallel {
                outcomes.extend(flight.next().await);
            }
            outcomes =
                outcomes.into_iter().map(|outcome| outcome.map(Ok)).collect::<Result<_>>()?;
        }
        while let Some(outcome) = flight.next().await {
            outcomes.push(outcome);
        }
        outcomes.into_iter().map(|part| part.map(|part| (part.number, part))).collect()
    }
}

/// In bytes.
const STEP: usize = 256 << 10;
