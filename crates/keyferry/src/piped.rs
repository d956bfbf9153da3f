//! What goes to a service, as a reader of its runtime.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, ready},
    thread,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};
use zeroize::Zeroizing;

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
