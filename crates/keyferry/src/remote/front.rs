//! The front of what can be read at places.

use std::io::{Cursor, Read, Result};

use crypto_envelope::{
    Error,
    ranges::{RangeRequest, RangeSource, Version},
};

/// Fetched in pieces, as far as it is read.
pub(crate) struct Front<S> {
    source: S,
    /// All pieces are of it.
    version: Version,
    /// Where the next piece begins.
    offset: u64,
    piece: Cursor<Vec<u8>>,
}

impl<S: RangeSource> Front<S> {
    /// Of this version of the source. Nothing is fetched yet.
    pub(crate) fn of(source: S, version: Version) -> Self {
        Self { source, version, offset: 0, piece: Cursor::default() }
    }

    fn next_piece(&mut self) -> crypto_envelope::Result<()> {
        let range = self.offset..self.offset + PIECE;
        let fetched = self.source.fetch(RangeRequest::new(range, Some(&self.version)))?;
        if *fetched.version() != self.version {
            return Err(Error::SourceChanged);
        }
        self.piece = Cursor::new(fetched.into_bytes());
        self.offset += self.piece.get_ref().len() as u64;
        Ok(())
    }
}

impl<S: RangeSource> Read for Front<S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            self.next_piece()?;
        }
        self.piece.read(buffer)
    }
}

/// In bytes. Most headers are shorter.
const PIECE: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn version_of(stored: &Vec<u8>) -> crypto_envelope::Result<Version> {
        Ok(stored.fetch(RangeRequest::new(0..1, None))?.version().clone())
    }

    #[test]
    fn a_front_ends_where_its_source_does() -> Result<()> {
        for length in [0, 1, 1 << 16, (1 << 16) + 1, 200_000_usize] {
            let stored: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
            let mut read = Vec::new();
            Front::of(stored.clone(), version_of(&stored)?).read_to_end(&mut read)?;
            assert_eq!(read, stored);
        }
        Ok(())
    }

    #[test]
    fn a_front_is_of_one_version() {
        let read = Front::of(vec![0; 9], Version::new("another")).read(&mut [0; 9]);
        let error = read.map(drop).map_err(Error::from);
        assert!(matches!(error, Err(Error::SourceChanged)), "{error:?}");
    }
}
