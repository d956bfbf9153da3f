//! What goes to a service, as a reader of its runtime.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    sync::mpsc as threads,
    task::{Context, Poll, ready},
    thread,
};

use crypto_envelope::Error;
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};

/// A reader that keeps nobody waiting who has something else to do.
pub(crate) struct Piped {
    pieces: mpsc::Receiver<io::Result<Piece>>,
    piece: Piece,
    used: usize,
    is_over: bool,
}

type Piece = Zeroizing<Vec<u8>>;

impl Piped {
    /// Reads on a thread of its own, which ends with the reader or with the process.
    pub(crate) fn new(mut reader: impl Read + Send + 'static) -> Self {
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
        Self::of(pieces)
    }

    /// What `write` writes on a thread of its own. Unless it goes well, the reader ends with what went wrong, so
    /// that nobody takes what came for all of it.
    pub(crate) fn written_by<T: Send + 'static>(
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Failure> + Send + 'static,
    ) -> (Self, Written<T>) {
        let (sender, pieces) = mpsc::channel(PIECES);
        let (done, told) = threads::channel();
        thread::spawn(move || {
            let mut writer = PipeWriter { sender, piece: Piece::default() };
            let last = write(&mut writer).and_then(|made| {
                writer.flush().map_err(Error::from)?;
                // Whoever reads to the end asks for it.
                let _ = done.send(made);
                Ok(Piece::default())
            });
            // Nobody may want it any more.
            let _ = writer.sender.blocking_send(last.map_err(io::Error::other));
        });
        (Self::of(pieces), Written(told))
    }

    fn of(pieces: mpsc::Receiver<io::Result<Piece>>) -> Self {
        Self { pieces, piece: Piece::default(), used: 0, is_over: false }
    }
}

/// What a writer has made, when it is done.
pub(crate) struct Written<T>(threads::Receiver<T>);

impl<T> Written<T> {
    /// Only if all was read that was written.
    pub(crate) fn take(self) -> Result<T, Failure> {
        self.0.try_recv().map_err(|_| Failure::new(Code::Internal, "the writer of a pipe is gone"))
    }
}

/// The other end.
struct PipeWriter {
    sender: mpsc::Sender<io::Result<Piece>>,
    piece: Piece,
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.capacity() == 0 {
            self.piece.reserve_exact(PIECE);
        }
        let length = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..length]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.piece);
        // An empty one is the end.
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
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
