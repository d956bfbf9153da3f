//! Every way to seal and to open a message, so that each test can run through all of them.

mod aio;
mod parallel;
mod range;

use std::io::{Read, Write};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, Finished, MessagePart, Result, Sealed, Sealer,
    blocking,
    io::{self, DecryptReader, EncryptWriter},
};

/// A way to seal and to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adapter {
    /// `Encryptor::encrypt`, `Decryptor::decrypt`.
    OneShot,
    /// The engines themselves, in pieces of this many bytes.
    Engine(usize),
    /// `EncryptWriter`, `DecryptReader`, in pieces of this many bytes.
    Stream(usize),
    /// `io::encrypt`, `io::decrypt`.
    Pump,
    /// `io::encrypt`, `io::decrypt_seekable`.
    TwoPasses,
    /// `Parallel::seal`, `Parallel::open_into`, in slices of this many bytes.
    Parallel(usize),
    /// `Parallel::encrypt`, `Parallel::decrypt_seekable`, in slices of this many bytes.
    ParallelPump(usize),
    /// `Parallel::encrypt_at`, `Parallel::decrypt_at`, in slices of this many bytes.
    ParallelAt(usize),
    /// `Parallel::seal_piece`, `Parallel::open_piece`, in pieces of this many bytes.
    ParallelPieces(usize),
    /// `ranges::RangeReader`, in ranges of this many bytes; seals by one-shot.
    Range(usize),
    /// `aio::RangeReader`, in ranges of this many bytes; seals by one-shot.
    AsyncRange(usize),
    /// `aio::EncryptWriter`, `aio::DecryptReader`, in pieces of up to this many bytes, over readers
    /// and writers that are not always ready.
    Async(usize),
    /// `aio::encrypt`, `aio::decrypt`.
    AsyncPump,
    /// `aio::encrypt`, `aio::decrypt_seekable`.
    AsyncTwoPasses,
    /// `aio::EncryptStream`, `aio::DecryptStream`, in items of up to this many bytes.
    Streaming(usize),
}

impl Adapter {
    /// All of them, with pieces of awkward sizes.
    pub const ALL: [Self; 20] = [
        Self::OneShot,
        Self::Engine(1),
        Self::Engine(61),
        Self::Engine(100_000),
        Self::Stream(13),
        Self::Stream(70_000),
        Self::Pump,
        Self::TwoPasses,
        Self::Parallel(1),
        Self::ParallelPump(100),
        Self::ParallelAt(1000),
        Self::ParallelPieces(900),
        Self::Range(777),
        Self::AsyncRange(10_007),
        Self::Async(17),
        Self::Async(70_000),
        Self::AsyncPump,
        Self::AsyncTwoPasses,
        Self::Streaming(61),
        Self::Streaming(100_000),
    ];

    /// Whether the pieces are so small that large messages take long.
    #[must_use]
    pub fn is_slow(self) -> bool {
        match self {
            Self::Engine(piece)
            | Self::Stream(piece)
            | Self::Async(piece)
            | Self::Streaming(piece) => piece < 100,
            _ => false,
        }
    }

    /// Whether what is wrong with a message according to the others is something that this adapter
    /// cannot notice: ranges of a signed message are read as if it was not signed.
    #[must_use]
    pub fn overlooks(self, error: &Error) -> bool {
        matches!(self, Self::Range(_) | Self::AsyncRange(_))
            && matches!(error, Error::Authentication { part: MessagePart::Signature, .. })
    }

    /// Seals `plaintext`.
    ///
    /// # Errors
    ///
    /// What the encryptor says.
    pub fn seal(
        self,
        encryptor: &Encryptor,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>> {
        match self {
            Self::OneShot | Self::Range(_) | Self::AsyncRange(_) => {
                blocking::wait(encryptor.encrypt(plaintext, context))
            }
            _ => self.seal_with(blocking::wait(encryptor.prepare(context))?, plaintext),
        }
    }

    /// Seals `plaintext` as the message of `sealer`.
    ///
    /// # Errors
    ///
    /// What the sealer says.
    pub fn seal_with(self, mut sealer: Sealer, plaintext: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::OneShot | Self::Range(_) | Self::AsyncRange(_) => sealer.seal(plaintext),
            Self::Engine(piece) => {
                let mut message = Vec::new();
                for plaintext in plaintext.chunks(piece) {
                    let start = message.len();
                    message.resize(start + sealer.push_length(plaintext.len()), 0);
                    let written = sealer.push(plaintext, &mut message[start..])?;
                    message.truncate(start + written);
                }
                let start = message.len();
                message.resize(start + sealer.finish_length(0), 0);
                sealer.finish(&[], &mut message[start..])?;
                Ok(message)
            }
            Self::Stream(piece) => {
                let mut writer = EncryptWriter::new(sealer, Vec::new());
                for plaintext in plaintext.chunks(piece) {
                    writer.write_all(plaintext)?;
                }
                let (message, sealed) = writer.finish()?;
                check_lengths(&sealed, plaintext, &message)?;
                Ok(message)
            }
            Self::Pump | Self::TwoPasses => {
                let mut message = Vec::new();
                let sealed = io::encrypt(sealer, plaintext, &mut message)?;
                check_lengths(&sealed, plaintext, &message)?;
                Ok(message)
            }
            Self::Parallel(slice) => parallel::seal(slice, sealer, plaintext),
            Self::ParallelPump(slice) => parallel::encrypt(slice, sealer, plaintext),
            Self::ParallelAt(slice) => parallel::encrypt_at(slice, sealer, plaintext),
            Self::ParallelPieces(piece) => parallel::seal_pieces(piece, sealer, plaintext),
            Self::Async(piece) => aio::write(sealer, plaintext, piece),
            Self::AsyncPump | Self::AsyncTwoPasses => aio::pump(sealer, plaintext),
            Self::Streaming(piece) => aio::seal_stream(sealer, plaintext, piece),
        }
    }

