//! Where the bytes of an upload come from.

use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use crypto_envelope::{Error, Result};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt as _},
};

use super::{LARGEST_PART, SMALLEST_PART};

/// A file or a stream that is read part by part.
pub(super) struct Source {
    reader: Box<dyn AsyncRead + Send + Unpin>,
    pub(super) file: Option<SourceFile>,
    sizes: PartSizes,
    position: u64,
}

/// A file that is read.
pub(super) struct SourceFile {
    path: PathBuf,
    /// How it was when the upload began.
    pub(super) stamp: Stamp,
}

/// What has to be the same for an upload to be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// None of a stream.
    pub(super) file: Option<Stamp>,
    pub(super) part_size: u64,
}

/// How a file was. Another size, time or place on the disk means that it is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// In nanoseconds since 1970.
    pub(super) modified: u64,
    /// Device and inode, where there are such.
    pub(super) place: (u64, u64),
}

/// How large the parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartSizes {
    /// All but the last one.
    Same(u64),
    /// Larger and larger: nobody knows how much will come.
    Growing,
}

/// One part.
pub(super) struct Part {
    pub(crate) number: i32,
    pub(super) bytes: Bytes,
}

impl Source {
    /// A file, which is opened if it is not.
    pub(super) async fn file(
        path: PathBuf,
        opened: Option<std::fs::File>,
        part_size: Option<u64>,
    ) -> Result<Self> {
        let file = match opened {
            Some(file) => File::from_std(file),
            None => File::open(&path).await.map_err(|error| unreadable(&path, &error))?,
        };
        let metadata = file.metadata().await.map_err(|error| unreadable(&path, &error))?;
        if !metadata.is_file() {
            let path = path.display();
            return Err(Error::invalid_input(format!("{path} is no regular file: stream it")));
        }
        let stamp = Stamp::of(&metadata);
        let part_size = match part_size {
            Some(size) => size,
            None => part_size_for(stamp.size)?,
        };
        if stamp.size.div_ceil(part_size) > MOST_PARTS {
            return Err(Error::invalid_input("the file has more than 10000 parts of this size"));
        }
        let sizes = PartSizes::Same(part_size);
        Ok(Self {
            reader: Box::new(file),
            file: Some(SourceFile { path, stamp }),
            sizes,
            position: 0,
        })
    }

    pub(super) fn stream(
        reader: Box<dyn AsyncRead + Send + Unpin>,
        part_size: Option<u64>,
    ) -> Self {
        let sizes = part_size.map_or(PartSizes::Growing, PartSizes::Same);
        Self { reader, file: None, sizes, position: 0 }
    }

    /// As it is now.
    pub(super) fn shape(&self) -> Shape {
        let file = self.file.as_ref().map(|file| file.stamp);
        Shape { file, part_size: self.part_size() }
    }

