//! What comes from COS, and what goes there, as readers.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use bytes::Bytes;
use crypto_envelope::blocking;
use crypto_envelope_tencent_cos::{DecryptedObject, OpenedObject};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};
use zeroize::Zeroizing;

use crate::progress::Shown;

/// The bytes of an object.
pub(super) struct ObjectReader<O> {
    object: O,
    waiting: Bytes,
    shown: Option<Shown>,
}

/// An object whose bytes are still to come.
pub(super) trait Chunks {
    /// The next ones, or none behind the end.
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>>;
}

impl Chunks for OpenedObject {
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}

impl Chunks for DecryptedObject {
    fn next(&mut self) -> crypto_envelope::Result<Option<Bytes>> {
        blocking::wait(self.chunk())
    }
}

impl<O> ObjectReader<O> {
    pub(super) fn new(object: O) -> Self {
        Self { object, waiting: Bytes::new(), shown: None }
    }

    /// People see how far it is.
    pub(super) fn shown(self, shown: Shown) -> Self {
        Self { shown: Some(shown), ..self }
    }
}

impl<O: Chunks> Read for ObjectReader<O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.waiting.is_empty() {
            match self.object.next()? {
                Some(chunk) => self.waiting = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.waiting.len());
        buffer[..length].copy_from_slice(&self.waiting.split_to(length));
        if let Some(shown) = &self.shown {
            shown.advance(length);
        }
        Ok(length)
    }
}

/// A reader that keeps nobody waiting who has something else to do.
pub(super) struct Piped {
    pieces: mpsc::Receiver<io::Result<Piece>>,
    piece: Piece,
    used: usize,
    is_over: bool,
}

type Piece = Zeroizing<Vec<u8>>;

impl Piped {
    /// Reads on a thread of its own, which ends with the reader or with the process.
    pub(super) fn new(mut reader: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = mpsc::channel(PIECES);
        thread::spawn(move || {
            loop {
                let piece = next_piece(&mut reader);
                let is_last = piece.as_ref().map_or(true, |piece| piece.is_empty());
                // Nobody may want it any more.
                if sender.blocking_send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        Self { pieces, piece: Piece::default(), used: 0, is_over: false }
    }
}

fn next_piece(reader: &mut impl Read) -> io::Result<Piece> {
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        match reader.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => {
                piece.truncate(read?);
                return Ok(piece);
            }
        }
    }
}

impl AsyncRead for Piped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.used == self.piece.len() && !self.is_over {
            self.piece = match ready!(self.pieces.poll_recv(context)) {
                Some(piece) => piece?,
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            };
            self.used = 0;
            self.is_over = self.piece.is_empty();
        }
        let unread = &self.piece[self.used..];
        let length = buffer.remaining().min(unread.len());
        buffer.put_slice(&unread[..length]);
        self.used += length;
        Poll::Ready(Ok(()))
    }
}

/// In bytes.
const PIECE: usize = 256 << 10;
const PIECES: usize = 4;
