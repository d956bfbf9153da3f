//! What comes from COS, and what goes there, as readers.

use std::{
    io::{self, Read},
    pin::Pin,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    task::{Context, Poll},
    thread,
    time::Duration,
};

use bytes::Bytes;
use crypto_envelope::blocking;
use crypto_envelope_tencent_cos::{DecryptedObject, OpenedObject};
use tokio::io::{AsyncRead, ReadBuf};
use zeroize::Zeroizing;

use crate::{failure::Failure, interrupt::watch, progress::Shown};

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

/// A reader that fails as soon as there is a signal, however long it takes to read.
pub(super) struct Interruptible {
    receiver: Receiver<io::Result<Piece>>,
    piece: Piece,
    used: usize,
    is_over: bool,
}

type Piece = Zeroizing<Vec<u8>>;

impl Interruptible {
    pub(super) fn new(mut reader: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(PIECES);
        thread::spawn(move || {
            loop {
                let piece = next_piece(&mut reader);
                let is_last = piece.as_ref().map_or(true, |piece| piece.is_empty());
                // Nobody may want it any more.
                if sender.send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        Self { receiver, piece: Piece::default(), used: 0, is_over: false }
    }

    fn advance(&mut self) -> io::Result<()> {
        loop {
            if watch::came() {
                return Err(io::Error::other("interrupted"));
            }
            match self.receiver.recv_timeout(PATIENCE) {
                Ok(piece) => {
                    self.piece = piece?;
                    self.used = 0;
                    self.is_over = self.piece.is_empty();
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
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

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.used == self.piece.len() && !self.is_over {
            self.advance()?;
        }
        let unread = &self.piece[self.used..];
        let length = buffer.len().min(unread.len());
        buffer[..length].copy_from_slice(&unread[..length]);
        self.used += length;
        Ok(length)
    }
}

/// For a future that nobody else waits with.
pub(super) struct Blocking<R>(pub(super) R);

impl<R: Read + Unpin> AsyncRead for Blocking<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.0.read(buffer.initialize_unfilled())?;
        buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

/// Runs work that reads from something [`Interruptible`]: after a signal it ends, and so does the process.
pub(super) fn interruptibly<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    watch::start();
    let outcome = work();
    watch::stop();
    // What is done all the same is reported first.
    if outcome.is_err() && watch::came() {
        watch::end();
    }
    outcome
}

/// In bytes.
const PIECE: usize = 256 << 10;
const PIECES: usize = 4;
const PATIENCE: Duration = Duration::from_millis(50);
