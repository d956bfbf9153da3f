//! Bytes of an object before and after a server copied it.

use crypto_envelope::Result;
use tokio::io::AsyncReadExt as _;

use super::CopySource;
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind,
    s3::{object_keys::ObjectKey, protection::Seal},
};

/// A few pieces of an object.
pub(super) struct Samples(Vec<Sample>);

struct Sample {
    start: u64,
    bytes: Vec<u8>,
}

impl SseCClient {
    /// Reads the beginning, the end, and where parts meet: a server that says that it copied may have copied
    /// something else.
    pub(super) async fn samples(
        &self,
        source: &CopySource,
        key: Option<&ObjectKey>,
    ) -> Result<Samples> {
        let mut samples = Vec::new();
        for start in places(source.size, source.part_size) {
            let bytes = self.piece(&source.place, key, start, source.size).await?;
            samples.push(Sample { start, bytes });
        }
        Ok(Samples(samples))
    }

    /// Demands that they are the same in the copy.
    pub(super) async fn compare_samples(
        &self,
        place: &ObjectPlace,
        seal: &Seal,
        samples: &Samples,
    ) -> Result<()> {
        for Sample { start, bytes } in &samples.0 {
            let size = start + bytes.len() as u64;
            if self.piece(place, seal.customer_key(), *start, size).await? != *bytes {
                let about = place.about("CopyObject");
                let finding = format!("the copy has other bytes at {start} than the source");
                return Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into());
            }
        }
        Ok(())
    }

    async fn piece(
        &self,
        place: &ObjectPlace,
        key: Option<&ObjectKey>,
        start: u64,
        size: u64,
    ) -> Result<Vec<u8>> {
        let end = (start + PIECE).min(size) - 1;
        let request = self
            .s3()
            .get_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
            .range(format!("bytes={start}-{end}"));
        let protection = key.map_or(Protection::OfBucket, |key| (&key.key).into());
        let body = self.get_object(request, protection).await?.body.into_async_read();
        let mut bytes = Vec::new();
        body.take(PIECE + 1).read_to_end(&mut bytes).await?;
        if bytes.len() as u64 == end + 1 - start {
            return Ok(bytes);
        }
        let about = place.about("GetObject");
        let finding = "another number of bytes came than was asked for";
        Err(SseCError::found(about, SseCErrorKind::Damaged, finding).into())
    }
}

/// Where pieces begin: at most so many, all inside of the object.
fn places(size: u64, part_size: u64) -> Vec<u64> {
    if size == 0 {
        return Vec::new();
    }
    let borders = size.div_ceil(part_size.max(1));
    let step = borders.div_ceil(MOST_BORDERS).max(1);
    let meets = (1..borders).step_by(usize::try_from(step).unwrap_or(usize::MAX));
    let mut places: Vec<_> = meets.map(|part| part * part_size - PIECE / 2).collect();
    places.extend([0, size / 2, size.saturating_sub(PIECE)]);
    places.retain(|start| *start < size);
    places.sort_unstable();
    places.dedup();
    places
}

/// In bytes.
const PIECE: u64 = 4096;
const MOST_BORDERS: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_inside_and_few() {
        assert!(places(0, 10).is_empty());
        assert_eq!(places(1, 1), [0]);
        assert_eq!(places(10_000, 10_000), [0, 5000, 5904]);
        let of_large = places(1 << 40, 256 << 20);
        assert!(of_large.len() < 24, "{}", of_large.len());
        assert!(of_large.iter().all(|start| *start < 1 << 40));
        // Across a border.
        assert!(places(600 << 20, 256 << 20).contains(&((256 << 20) - PIECE / 2)));
    }
}
