//! Plaintext that is the same in every run.

use std::io::{self, Read};

/// `length` bytes that do not repeat in a short period, different for every `seed`.
#[must_use]
pub fn plaintext(length: usize, seed: u64) -> Vec<u8> {
    let mut state = State::new(seed);
    (0..length).map(|_| state.next_byte()).collect()
}

/// Reads the same bytes as [`plaintext`], without holding them.
#[derive(Debug)]
pub struct PlaintextReader {
    state: State,
    left: u64,
}

impl PlaintextReader {
    /// A reader of `length` bytes.
    #[must_use]
    pub fn new(length: u64, seed: u64) -> Self {
        Self { state: State::new(seed), left: length }
    }
}

impl Read for PlaintextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..length].fill_with(|| self.state.next_byte());
        self.left -= length as u64;
        Ok(length)
    }
}

/// Weyl sequence with an avalanche: statistics good enough for tests, nothing more.
#[derive(Debug)]
struct State {
    counter: u64,
    word: [u8; 8],
    used: usize,
}

impl State {
    fn new(seed: u64) -> Self {
        Self { counter: seed.wrapping_mul(WEYL), word: [0; 8], used: 8 }
    }

    fn next_byte(&mut self) -> u8 {
        if self.used == self.word.len() {
            self.counter = self.counter.wrapping_add(WEYL);
            let mixed = (self.counter ^ (self.counter >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            self.word = (mixed ^ (mixed >> 32)).to_le_bytes();
            self.used = 0;
        }
        self.used += 1;
        self.word[self.used - 1]
    }
}

const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gives_the_same_bytes() -> io::Result<()> {
        let mut read = Vec::new();
        PlaintextReader::new(1000, 7).read_to_end(&mut read)?;
        assert_eq!(read, plaintext(1000, 7));
        assert_ne!(read, plaintext(1000, 8));
        Ok(())
    }
}
