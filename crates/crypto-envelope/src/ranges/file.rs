//! A file as a source.

use std::{
    fs::{File, Metadata},
    io,
    ops::Range,
};

use super::{Fetched, Request, Source, Version};
use crate::{Error, Result};

/// A regular file, read at positions; on Unix its own stays where it is. Its version is its length,
/// its modification time and, on Unix, which file it is and when it was changed, asked for before
/// and after each read. Who writes into the file while the clock stands still, or puts the clock
/// back, is found out by the tags of the frames.
impl Source for File {
    fn fetch(&self, request: Request<'_>) -> Result<Fetched> {
        read_file(self, &request.range(), request.version())
    }
}

/// Reads a range of a file, of this version if there is one.
pub(crate) fn read_file(
    file: &File,
    range: &Range<u64>,
    version: Option<&Version>,
) -> Result<Fetched> {
    let metadata = file.metadata()?;
    let found = version_of(&metadata)?;
    if version.is_some_and(|version| *version != found) {
        return Err(Error::SourceChanged);
    }
    let end = range.end.min(metadata.len());
    let length = end.saturating_sub(range.start);
    let length = usize::try_from(length).map_err(|_| io::Error::other("a range is too long"))?;
    let mut bytes = vec![0; length];
    let read = fill_from(file, &mut bytes, range.start);
    if version_of(&file.metadata()?)? != found {
        return Err(Error::SourceChanged);
    }
    bytes.truncate(read?);
    Ok(Fetched::new(bytes, metadata.len(), found))
}

/// Reads until `buffer` is full or the file ends.
fn fill_from(file: &File, buffer: &mut [u8], start: u64) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match read_at(file, &mut buffer[length..], start + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, position)
}

/// Where a file cannot be read at a position there is just one thread, as on wasm32, or another one
/// may get in between; then the tags do not fit.
#[cfg(not(any(unix, windows)))]
fn read_at(mut file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};

    file.seek(SeekFrom::Start(position))?;
    file.read(buffer)
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
