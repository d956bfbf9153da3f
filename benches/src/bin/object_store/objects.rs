//! Whole objects.

use bytes::Bytes;
use crypto_envelope_benches::compare::Cost;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStoreExt, WriteMultipart};

use crate::{
    Bench, Outcome,
    side::Side,
    table::{Table, number},
};

impl Bench {
    pub(crate) fn objects(&self) -> Outcome {
        TABLE.begin();
        let plaintext = Plaintext::new();
        for (name, length, count) in
            [("1 KiB", 1 << 10, self.settings.small), ("1 MiB", 1 << 20, self.settings.medium)]
        {
            let megabytes = number(length * count) / 1e6;
            let many = Many { length, count };
            let put = self.in_turns(&async |side| many.put(side, &plaintext).await)?;
            TABLE.row(&format!("put | {name}"), megabytes, &put);
            many.check(self, &plaintext)?;
            let get = self.in_turns(&async |side| many.get(side).await)?;
            TABLE.row(&format!("get | {name}"), megabytes, &get);
        }
        let length = self.settings.large;
        let (name, megabytes) = (format!("{} MiB", length >> 20), number(length) / 1e6);
        let put =
            self.in_turns(&async |side| upload(side, LARGE, plaintext.pieces(length)).await)?;
        TABLE.row(&format!("put in parts | {name}"), megabytes, &put);
        for side in [&self.stores.bare, &self.stores.encrypted] {
            let compared = compare(side, LARGE, plaintext.pieces(length));
            self.stores.runtime.block_on(compared)?;
        }
        let get = self.in_turns(&async |side| download(side, LARGE, length).await)?;
        TABLE.row(&format!("get | {name}"), megabytes, &get);
        Ok(())
    }

    fn in_turns(&self, work: &impl AsyncFn(&Side) -> Outcome) -> Outcome<Vec<[Cost; 2]>> {
        self.stores.in_turns(self.settings.turns, &self.stores.encrypted, work)
    }

    /// Stores the large object, if that was not measured.
    pub(crate) fn put_large(&self, side: &Side) -> Outcome {
        let plaintext = Plaintext::new();
        let pieces = plaintext.pieces(self.settings.large);
        self.stores.runtime.block_on(upload(side, LARGE, pieces))
    }
}

/// Objects that are put and got with one request each, some of them at the same time.
struct Many {
    length: usize,
    count: usize,
}

impl Many {
    fn name(&self, number: usize) -> String {
        format!("{}-{number}", self.length)
    }

    async fn put(&self, side: &Side, plaintext: &Plaintext) -> Outcome {
        let all = stream::iter(0..self.count).map(async |number| {
            let object = plaintext.piece(number, self.length);
            side.store.put(&side.path(&self.name(number)), object.into()).await
        });
        all.buffer_unordered(AT_ONCE).try_for_each(async |_| Ok(())).await?;
        Ok(())
    }

    async fn get(&self, side: &Side) -> Outcome {
        let all = stream::iter(0..self.count).map(async |number| {
            let found = side.store.get(&side.path(&self.name(number))).await?;
            check_length(found.bytes().await?.len(), self.length)
        });
        all.buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await
    }

    /// Whether each is what was put.
    fn check(&self, bench: &Bench, plaintext: &Plaintext) -> Outcome {
        for side in [&bench.stores.bare, &bench.stores.encrypted] {
            for number in 0..self.count {
                let (name, expected) = (self.name(number), plaintext.piece(number, self.length));
                let compared = compare(side, &name, [expected]);
                bench.stores.runtime.block_on(compared)?;
            }
        }
        Ok(())
    }
}

/// An object of any length, in parts.
pub(crate) async fn upload(
    side: &Side,
    name: &str,
    pieces: impl IntoIterator<Item = Bytes>,
) -> Outcome {
    let upload = side.store.put_multipart(&side.path(name)).await?;
    let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
    for piece in pieces {
        parts.wait_for_capacity(AT_ONCE).await?;
        parts.put(piece);
    }
    parts.finish().await?;
    Ok(())
}

async fn download(side: &Side, name: &str, length: usize) -> Outcome {
    let mut pieces = side.store.get(&side.path(name)).await?.into_stream();
    let mut found = 0;
    while let Some(piece) = pieces.try_next().await? {
        found += piece.len();
    }
    check_length(found, length)
}

async fn compare(side: &Side, name: &str, expected: impl IntoIterator<Item = Bytes>) -> Outcome {
    let mut found = side.store.get(&side.path(name)).await?.into_stream();
    let mut expected = expected.into_iter();
    let mut rest = Bytes::new();
    while let Some(mut piece) = found.try_next().await? {
        while !piece.is_empty() {
            if rest.is_empty() {
                rest = expected.next().ok_or_else(|| format!("{name} is too long"))?;
            }
            let length = piece.len().min(rest.len());
            if piece.split_to(length) != rest.split_to(length) {
                return Err(format!("{name} is another one").into());
            }
        }
    }
    if rest.is_empty() && expected.next().is_none() {
        return Ok(());
    }
    Err(format!("{name} is too short").into())
}

pub(crate) fn check_length(found: usize, expected: usize) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{found} bytes").into()) }
}

/// Makes plaintext without any work: pieces are slices of one block, each from another place.
struct Plaintext(Bytes);

impl Plaintext {
    fn new() -> Self {
        Self((0..BLOCK as u64 / 8).flat_map(u64::to_le_bytes).collect())
    }

    fn piece(&self, number: usize, length: usize) -> Bytes {
        let start = number * STEP % (BLOCK - PIECE);
        self.0.slice(start..start + length)
    }

    /// So many bytes.
    fn pieces(&self, length: usize) -> impl Iterator<Item = Bytes> {
        (0..length.div_ceil(PIECE))
            .map(move |number| self.piece(number, PIECE.min(length - number * PIECE)))
    }
}

/// The name of the object that ranges are read of.
pub(crate) const LARGE: &str = "large";
/// How many objects or parts.
pub(crate) const AT_ONCE: usize = 8;
const PART: usize = 8 << 20;
/// What an upload is given at a time, and the most that an object with one request has.
const PIECE: usize = 1 << 20;
/// More than caches hold.
const BLOCK: usize = 64 << 20;
const STEP: usize = 4_999_999;
const TABLE: Table = Table { jobs: "job | object", rate: "MB/s", processor: ("ms a MB", 1e3) };
