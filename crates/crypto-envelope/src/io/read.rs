//! Decrypting from a reader.

use std::{
    fmt,
    io::{self, Chain, Cursor, Read, Seek, SeekFrom, Write},
};

use zeroize::Zeroizing;

use super::{CHUNK, room};
use crate::{
    Error, Finished, HeaderParser, Limits, Opener, Outline, Outliner, Result, UnverifiedHeader,
};

/// Reads the header of a message. What was read beyond it is in front of the [`MessageBody`].
///
/// # Errors
///
/// [`Error::Io`] if reading fails, [`Error::Truncated`] if the reader ends within the header, and
/// what [`HeaderParser`] says.
pub fn read_header<R: Read>(
    mut header: HeaderParser,
    mut reader: R,
) -> Result<(UnverifiedHeader, MessageBody<R>)> {
    let mut piece = vec![0; HEADER_PIECE];
    loop {
        let length = read(&mut reader, &mut piece)?;
        let used = header.push(&piece[..length])?;
        if length == 0 || used < length || header.is_complete() {
            let rest = piece[used..length].to_vec();
            return Ok((header.finish()?, MessageBody(Cursor::new(rest).chain(reader))));
        }
    }
}

/// What follows the header of a message: the reader, put back to the end of the header.
pub struct MessageBody<R>(Chain<Cursor<Vec<u8>>, R>);

impl<R: Read> Read for MessageBody<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R> MessageBody<R> {
    /// The reader, of which the header was read, and perhaps more that is in front of it here.
    pub fn get_ref(&self) -> &R {
        self.0.get_ref().1
    }
}

impl<R: Seek> MessageBody<R> {
    /// Where in the reader the next byte comes from.
    fn position(&mut self) -> Result<u64> {
        let (unread, reader) = self.0.get_mut();
        let unread = unread.get_ref().len() as u64 - unread.position();
        let position = reader.stream_position()?.checked_sub(unread);
        position.ok_or(Error::Misuse { what: "the reader was moved meanwhile" })
    }

    /// Continues at `position`.
    fn seek(&mut self, position: u64) -> Result<()> {
        let (unread, reader) = self.0.get_mut();
        reader.seek(SeekFrom::Start(position))?;
        *unread = Cursor::default();
        Ok(())
    }
}

impl<R> fmt::Debug for MessageBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageBody").finish_non_exhaustive()
    }
}

/// Decrypts a whole body into `writer`, and returns what is known at the end; all plaintext was
/// written then. The writer is flushed.
///
/// # Errors
///
/// [`Error::Io`] if reading or writing fails, and what the [`Opener`] says. Frames that were
/// verified before the error may have been written: throw them away.
pub fn decrypt(
    mut opener: Opener,
    mut body: impl Read,
    mut writer: impl Write,
) -> Result<Finished> {
    let mut ciphertext = vec![0; CHUNK];
    let mut out = Zeroizing::new(Vec::new());
    loop {
        let length = read(&mut body, &mut ciphertext)?;
        if length == 0 {
            let mut finished = opener.finish()?;
            writer.write_all(&finished.take_held_plaintext())?;
            writer.flush()?;
            return Ok(finished);
        }
        let written =
            opener.push(&ciphertext[..length], room(&mut out, opener.push_bound(length)))?;
        writer.write_all(&out[..written])?;
    }
}

/// Decrypts a whole body from a reader that can go back, and holds no plaintext: the first pass over
/// a signed message verifies the signature, the second one decrypts, and verifies the signature
/// again before the last frame. An unsigned message is read once, as [`decrypt`] does it, and so is
/// any message whose plaintext is to be
/// [held until the end](crate::DecryptorBuilder::hold_until_end).
///
/// # Errors
///
/// As [`decrypt`], and [`Error::Misuse`] if a piece of the body was pushed into `opener` before. Of a
/// signed message nothing is written unless its signature was verified, but if somebody changes
/// the source between the passes, genuine frames are written before the error.
pub fn decrypt_seekable<R: Read + Seek>(
    opener: Opener,
    body: MessageBody<R>,
    writer: impl Write,
) -> Result<Finished> {
    let (opener, body) = first_pass(opener, body)?;
    decrypt(opener, body, writer)
}

