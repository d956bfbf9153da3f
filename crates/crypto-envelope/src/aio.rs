//! Adapters over the readers and writers of [`tokio`](::tokio::io), and over streams of bytes
//! (features `tokio` and `stream`).
//!
//! They drive the engines as [`io`](crate::io) does, by the same names and with the same results.
//! Errors of this crate are wrapped in [`io::Error`] where a trait asks for one; [`Error::from`]
//! takes them out again. After any error an adapter of a whole message is of no use.
//!
//! ```
//! # use crypto_envelope::{
//! #     Decryptor, EncryptionContext, Encryptor, SecretBytes, provider::RawAesProvider,
//! # };
//! use crypto_envelope::aio;
//!
//! # async fn example() -> crypto_envelope::Result<()> {
//! # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
//! # let (encryptor, decryptor) = (Encryptor::new(provider()?), Decryptor::new(provider()?));
//! # let context = EncryptionContext::new();
//! # let (input, mut message, mut output) = (&b"plaintext"[..], Vec::new(), Vec::new());
//! let sealer = encryptor.prepare(&context).await?;
//! aio::encrypt(sealer, input, &mut message).await?;
//!
//! let (header, body) = aio::read_header(decryptor.header_parser(), &message[..]).await?;
//! let opener = decryptor.open(header, &context).await?;
//! aio::decrypt(opener, body, &mut output).await?; // all of it is verified only when this returns
//! # assert_eq!(output, input);
//! # Ok(())
//! # }
//! # let runtime = tokio::runtime::Builder::new_current_thread().build();
//! # runtime.expect("a runtime").block_on(example()).expect("it opens");
//! ```
//!
//! # Where the work is done
//!
//! Pieces up to about 64 KiB are sealed and opened on the spot, and paid for from the task's
//! cooperative budget. Whatever takes longer, such as the piece that completes a long frame, moves
//! to the runtime's threads for blocking work ([`spawn_blocking`](::tokio::task::spawn_blocking)).
//! Polled outside of a tokio runtime, the adapters do everything on the spot.
//!
//! # Cancellation
//!
//! A read, write, flush or shutdown that was dropped before it was ready is continued by the next
//! one; nothing is lost, and nothing is sealed twice. Functions that work on a whole message and are
//! `async` themselves take the engine with them when they are dropped: a message that was being
//! written stays without an end, and readers refuse it.
//!
//! # Ranges
//!
//! [`RangeReader`] reads parts of a message in a [`RangeSource`], such as a [`FileSource`], with
//! several fetches on their way at the same time; [`ranges`](crate::ranges) says what holds for
//! both kinds of readers. Neither an error nor a future that was dropped does it any harm: it goes
//! on to be of use.
//!
//! # Other traits
//!
//! Readers, writers and streams that are not `Unpin` can be boxed: [`Box::pin`]. For those of
//! `futures`, `tokio_util::compat` has adapters in both directions.

mod driver;
mod engine;
mod machine;
mod offload;
mod pump;
mod ranges;
mod read;
#[cfg(feature = "stream")]
mod stream;
mod write;

#[cfg(feature = "stream")]
pub use self::{
    ranges::RangeStream,
    stream::{BodyStream, DecryptStream, EncryptStream, take_header},
};
pub use self::{
    ranges::{FileSource, RangeHeader, RangeReader, RangeSource},
    read::{DecryptReader, MessageBody, decrypt, decrypt_seekable, outline, read_header},
    write::{EncryptWriter, encrypt},
};

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

#[cfg(doc)]
use crate::Error;

/// Reads into the front of `buffer`, and returns how much. As everywhere in this crate, a call that
/// was interrupted is repeated.
fn poll_read<R: AsyncRead>(
    mut reader: Pin<&mut R>,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        let mut unfilled = ReadBuf::new(buffer);
        match ready!(reader.as_mut().poll_read(context, &mut unfilled)) {
            Ok(()) => return Poll::Ready(Ok(unfilled.filled().len())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}
