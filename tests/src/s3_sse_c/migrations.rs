//! From messages that were encrypted here to objects under customer keys, and back.

use std::{
    io,
    num::NonZeroUsize,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Error, SecretBytes, aio,
    provider::RawAesProvider,
};
use crypto_envelope_s3_sse_c::{Protection, SseCErrorKind, SseCustomerKey, Upload, Uploaded};
use tokio::io::{AsyncRead, ReadBuf};

use super::{Bucket, kind_of, objects::pattern, world::new_key};
use crate::vectors::Result;

/// Tells one kind of error from others.
type IsExpected = fn(&Error) -> bool;

/// Who writes messages, and who reads them.
struct Messages {
    encryptor: Encryptor,
    decryptor: Decryptor,
    context: EncryptionContext,
}

impl Messages {
    /// Of a suite without a signature: what is signed is held back to its end, unless the reader says otherwise.
    fn unsigned() -> Result<Self> {
        let provider = provider()?;
        let encryptor = Encryptor::builder(Arc::clone(&provider))
            .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
            .frame_length(64 << 10)
            .build()?;
        Ok(Self { encryptor, decryptor: Decryptor::new(provider), context: context() })
    }

    /// Signed ones. What is released early here becomes no object before the signature was verified.
    fn signed() -> Result<Self> {
        let provider = provider()?;
        let decryptor = Decryptor::builder(Arc::clone(&provider)).release_before_signature();
        let (encryptor, decryptor) = (Encryptor::new(provider), decryptor.build()?);
        Ok(Self { encryptor, decryptor, context: context() })
    }
}

impl Bucket<'_> {
    /// A message becomes an object under a key, and that one a message, in a memory of a few parts.
    ///
    /// # Errors
    ///
    /// What is something else afterwards, or was read much too early.
    pub async fn migrates(&self) -> Result<()> {
        let (messages, key, body) = (Messages::unsigned()?, new_key()?, pattern(LENGTH));
        let message = messages.encryptor.encrypt(&body, &messages.context).await?;
        self.put_plainly("message", &message).await?;
        let uploaded = self.to_customer_key(&messages, "message", "keyed", &key).await?;
        if uploaded.size != body.len() as u64 || self.get("keyed", &key).await? != body {
            return Err("the object is not what the message holds".into());
        }
        let object = self.world.client().get_object(self.reading("keyed"), &key).await?;
        self.to_message(&messages, object.body.into_async_read(), "back").await?;
        let back = self.get_plainly("back").await?;
        let decrypted = messages.decryptor.decrypt(&back, &messages.context).await?;
        if decrypted.plaintext() != body {
            return Err("the message does not hold what the object was".into());
        }
        Ok(())
    }

    /// What is not to be trusted to its last byte becomes nothing, and leaves nothing.
    ///
    /// # Errors
    ///
    /// What is there.
    pub async fn migrates_nothing_damaged(&self) -> Result<()> {
        let (messages, key, body) = (Messages::signed()?, new_key()?, pattern(LENGTH));
        let message = messages.encryptor.encrypt(&body, &messages.context).await?;
        let changed = |at: usize| {
            let mut message = message.clone();
            message[at] ^= 1;
            message
        };
        let cases: [(&str, Vec<u8>, IsExpected); 4] = [
            ("a late frame", changed(message.len() / 5 * 4), is_not_authentic),
            ("the signature", changed(message.len() - 1), is_not_authentic),
            ("no end", message[..message.len() - 200].to_vec(), is_cut),
            ("more", [&message[..], b"x"].concat(), is_malformed),
        ];
        for (what, damaged, is_expected) in cases {
            self.put_plainly("damaged", &damaged).await?;
            match self.to_customer_key(&messages, "damaged", "keyed", &key).await {
                Err(error) if is_expected(&error) => {}
                other => return Err(format!("{what}: {other:?}").into()),
            }
            let nothing = self.get("keyed", &key).await;
            if kind_of(nothing)? != SseCErrorKind::NotFound {
                return Err(format!("{what}: there is an object").into());
            }
            self.has_no_uploads().await?;
        }
        Ok(())
    }

    /// An object whose body breaks off on its way becomes no message.
    ///
    /// # Errors
    ///
    /// What is there.
    pub async fn migrates_nothing_broken_off(&self) -> Result<()> {
        let messages = Messages::unsigned()?;
        let body: Arc<[u8]> = pattern(LENGTH).into();
        let broken = BreaksOff { body, at: 0 };
        match self.to_message(&messages, broken, "back").await {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => return Err(format!("{other:?}").into()),
        }
        if self.get_plainly("back").await.is_ok() {
            return Err("there is a message".into());
        }
        // The upload was dropped: what is left is removed in the background.
        for _ in 0..100 {
            if self.has_no_uploads().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        self.has_no_uploads().await
    }

    /// What stands in plain in the bucket, decrypted here, goes up under a key.
    async fn to_customer_key(
        &self,
        messages: &Messages,
        from: &str,
        to: &str,
        key: &SseCustomerKey,
    ) -> crypto_envelope::Result<Uploaded> {
        let client = self.world.client();
        let stored = client.get_object(self.reading(from), Protection::OfBucket).await?;
        let parser = messages.decryptor.header_parser();
        let (header, body) = aio::read_header(parser, stored.body.into_async_read()).await?;
        let opener = messages.decryptor.open(header, &messages.context).await?;
        let ahead = Ahead::default();
        let reader =
            Watched { reader: aio::DecryptReader::new(opener, body), ahead: ahead.clone() };
        let sent = ahead.clone();
        let upload = Upload::stream(reader)
            .part_size(PART)
            .parallel(NonZeroUsize::MIN)
            .on_progress(move |bytes| sent.sent(bytes));
        let request = client.s3().create_multipart_upload().bucket(&self.name).key(to);
        let uploaded = client.upload(request, upload, key).await?;
        match ahead.most() {
            most if most > PART * 2 => Err(Error::invalid_input(format!("{most} bytes ahead"))),
            _ => Ok(uploaded),
        }
    }

    /// What a reader gives, encrypted here, goes up without a customer key.
    async fn to_message(
        &self,
        messages: &Messages,
        reader: impl AsyncRead,
        to: &str,
    ) -> crypto_envelope::Result<Uploaded> {
        let client = self.world.client();
        let sealer = messages.encryptor.prepare(&messages.context).await?;
        let (writer, message) = tokio::io::duplex(64 << 10);
        let request = client.s3().create_multipart_upload().bucket(&self.name).key(to);
        let upload = Upload::stream(message).part_size(PART);
        // If one fails, the other is dropped before it takes the end of the pipe for that of the message.
        let encrypt = aio::encrypt(sealer, reader, writer);
        let upload = client.upload(request, upload, Protection::OfBucket);
        let (_, uploaded) = tokio::try_join!(encrypt, upload)?;
        Ok(uploaded)
    }

    /// Demands that no upload is under way.
    ///
    /// # Errors
    ///
    /// Which are.
    pub async fn has_no_uploads(&self) -> Result<()> {
        let list = self.world.client().s3().list_multipart_uploads().bucket(&self.name);
        match list.send().await?.uploads() {
            [] => Ok(()),
            left => Err(format!("uploads are left: {left:?}").into()),
        }
    }
}

