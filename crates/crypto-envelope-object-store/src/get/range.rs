//! Reading a range.

use std::ops::Range;

use bytes::Bytes;
use crypto_envelope::{self as core, BodyFormat};
use futures_util::{FutureExt, StreamExt, stream, stream::BoxStream};
use object_store::{
    Error as StoreError, GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore, path::Path,
};

use super::open::Reader;
use crate::{
    Error,
    error::{STORE, at, through_core},
    source::FirstAnswer,
    store::Shared,
};

impl<S: ObjectStore> Shared<S> {
    pub(super) async fn range(
        &self,
        location: &Path,
        options: &GetOptions,
        wanted: GetRange,
    ) -> core::Result<GetResult> {
        if let GetRange::Bounded(range) = &wanted {
            check_bounds(range)?;
        }
        let piece = self.ranges.read_ahead().max(1) as u64;
        let wanted = &wanted;
        self.with_reader(location, options, |reader, first| async move {
            if is_short(&reader, wanted, piece) {
                short(&reader, &first, wanted).await
            } else {
                long(&reader, &first, location, wanted, piece).await
            }
        })
        .await
    }
}

/// Refuses what is wrong by itself, whatever is there.
pub(super) fn check_bounds(range: &Range<u64>) -> core::Result<()> {
    let checked = GetRange::Bounded(range.clone()).as_range(u64::MAX);
    checked
        .map(drop)
        .map_err(|error| through_core(StoreError::Generic { store: STORE, source: error.into() }))
}

/// Ranges that all begin within the plaintext.
pub(super) async fn several<S: ObjectStore>(
    reader: Reader<S>,
    ranges: &[Range<u64>],
) -> core::Result<Vec<Bytes>> {
    let read = reader.read_ranges(ranges).await;
    let is_behind = match &read {
        Ok(plaintext) => plaintext.iter().any(Vec::is_empty),
        Err(error) => matches!(error, core::Error::InvalidInput { .. }),
    };
    if is_behind {
        let length = reader.length().await?;
        ranges.iter().try_for_each(|range| placed(&range.clone().into(), length).map(drop))?;
    }
    Ok(read?.into_iter().map(Bytes::from).collect())
}

/// Whether a range is read at once.
fn is_short<S: ObjectStore>(reader: &Reader<S>, wanted: &GetRange, most: u64) -> bool {
    let length = match wanted {
        GetRange::Bounded(range) => range.end - range.start,
        GetRange::Offset(start) => {
            reader.estimated_length().unwrap_or(u64::MAX).saturating_sub(*start)
        }
        GetRange::Suffix(length) => *length,
    };
    length <= most
}

/// A range that is read before anything is said of it.
async fn short<S: ObjectStore>(
    reader: &Reader<S>,
    first: &FirstAnswer,
    wanted: &GetRange,
) -> core::Result<GetResult> {
    let read = match wanted {
        GetRange::Bounded(range) => reader.read_range(range.clone()).await,
        GetRange::Offset(start) => reader.read_range(*start..u64::MAX).await,
        GetRange::Suffix(length) => reader.read_suffix(*length).await,
    };
    // Readers of stores are told with the same error that there is nothing, and that nothing can be.
    if matches!(read, Err(core::Error::InvalidInput { .. })) {
        placed(wanted, reader.length().await?)?;
    }
    let plaintext = read?;
    let length = match (wanted, plaintext.len()) {
        (GetRange::Bounded(_), 1..) => reader.estimated_length(),
        _ => None,
    };
    let length = match length {
        Some(length) => length,
        None => reader.length().await?,
    };
    let start = placed(wanted, length)?.start;
    let mut result = answer(first, length, start..start + plaintext.len() as u64)?;
    let plaintext = (!plaintext.is_empty()).then(|| Ok(Bytes::from(plaintext)));
    result.payload = GetResultPayload::Stream(stream::iter(plaintext).boxed());
    Ok(result)
}

/// A range that comes out piece by piece. If it reaches the end, that is verified before.
async fn long<S: ObjectStore>(
    reader: &Reader<S>,
    first: &FirstAnswer,
    location: &Path,
    wanted: &GetRange,
    piece: u64,
) -> core::Result<GetResult> {
    let estimate = reader.estimated_length();
    let range = estimate.and_then(|length| wanted.as_range(length).ok());
    let (range, length) = match (range, estimate) {
        (Some(range), Some(length)) if range.end < length => (range, length),
        _ => {
            let length = reader.length().await?;
            (placed(wanted, length)?, length)
        }
    };
    let mut pieces = cut(range.clone(), frame_length(reader), piece);
    // Nothing was said of it yet, so it can be begun once more.
    let front = match pieces.next() {
        Some(front) => Some(Ok(whole_piece(reader, front).await?)),
        None => None,
    };
    let mut result = answer(first, length, range)?;
    let pieces = stream::iter(front).chain(read_ahead(reader, location, pieces));
    result.payload = GetResultPayload::Stream(pieces.boxed());
    Ok(result)
}

/// Plaintext bytes of a frame; 1 if there are none.
fn frame_length<S>(reader: &Reader<S>) -> u64 {
    match reader.header().body_format() {
        BodyFormat::Framed { frame_length } => frame_length.get().into(),
        _ => 1,
    }
}

/// Cuts a range where frames end, so that none is fetched twice, into pieces of about this length.
fn cut(range: Range<u64>, frame: u64, piece: u64) -> impl Iterator<Item = Range<u64>> + Send {
    let frames = (piece / frame).max(1);
    let mut rest = range;
    std::iter::from_fn(move || {
        let end = (rest.start / frame).saturating_add(frames).saturating_mul(frame).min(rest.end);
        let piece = rest.start..end;
        rest.start = end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The plaintext of pieces, of which the next one is on its way while one is taken.
fn read_ahead<S: ObjectStore>(
    reader: &Reader<S>,
    location: &Path,
    pieces: impl Iterator<Item = Range<u64>> + Send + 'static,
) -> BoxStream<'static, object_store::Result<Bytes>> {
    let (reader, location) = (reader.clone(), location.clone());
    stream::iter(pieces)
        .map(move |piece| {
            let (reader, location) = (reader.clone(), location.clone());
            async move { whole_piece(&reader, piece).await.map_err(|error| at(&location, error)) }
                .boxed()
        })
        .buffered(2)
        .boxed()
}

/// All of a piece that lies within the plaintext.
async fn whole_piece<S: ObjectStore>(reader: &Reader<S>, piece: Range<u64>) -> core::Result<Bytes> {
    const SHORTER: Error = Error::Internal { what: "a range within the plaintext is not there" };
    let length = piece.end - piece.start;
    let plaintext = reader.read_range(piece).await?;
    if plaintext.len() as u64 != length {
        return Err(through_core(SHORTER));
    }
    Ok(plaintext.into())
}

/// Where in a plaintext of this length the range is.
pub(super) fn placed(wanted: &GetRange, length: u64) -> core::Result<Range<u64>> {
    wanted.as_range(length).map_err(|_| through_core(Error::BehindTheEnd { length }))
}

/// What the store said of the object, with sizes of the plaintext, and no bytes yet.
pub(super) fn answer(
    first: &FirstAnswer,
    length: u64,
    range: Range<u64>,
) -> core::Result<GetResult> {
    const NOTHING: Error = Error::Internal { what: "nothing was fetched of an object" };
    let mut answer = first.take().ok_or_else(|| through_core(NOTHING))?;
    answer.meta.size = length;
    answer.range = range;
    Ok(answer)
}
