//! Several threads.

use std::{
    io,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Result, Sealer, blocking,
    io::{WriteAt, read_header},
    parallel::Parallel,
};

use super::{check_lengths, checked};

fn parallel(slice: usize) -> Parallel {
    let threads = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
    Parallel::new().with_threads(threads).with_slice(slice)
}

pub(super) fn seal(slice: usize, sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
    parallel(slice).seal(sealer, plaintext)
}

pub(super) fn encrypt(slice: usize, sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    let sealed = parallel(slice).encrypt(sealer, plaintext, &mut message)?;
    check_lengths(&sealed, plaintext, &message)?;
    Ok(message)
}

pub(super) fn encrypt_at(slice: usize, sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
    let message = Memory::default();
    let sealed = parallel(slice).encrypt_at(sealer, plaintext, &message)?;
    let message = message.into_bytes();
    check_lengths(&sealed, plaintext, &message)?;
    Ok(message)
}

/// A fourth of a piece is a slice.
pub(super) fn seal_pieces(piece: usize, mut sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
    let parallel = parallel(piece / 4);
    let (pieces, last) = plaintext.split_at(plaintext.len() / piece * piece);
    let mut message = Vec::new();
    for plaintext in pieces.chunks_exact(piece) {
        let start = message.len();
        message.resize(start + sealer.push_length(piece), 0);
        let written = parallel.seal_piece(&mut sealer, plaintext, &mut message[start..])?;
        message.truncate(start + written);
    }
    let start = message.len();
    message.resize(start + sealer.finish_length(last.len()), 0);
    let sealed = parallel.seal_last(sealer, last, &mut message[start..])?;
    check_lengths(&sealed, plaintext, &message)?;
    Ok(message)
}

type Opened = Result<(Vec<u8>, EncryptionContext)>;

pub(super) fn open(
    slice: usize,
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    let mut header = decryptor.header_parser();
    let used = header.push(message)?;
    let opener = blocking::wait(decryptor.open(header.finish()?, expected))?;
    let mut plaintext = Vec::new();
    let finished = parallel(slice).open_into(opener, &message[used..], &mut plaintext)?;
    checked(plaintext, &finished)
}

pub(super) fn open_pieces(
    piece: usize,
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    let mut header = decryptor.header_parser();
    let used = header.push(message)?;
    let mut opener = blocking::wait(decryptor.open(header.finish()?, expected))?;
    let mut plaintext = Vec::new();
    for ciphertext in message[used..].chunks(piece) {
        let start = plaintext.len();
        plaintext.resize(start + opener.push_bound(ciphertext.len()), 0);
        let out = &mut plaintext[start..];
        let written = parallel(piece / 4).open_piece(&mut opener, ciphertext, out)?;
        plaintext.truncate(start + written);
    }
    let finished = opener.finish()?;
    plaintext.extend_from_slice(finished.held_plaintext());
    checked(plaintext, &finished)
}

pub(super) fn decrypt(
    slice: usize,
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    let (header, body) = read_header(decryptor.header_parser(), io::Cursor::new(message))?;
    let opener = blocking::wait(decryptor.open(header, expected))?;
    let mut plaintext = Vec::new();
    let finished = parallel(slice).decrypt_seekable(opener, body, &mut plaintext)?;
    checked(plaintext, &finished)
}

pub(super) fn decrypt_at(
    slice: usize,
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
) -> Opened {
    let (header, _) = read_header(decryptor.header_parser(), message)?;
    let opener = blocking::wait(decryptor.open(header, expected))?;
    let plaintext = Memory(Mutex::new(vec![1; 2 * message.len()]));
    let finished = parallel(slice).decrypt_at(opener, message, &plaintext)?;
    checked(plaintext.into_bytes(), &finished)
}

/// A file in memory.
#[derive(Default)]
struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WriteAt for Memory {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut memory = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        if memory.len() < end {
            memory.resize(end, 0);
        }
        memory[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn end_at(&self, length: u64) -> io::Result<()> {
        let mut memory = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        memory.truncate(usize::try_from(length).map_err(io::Error::other)?);
        Ok(())
    }
}