/// How many bytes were read, and of those, how many were sent.
#[derive(Clone, Default)]
struct Ahead(Arc<Counts>);

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    sent: AtomicU64,
    /// Between the two.
    most: AtomicU64,
}

impl Ahead {
    fn read(&self, bytes: u64) {
        let read = self.0.read.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let ahead = read.saturating_sub(self.0.sent.load(Ordering::SeqCst));
        self.0.most.fetch_max(ahead, Ordering::SeqCst);
    }

    fn sent(&self, bytes: u64) {
        self.0.sent.fetch_add(bytes, Ordering::SeqCst);
    }

    fn most(&self) -> u64 {
        self.0.most.load(Ordering::SeqCst)
    }
}

/// A reader, and how far it is.
struct Watched<R> {
    reader: R,
    ahead: Ahead,
}

impl<R: AsyncRead + Unpin> AsyncRead for Watched<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.reader).poll_read(context, buffer))?;
        self.ahead.read((buffer.filled().len() - before) as u64);
        Poll::Ready(Ok(()))
    }
}

/// Gives all but the last byte, and then an error.
struct BreaksOff {
    body: Arc<[u8]>,
    at: usize,
}

impl AsyncRead for BreaksOff {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.body[self.at..self.body.len() - 1];
        if rest.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let length = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..length]);
        self.at += length;
        Poll::Ready(Ok(()))
    }
}

fn is_not_authentic(error: &Error) -> bool {
    matches!(error, Error::Authentication { .. })
}

fn is_cut(error: &Error) -> bool {
    matches!(error, Error::Truncated { .. })
}

fn is_malformed(error: &Error) -> bool {
    matches!(error, Error::Malformed { .. })
}

fn provider() -> Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("tests", "messages", &SecretBytes::random(32)?)?))
}

fn context() -> EncryptionContext {
    [("tenant", "blue")].into()
}

/// In bytes: three parts and some more.
const LENGTH: usize = 17_000_000;
const PART: u64 = 5 << 20;
