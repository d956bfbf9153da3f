//! Streams of unknown length.

use std::collections::BTreeMap;

use crypto_envelope::{Result, service::compute};
use tokio::io::AsyncRead;
use zeroize::Zeroizing;

use super::{
    begun::Begun,
    cipher::SerialCipher,
    client::CosEncryptingClient,
    flight::Flight,
    open_upload::{OnFailure, OpenUpload, SentPart},
    part_source::{OfReader, PartSource},
    put::{Written, WrittenObject},
    request::EncryptObject,
    storing::Storing,
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
        let storing = Storing::encrypted(self, object);
        let begun = storing.begin(None).await?;
        storing.put_begun(begun, OfReader(plaintext), Watched::nothing()).await
    }
}

impl Storing {
    /// `watched` is what is known of the plaintext.
    pub(super) async fn put_begun(
        &self,
        begun: Begun,
        plaintext: impl PartSource,
        watched: Watched,
    ) -> Result<WrittenObject> {
        let length = watched.length();
        let part_length = self.part_length(length.unwrap_or(0), begun.unit());
        let message_id = begun.message_id();
        let mut source = Plaintext { source: plaintext, part_length, length: 0 };
        let first = source.part().await?;
        let is_all = (first.len() as u64) < part_length;
        let shape = if is_all {
            Shape::Whole { length: source.length }
        } else {
            Shape::Parts { length, part: Some(part_length) }
        };
        let metadata = begun.metadata(&self.object.metadata, shape)?;
        let (cipher, mut body) = encrypt(begun.into_serial()?, first).await?;
        if is_all {
            cipher.finish(&mut body)?;
            watched.count(source.length);
            watched.check_end(source.length)?;
            let (plaintext_length, stored_length) = (source.length, body.len() as u64);
            let stored = self.put(metadata, body.into()).await?;
            let written = Written { message_id, plaintext_length, stored_length };
            return Ok(written.stored_as(stored));
        }
        let upload = OpenUpload::begin(self, metadata).await?;
        watched.count(source.length);
        let sending = Sending { parallel: self.limits.parallel, upload: &upload };
        let sent = sending.all(&mut source, cipher, body, &watched).await;
        let sent = sent.and_then(|sent| watched.check_end(source.length).map(|()| sent));
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) => return Err(upload.fail(error).await),
        };
        let stored_length = sent.values().map(|part| part.crc64.length()).sum();
        let plaintext_length = source.length;
        let stored = upload.complete(sent, OnFailure::Remove).await?;
        Ok(Written { message_id, plaintext_length, stored_length }.stored_as(stored))
    }
}

/// The plaintext, part by part.
struct Plaintext<S> {
    source: S,
    part_length: u64,
    /// Of what came so far.
    length: u64,
}

impl<S: PartSource> Plaintext<S> {
    /// A whole part, or less at the end.
    async fn part(&mut self) -> Result<Zeroizing<Vec<u8>>> {
        let part = self.source.next(self.part_length).await?;
        self.length += part.len() as u64;
        Ok(part)
    }
}

struct Sending<'u> {
    parallel: usize,
    upload: &'u OpenUpload,
}

impl Sending<'_> {
    /// `body` is what the first part became.
    async fn all<S: PartSource>(
        &self,
        source: &mut Plaintext<S>,
        mut cipher: SerialCipher,
        mut body: Vec<u8>,
        watched: &Watched,
    ) -> Result<BTreeMap<u32, SentPart>> {
        let mut flight = Flight::new();
        let mut outcomes = Vec::new();
        let mut number = 1;
        loop {
            flight.add(self.upload.channel().send(number, body.into()));
            number += 1;
            let part = flight.meanwhile(source.part(), |outcome| outcomes.push(outcome)).await?;
            watched.count(part.len() as u64);
            let is_last = (part.len() as u64) < source.part_length;
            (cipher, body) = encrypt(cipher, part).await?;
            if is_last {
                cipher.finish(&mut body)?;
                if !body.is_empty() {
                    flight.add(self.upload.channel().send(number, body.into()));
                }
                break;
            }
            while flight.len() >= self.parallel {
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

/// Away from the thread that drives the connections of others, if this is one.
async fn encrypt(
    mut cipher: SerialCipher,
    part: Zeroizing<Vec<u8>>,
) -> Result<(SerialCipher, Vec<u8>)> {
    compute(move || {
        let mut body = Vec::new();
        cipher.push(&part, &mut body)?;
        Ok((cipher, body))
    })
    .await
}