    /// Of all parts of a file but the last one.
    fn part_size(&self) -> u64 {
        match self.sizes {
            PartSizes::Same(size) => size,
            PartSizes::Growing => FIRST_PART,
        }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next part; none behind the last one. There is at least one, which may be empty.
    pub(super) async fn next(&mut self, number: i32) -> Result<Option<Part>> {
        let size = self.sizes.of(number);
        let mut buffer = Vec::new();
        let length =
            self.file.as_ref().map_or(size, |file| size.min(file.stamp.size - self.position));
        buffer.reserve_exact(usize::try_from(length).map_err(|_| too_large())?);
        let read = (&mut self.reader).take(length).read_to_end(&mut buffer).await?;
        self.position += read as u64;
        if read == 0 && number > 1 {
            return Ok(None);
        }
        if u64::try_from(number).is_ok_and(|number| number > MOST_PARTS) {
            return Err(Error::invalid_input(
                "the stream has more than 10000 parts: set a larger part size",
            ));
        }
        if self.file.is_some() && (read as u64) < length {
            return Err(Error::SourceChanged);
        }
        Ok(Some(Part { number, bytes: buffer.into() }))
    }
}

impl PartSizes {
    fn of(self, number: i32) -> u64 {
        match self {
            Self::Same(size) => size,
            // 10000 parts of these sizes are 480 GiB.
            Self::Growing => FIRST_PART << (number.saturating_sub(1) / STEP).clamp(0, 8),
        }
    }
}

impl SourceFile {
    /// Demands that the file is still the one that it was.
    pub(super) async fn check_unchanged(&self) -> Result<()> {
        let metadata = tokio::fs::metadata(&self.path)
            .await
            .map_err(|error| unreadable(&self.path, &error))?;
        if Stamp::of(&metadata) == self.stamp { Ok(()) } else { Err(Error::SourceChanged) }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = since.and_then(|since| u64::try_from(since.as_nanos()).ok());
        Self { size: metadata.len(), modified: modified.unwrap_or(0), place: place(metadata) }
    }
}

#[cfg(unix)]
fn place(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// As few parts as there may be, of whole MiB.
pub(crate) fn part_size_for(size: u64) -> Result<u64> {
    let size = size.div_ceil(MOST_PARTS).next_multiple_of(1 << 20).max(FIRST_PART);
    if size > LARGEST_PART { Err(too_large()) } else { Ok(size) }
}

fn too_large() -> Error {
    Error::invalid_input("the object is larger than S3 takes")
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let text = format!("cannot read {}: {error}", path.display());
    Error::Io(io::Error::new(error.kind(), text))
}

/// In bytes.
const FIRST_PART: u64 = 8 << 20;
/// After so many parts they are twice as large.
const STEP: i32 = 2000;
const MOST_PARTS: u64 = 10_000;
const _: () = assert!(FIRST_PART >= SMALLEST_PART);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_has_at_most_10000_parts() -> Result<()> {
        for size in [0, 1, 8 << 20, 80 << 30, 5 << 40, 48 << 40] {
            let part = part_size_for(size)?;
            assert!(size.div_ceil(part) <= MOST_PARTS && part % (1 << 20) == 0, "{size}");
        }
        assert_eq!(part_size_for(100)?, FIRST_PART);
        assert!(part_size_for(u64::MAX).is_err());
        Ok(())
    }

    #[test]
    fn parts_of_streams_grow() {
        assert_eq!(PartSizes::Growing.of(1), FIRST_PART);
        assert_eq!(PartSizes::Growing.of(2000), FIRST_PART);
        assert_eq!(PartSizes::Growing.of(2001), FIRST_PART * 2);
        assert_eq!(PartSizes::Growing.of(10_000), FIRST_PART * 16);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_stream_is_cut_into_parts() -> Result<()> {
        let mut source = Source::stream(Box::new(&b"0123456789"[..]), Some(4));
        let mut parts = Vec::new();
        for number in 1.. {
            let Some(part) = source.next(number).await? else { break };
            parts.push(part.bytes);
        }
        assert_eq!(parts, [&b"0123"[..], b"4567", b"89"]);
        assert_eq!(source.position(), 10);
        let mut nothing = Source::stream(Box::new(&b""[..]), None);
        let first = nothing.next(1).await?;
        assert!(first.is_some_and(|part| part.bytes.is_empty()));
        assert!(nothing.next(2).await?.is_none());
        Ok(())
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_file_that_changes_is_noticed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        std::fs::write(&path, vec![7; 100])?;
        let mut source = Source::file(path.clone(), None, Some(60)).await?;
        source.file.as_ref().expect("it is a file").check_unchanged().await?;
        assert!(source.next(1).await?.is_some());
        std::fs::write(&path, vec![7; 70])?;
        assert!(matches!(source.next(2).await, Err(Error::SourceChanged)));
        assert!(matches!(
            source.file.as_ref().expect("it is a file").check_unchanged().await,
            Err(Error::SourceChanged)
        ));
        assert!(Source::file(folder.path().to_owned(), None, None).await.is_err());
        assert!(Source::file(folder.path().join("none"), None, None).await.is_err());
        Ok(())
    }
}