    /// Opens `message`; returns the plaintext and the verified context. Where ranges of signed
    /// messages have to be refused, that is checked, and the option for them used then.
    ///
    /// # Errors
    ///
    /// What the decryptor says.
    pub fn open(
        self,
        decryptor: &Decryptor,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<(Vec<u8>, EncryptionContext)> {
        match self {
            Self::OneShot => {
                let opened = blocking::wait(decryptor.decrypt(message, expected))?;
                let context = opened.context().clone();
                Ok((opened.into_plaintext(), context))
            }
            Self::Engine(piece) => open_with_engine(decryptor, message, expected, piece),
            Self::Stream(piece) => {
                let slow = SmallReads { inner: message, most: piece };
                let (header, body) = io::read_header(decryptor.header_parser(), slow)?;
                let opener = blocking::wait(decryptor.open(header, expected))?;
                let mut reader = DecryptReader::new(opener, body);
                let mut plaintext = Vec::new();
                SmallReads { inner: &mut reader, most: piece }.read_to_end(&mut plaintext)?;
                let finished = reader.finished().ok_or_else(|| Error::invalid_input("no end"))?;
                checked(plaintext, finished)
            }
            Self::Pump => {
                let (header, body) = io::read_header(decryptor.header_parser(), message)?;
                let opener = blocking::wait(decryptor.open(header, expected))?;
                let mut plaintext = Vec::new();
                let finished = io::decrypt(opener, body, &mut plaintext)?;
                checked(plaintext, &finished)
            }
            Self::TwoPasses => {
                let source = std::io::Cursor::new(message);
                let (header, body) = io::read_header(decryptor.header_parser(), source)?;
                let opener = blocking::wait(decryptor.open(header, expected))?;
                let mut plaintext = Vec::new();
                let finished = io::decrypt_seekable(opener, body, &mut plaintext)?;
                checked(plaintext, &finished)
            }
            Self::Parallel(slice) => parallel::open(slice, decryptor, message, expected),
            Self::ParallelPump(slice) => parallel::decrypt(slice, decryptor, message, expected),
            Self::ParallelAt(slice) => parallel::decrypt_at(slice, decryptor, message, expected),
            Self::ParallelPieces(piece) => {
                parallel::open_pieces(piece, decryptor, message, expected)
            }
            Self::Range(piece) => range::open(decryptor, message, expected, piece),
            Self::AsyncRange(piece) => range::open_async(decryptor, message, expected, piece),
            Self::Async(piece) => aio::read(decryptor, message, expected, piece),
            Self::AsyncPump => aio::open_once(decryptor, message, expected),
            Self::AsyncTwoPasses => aio::open_twice(decryptor, message, expected),
            Self::Streaming(piece) => aio::open_stream(decryptor, message, expected, piece),
        }
    }
}

fn open_with_engine(
    decryptor: &Decryptor,
    message: &[u8],
    expected: &EncryptionContext,
    piece: usize,
) -> Result<(Vec<u8>, EncryptionContext)> {
    let mut reader = decryptor.header_parser();
    let mut used = 0;
    for piece in message.chunks(piece) {
        let taken = reader.push(piece)?;
        used += taken;
        if taken < piece.len() || reader.is_complete() {
            break;
        }
    }
    let mut opener = blocking::wait(decryptor.open(reader.finish()?, expected))?;
    let mut plaintext = Vec::new();
    for ciphertext in message[used..].chunks(piece) {
        let start = plaintext.len();
        plaintext.resize(start + opener.push_bound(ciphertext.len()), 0);
        let written = opener.push(ciphertext, &mut plaintext[start..])?;
        plaintext.truncate(start + written);
    }
    let finished = opener.finish()?;
    plaintext.extend_from_slice(finished.held_plaintext());
    checked(plaintext, &finished)
}

/// What is said of a message must be true.
fn check_lengths(sealed: &Sealed, plaintext: &[u8], message: &[u8]) -> Result<()> {
    let lengths = (sealed.plaintext_length(), sealed.message_length());
    if lengths != (plaintext.len() as u64, message.len() as u64) {
        return Err(Error::invalid_input("the lengths are not those of the message"));
    }
    Ok(())
}

/// What is said at the end must be true.
fn checked(plaintext: Vec<u8>, finished: &Finished) -> Result<(Vec<u8>, EncryptionContext)> {
    if finished.plaintext_length() == plaintext.len() as u64 {
        Ok((plaintext, finished.context().clone()))
    } else {
        Err(Error::invalid_input("the proved length is not that of the plaintext"))
    }
}

/// Gives at most `most` bytes at a time.
struct SmallReads<R> {
    inner: R,
    most: usize,
}

impl<R: Read> Read for SmallReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(buffer.len());
        self.inner.read(&mut buffer[..most])
    }
}
