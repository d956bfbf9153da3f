//! Where slices come from, and where they go.

use std::{
    io::{Read, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use zeroize::Zeroizing;

use crate::{
    Error, Result,
    io::{AtOffset, ReadAt, WriteAt, read, room},
    secret::reserve_wiped,
};

/// Gives out slices, each one once.
pub(super) trait Slices: Sync {
    /// Fills the front of `buffer` with the next slice. One that is not full is the last one.
    fn next(&self, slice: usize, buffer: &mut Zeroizing<Vec<u8>>) -> Slot;
}

/// A slice that was read, or was not.
pub(super) struct Slot {
    /// Its place in the order.
    pub(super) turn: u64,
    /// Its length.
    pub(super) read: Result<usize>,
}

/// Takes what was made of slices. One of the two does something.
pub(super) trait Sink: Sync {
    /// Takes bytes that follow each other.
    fn in_turn(&self, _bytes: &[u8]) -> Result<()> {
        Ok(())
    }

    /// Takes bytes that belong at `offset`, side by side with others.
    fn after_turn(&self, _bytes: &[u8], _offset: u64) -> Result<()> {
        Ok(())
    }

    /// All is written: so many bytes.
    fn finish(self, length: u64) -> Result<()>;
}

/// A reader: whoever is there first reads the next slice.
pub(super) struct InOrder<R>(Mutex<Reading<R>>);

struct Reading<R> {
    reader: R,
    next: u64,
    ended: bool,
}

impl<R> InOrder<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(Mutex::new(Reading { reader, next: 0, ended: false }))
    }
}

impl<R: Read + Send> Slices for InOrder<R> {
    fn next(&self, slice: usize, buffer: &mut Zeroizing<Vec<u8>>) -> Slot {
        const PANICKED: Error = Error::Internal { what: "a reader panicked" };
        let Ok(mut reading) = self.0.lock() else {
            return Slot { turn: u64::MAX, read: Err(PANICKED) };
        };
        let turn = reading.next;
        reading.next += 1;
        // Nobody waits at the end of a terminal twice.
        let read = if reading.ended {
            Ok(0)
        } else {
            fill(slice, buffer, |piece, _| read(&mut reading.reader, piece))
        };
        reading.ended = !matches!(read, Ok(length) if length == slice);
        Slot { turn, read }
    }
}

/// Something that is read at offsets: everybody reads a slice of his own.
pub(super) struct FromOffset<'s, S: ?Sized> {
    source: &'s S,
    start: u64,
    next: AtomicU64,
}

impl<'s, S: ReadAt + ?Sized> FromOffset<'s, S> {
    pub(super) fn new(source: &'s S, start: u64) -> Self {
        Self { source, start, next: AtomicU64::new(0) }
    }
}

impl<S: ReadAt + ?Sized> Slices for FromOffset<'_, S> {
    fn next(&self, slice: usize, buffer: &mut Zeroizing<Vec<u8>>) -> Slot {
        const TOO_LONG: Error = Error::Internal { what: "an offset beyond 2^64" };
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let start = turn.checked_mul(slice as u64).and_then(|start| start.checked_add(self.start));
        let read = start.ok_or(TOO_LONG).and_then(|start| {
            fill(slice, buffer, |piece, done| {
                let offset = start.checked_add(done as u64).ok_or(TOO_LONG)?;
                read(&mut AtOffset::new(self.source, offset), piece)
            })
        });
        Slot { turn, read }
    }
}

/// Fills the front of `buffer` up to `slice` bytes, or to the end. It grows with what is read: a
/// slice may be as long as a frame that somebody only claims.
fn fill(
    slice: usize,
    buffer: &mut Zeroizing<Vec<u8>>,
    mut read: impl FnMut(&mut [u8], usize) -> Result<usize>,
) -> Result<usize> {
    let mut filled = 0;
    while filled < slice {
        let end = slice.min(buffer.len().max(filled + LARGEST_STEP));
        reserve_wiped(buffer, end.saturating_sub(buffer.len()), slice);
        match read(&mut room(buffer, end)[filled..], filled)? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

const LARGEST_STEP: usize = 1 << 20;

/// A writer, which takes bytes in their order. Only the thread whose turn it is locks it.
pub(super) struct ToWriter<W>(Mutex<W>);

impl<W> ToWriter<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

impl<W: Write + Send> Sink for ToWriter<W> {
    fn in_turn(&self, bytes: &[u8]) -> Result<()> {
        let mut writer = self.0.lock().map_err(|_| WRITER_PANICKED)?;
        Ok(writer.write_all(bytes)?)
    }

    fn finish(self, _length: u64) -> Result<()> {
        let mut writer = self.0.into_inner().map_err(|_| WRITER_PANICKED)?;
        Ok(writer.flush()?)
    }
}

const WRITER_PANICKED: Error = Error::Internal { what: "a writer panicked" };

/// Something that is written at offsets.
pub(super) struct ToOffset<'s, S: ?Sized>(pub(super) &'s S);

impl<S: WriteAt + ?Sized> Sink for ToOffset<'_, S> {
    fn after_turn(&self, bytes: &[u8], offset: u64) -> Result<()> {
        Ok(self.0.write_all_at(bytes, offset)?)
    }

    fn finish(self, length: u64) -> Result<()> {
        Ok(self.0.end_at(length)?)
    }
}
