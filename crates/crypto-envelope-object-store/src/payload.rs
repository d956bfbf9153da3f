//! The bytes that a store gives.

use std::{fs::File, ops::Range, path::PathBuf, sync::Arc};

use bytes::{Bytes, BytesMut};
use crypto_envelope::{self as core, io::ReadAt, service};
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{Error, GetResult, GetResultPayload, Result};

/// What stands in a result in place of what was taken out of it.
pub(crate) fn nothing() -> GetResultPayload {
    GetResultPayload::Stream(stream::empty().boxed())
}

/// Takes the bytes of a result, and leaves what it says about them.
pub(crate) fn take_stream(result: &mut GetResult) -> BoxStream<'static, Result<Bytes>> {
    match std::mem::replace(&mut result.payload, nothing()) {
        GetResultPayload::Stream(stream) => stream,
        GetResultPayload::File(file, path) => pieces(file, path, result.range.clone()),
    }
}

/// All bytes of a stream that should be so many; `None` if it gives more.
pub(crate) async fn collect(
    mut stream: BoxStream<'static, Result<Bytes>>,
    most: u64,
) -> Result<Option<Bytes>> {
    let first = stream.try_next().await?.unwrap_or_default();
    let Some(second) = stream.try_next().await? else {
        return Ok((first.len() as u64 <= most).then_some(first));
    };
    // What a server says it has is not reserved at once, but what a range of ours can have is.
    let mut all = BytesMut::with_capacity(usize::try_from(most.min(MOST_RESERVED)).unwrap_or(0));
    all.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if (all.len() + piece.len()) as u64 > most {
            return Ok(None);
        }
        all.extend_from_slice(&piece);
        next = stream.try_next().await?;
    }
    Ok(Some(all.freeze()))
}

/// A range of a file in pieces that are worth a thread.
fn pieces(file: File, path: PathBuf, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
    let file = Arc::new((file, path));
    stream::try_unfold(range, move |rest| {
        let file = Arc::clone(&file);
        async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let end = rest.end.min(rest.start.saturating_add(PIECE));
            let bytes = piece(file, rest.start..end).await?;
            Ok(Some((bytes, end..rest.end)))
        }
    })
    .boxed()
}

async fn piece(file: Arc<(File, PathBuf)>, range: Range<u64>) -> Result<Bytes> {
    let location = file.1.display().to_string();
    let read = service::compute(move || {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        file.0.read_exact_at(&mut bytes, range.start)?;
        Ok(Bytes::from(bytes))
    });
    read.await.map_err(|error: core::Error| Error::Generic {
        store: "LocalFileSystem",
        source: format!("{location}: {error}").into(),
    })
}

/// As long as the longest fetch of a range, but for long frames.
const MOST_RESERVED: u64 = 8 << 20;
/// Bytes of a file that are read at a time.
const PIECE: u64 = 1 << 20;
