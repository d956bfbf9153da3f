//! The front of what can be read at places.

use std::io::{Cursor, Read, Result};

use crypto_envelope::ranges::{RangeRequest, RangeSource, Version};

/// Fetched in pieces, as far as it is read, and all of them of one version.
pub(crate) struct Front<S> {
    source: S,
    version: Option<Version>,
    /// Where the next piece begins.
    offset: u64,
    piece: Cursor<Vec<u8>>,
}

impl<S: RangeSource> Front<S> {
    /// Nothing is fetched yet.
    pub(crate) fn new(source: S) -> Self {
        Self { source, version: None, offset: 0, piece: Cursor::default() }
    }

    fn next_piece(&mut self) -> crypto_envelope::Result<()> {
        let range = self.offset..self.offset + PIECE;
        let fetched = self.source.fetch(RangeRequest::new(range, self.version.as_ref()))?;
        self.version = Some(fetched.version().clone());
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

    #[test]
    fn a_front_ends_where_its_source_does() -> Result<()> {
        for length in [0, 1, 1 << 16, (1 << 16) + 1, 200_000_usize] {
            let stored: Vec<u8> = (0..length).map(|at| at.to_le_bytes()[0]).collect();
            let mut read = Vec::new();
            Front::new(stored.clone()).read_to_end(&mut read)?;
            assert_eq!(read, stored);
        }
        Ok(())
    }
}
