//! A file as a source.

use std::{
    fs::{File, Metadata},
    io,
    ops::Range,
};

use super::{FetchedRange, RangeRequest, RangeSource, Version};
#[cfg(any(unix, windows))]
use crate::io::AtOffset;
use crate::{Error, Result, io::fill};

/// A regular file, read at positions. On Unix its own stays where it is. Elsewhere it moves, and where
/// there are no reads at offsets, which is anywhere but on Unix and Windows, two of them must not
/// happen at the same time.
///
/// Its version is its length, its modification time and, on Unix, which file it is and when it was
/// changed, asked for before and after each read. Who writes into the file while the clock stands
/// still, or puts the clock back, is found out by the tags of the frames.
impl RangeSource for File {
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
        read_file(self, &request.range(), request.version())
    }
}

/// Reads a range of a file, of this version if there is one.
pub(crate) fn read_file(
    file: &File,
    range: &Range<u64>,
    version: Option<&Version>,
) -> Result<FetchedRange> {
    let metadata = file.metadata()?;
    let found = version_of(&metadata)?;
    if version.is_some_and(|version| *version != found) {
        return Err(Error::SourceChanged);
    }
    let end = range.end.min(metadata.len());
    let length = end.saturating_sub(range.start);
    let length = usize::try_from(length).map_err(|_| io::Error::other("a range is too long"))?;
    let mut bytes = vec![0; length];
    let read = fill_at(file, range.start, &mut bytes);
    if version_of(&file.metadata()?)? != found {
        return Err(Error::SourceChanged);
    }
    bytes.truncate(read?);
    Ok(FetchedRange::new(bytes, metadata.len(), found))
}

#[cfg(any(unix, windows))]
fn fill_at(file: &File, start: u64, bytes: &mut [u8]) -> Result<usize> {
    fill(&mut AtOffset::new(file, start), bytes)
}

/// There is no call that reads at an offset.
#[cfg(not(any(unix, windows)))]
fn fill_at(mut file: &File, start: u64, bytes: &mut [u8]) -> Result<usize> {
    use std::io::{Seek, SeekFrom};

    file.seek(SeekFrom::Start(start))?;
    fill(&mut file, bytes)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there may be no times")]
fn version_of(metadata: &Metadata) -> io::Result<Version> {
    use std::os::unix::fs::MetadataExt;

    let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let numbers = [metadata.len(), metadata.dev(), metadata.ino()];
    let numbers = numbers.map(u64::to_be_bytes).into_iter().flatten();
    let times = times.map(i64::to_be_bytes).into_iter().flatten();
    Ok(Version::new(numbers.chain(times).collect::<Vec<_>>()))
}

#[cfg(not(unix))]
fn version_of(metadata: &Metadata) -> io::Result<Version> {
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH);
    let since = modified.unwrap_or_else(|before| before.duration()).as_nanos();
    Ok(Version::new([&metadata.len().to_be_bytes()[..], &since.to_be_bytes()].concat()))
}
