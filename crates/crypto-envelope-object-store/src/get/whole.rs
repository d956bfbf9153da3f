//! Reading all of an object with one request.

use bytes::Bytes;
use crypto_envelope::{
    self as core,
    aio::{BodyStream, DecryptStream, take_header},
    ranges::KnownHeader,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStore, Result, path::Path,
};

use crate::{
    error::{Error, at, through_core},
    payload::take_stream,
    source::{FRONT, looks_like_message, version_of},
    store::Shared,
};

type Stored = BoxStream<'static, Result<Bytes>>;

impl<S: ObjectStore> Shared<S> {
    /// Also says what the store has.
    pub(crate) async fn whole(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> Result<(ObjectMeta, GetResult)> {
        let mut result = self.store.get_opts(location, options.clone()).await?;
        let meta = result.meta.clone();
        let (front, stored) = with_front(take_stream(&mut result)).await?;
        if !looks_like_message(&front) {
            if !self.may_be_plain(location, &options) {
                return Err(Error::Unencrypted.at(location));
            }
            let stored = of_length(stored.map_err(through_core).boxed(), meta.size);
            let location = location.clone();
            let stored = stored.map_err(move |error| at(&location, error)).boxed();
            result.payload = GetResultPayload::Stream(stored);
            return Ok((meta, result));
        }
        let opened = self.open(location, &options, &meta, stored).await;
        let (length, plaintext) = opened.map_err(|error| at(location, error))?;
        result.meta.size = length;
        result.range = 0..length;
        let location = location.clone();
        let plaintext = of_length(plaintext.boxed(), length);
        let plaintext = plaintext.map_err(move |error| at(&location, error));
        result.payload = GetResultPayload::Stream(plaintext.boxed());
        Ok((meta, result))
    }

    /// Opens the message of a stream. How long its plaintext is shows at its end.
    async fn open(
        &self,
        location: &Path,
        options: &GetOptions,
        meta: &ObjectMeta,
        stored: Stored,
    ) -> core::Result<(u64, DecryptStream<BodyStream<Stored>>)> {
        let (header, body) = take_header(self.decryptor.header_parser(), stored).await?;
        let known = KnownHeader::new(header.clone(), version_of(meta), meta.size);
        let length =
            known.estimated_length().ok_or_else(|| through_core(Error::ImpossibleLength))?;
        self.keep_header(location, options, known);
        let context = self.context.of(location)?;
        let opener = self.decryptor.open(header, &context).await?;
        self.accept(location, options, opener.header(), &context)?;
        Ok((length, DecryptStream::new(opener, body)))
    }
}

/// A plaintext that is as long as we said that it is.
fn of_length(
    plaintext: BoxStream<'static, core::Result<Bytes>>,
    length: u64,
) -> impl Stream<Item = core::Result<Bytes>> + Send + 'static {
    stream::try_unfold((plaintext, length), |(mut plaintext, left)| async move {
        match plaintext.try_next().await? {
            Some(piece) if piece.len() as u64 <= left => {
                let left = left - piece.len() as u64;
                Ok(Some((piece, (plaintext, left))))
            }
            None if left == 0 => Ok(None),
            _ => Err(through_core(Error::ImpossibleLength)),
        }
    })
}

/// The first bytes of a stream, and all of it.
async fn with_front(mut stored: Stored) -> Result<(Vec<u8>, Stored)> {
    let (mut front, mut pieces) = (Vec::new(), Vec::new());
    while front.len() < FRONT
        && let Some(piece) = stored.try_next().await?
    {
        front.extend_from_slice(&piece[..piece.len().min(FRONT)]);
        pieces.push(Ok(piece));
    }
    Ok((front, stream::iter(pieces).chain(stored).boxed()))
}