/// Verifies the signature, if there is one, and goes back.
pub(crate) fn first_pass<R: Read + Seek>(
    opener: Opener,
    mut body: MessageBody<R>,
) -> Result<(Opener, MessageBody<R>)> {
    let (outliner, opener) = opener.into_two_passes()?;
    if let Some(outliner) = outliner {
        let start = body.position()?;
        finish_outline(outliner, &mut body)?;
        body.seek(start)?;
    }
    Ok((opener, body))
}

/// Reads a whole message and draws its [`Outline`], without a key and unverified, in memory for a
/// frame.
///
/// # Errors
///
/// [`Error::Io`] if reading fails, and what the [`Outliner`] says.
pub fn outline(header: UnverifiedHeader, mut body: impl Read, limits: &Limits) -> Result<Outline> {
    finish_outline(Outliner::new(header, limits)?, &mut body)
}

fn finish_outline(mut outliner: Outliner, body: &mut impl Read) -> Result<Outline> {
    let mut piece = vec![0; CHUNK];
    loop {
        match read(body, &mut piece)? {
            0 => return outliner.finish(),
            length => outliner.push(&piece[..length])?,
        }
    }
}

/// Reads plaintext out of the body of a message.
///
/// **Read to the end.** Each byte is authentic when it comes out, but only the end says that
/// nothing is missing. After an error every further read is an error too.
pub struct DecryptReader<R> {
    opener: Option<Opener>,
    body: R,
    ciphertext: Vec<u8>,
    plaintext: Zeroizing<Vec<u8>>,
    /// The part of `plaintext` that was not read yet.
    unread: std::ops::Range<usize>,
    finished: Option<Finished>,
}

impl<R: Read> DecryptReader<R> {
    /// Reads what `opener` makes of `body`.
    pub fn new(opener: Opener, body: R) -> Self {
        Self {
            opener: Some(opener),
            body,
            ciphertext: vec![0; READ_PIECE],
            plaintext: Zeroizing::default(),
            unread: 0..0,
            finished: None,
        }
    }

    /// What is known at the end of the message, all plaintext of which was read by then; `None`
    /// before the end was reached and verified.
    #[must_use]
    pub fn finished(&self) -> Option<&Finished> {
        self.finished.as_ref().filter(|_| self.unread.is_empty())
    }

    /// Opens the next piece. After an error the opener is gone.
    fn advance(&mut self) -> Result<()> {
        let Some(mut opener) = self.opener.take() else {
            return Err(Error::Misuse { what: "an earlier read failed" });
        };
        let length = read(&mut self.body, &mut self.ciphertext)?;
        if length == 0 {
            let mut finished = opener.finish()?;
            self.plaintext = finished.take_held_plaintext();
            self.unread = 0..self.plaintext.len();
            self.finished = Some(finished);
            return Ok(());
        }
        let room = room(&mut self.plaintext, opener.push_bound(length));
        let written = opener.push(&self.ciphertext[..length], room)?;
        self.unread = 0..written;
        self.opener = Some(opener);
        Ok(())
    }
}

impl<R: Read> Read for DecryptReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.unread.is_empty() && self.finished.is_none() {
            self.advance()?;
        }
        let length = buffer.len().min(self.unread.len());
        let start = self.unread.start;
        buffer[..length].copy_from_slice(&self.plaintext[start..start + length]);
        self.unread.start += length;
        Ok(length)
    }
}

impl<R> fmt::Debug for DecryptReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptReader")
            .field("opener", &self.opener)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

pub(crate) fn read(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result?),
        }
    }
}

/// Reads until `buffer` is full or the reader is at its end.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match read(reader, &mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

const HEADER_PIECE: usize = 4096;
const READ_PIECE: usize = 1 << 16;
