//! A stream that fits in no memory: generated, sealed, piped, opened and hashed on the fly.

use std::{
    env, fs,
    io::{PipeReader, PipeWriter, Read, Write, pipe},
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, aio, blocking,
    io::{self, EncryptWriter},
    parallel::Parallel,
    provider::RawAesProvider,
};
use crypto_envelope_testkit::data::PlaintextReader;
use crypto_envelope_tests::vectors::Result;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// 64 MiB, or 10 GiB with `cargo xtask test --large`.
fn length() -> u64 {
    if env::var_os("CRYPTO_ENVELOPE_LARGE").is_some() { 10 << 30 } else { 64 << 20 }
}

/// What a whole process may need, test runner and both directions included.
const MOST_RESIDENT_KIB: u64 = 32 << 10;

/// A way to seal into a pipe, and one to open out of a pipe.
struct Way {
    name: &'static str,
    seal: fn(&Encryptor, Generator, PipeWriter) -> Result<Hash>,
    open: fn(&Decryptor, PipeReader) -> Result<Hash>,
}

const WAYS: &[Way] = &[
    Way { name: "one thread", seal: seal_with_one_thread, open: open_with_one_thread },
    Way { name: "several threads", seal: seal_with_several, open: open_with_several },
    Way { name: "writer and reader", seal: seal_by_writing, open: open_by_reading },
];

type Hash = [u8; 32];

#[test]
fn memory_stays_flat() -> Result<()> {
    let provider = || RawAesProvider::new("large", "key", &SecretBytes::from(vec![9; 32]));
    let encryptor = Encryptor::builder(provider()?)
        .suite(crypto_envelope::AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(4096)
        .build()?;
    let decryptor = Decryptor::new(provider()?);
    for way in WAYS {
        let (from_sealer, to_opener) = pipe()?;
        let (sealed, opened) = thread::scope(|scope| {
            let seal =
                || (way.seal)(&encryptor, Generator::new(), to_opener).map_err(|e| e.to_string());
            let sealing = scope.spawn(seal);
            let opened = (way.open)(&decryptor, from_sealer);
            (sealing.join(), opened)
        });
        let sealed = sealed.map_err(|_| "sealing panicked")??;
        assert_eq!(opened?, sealed, "{}", way.name);
        check_memory(way.name)?;
    }
    let (sealed, opened) = async_pumps(&encryptor, &decryptor)?;
    assert_eq!(opened, sealed, "async pumps");
    check_memory("async pumps")
}

/// A short message can say that its frames are long.
#[test]
fn what_is_claimed_takes_no_memory() -> Result<()> {
    let provider = || RawAesProvider::new("large", "key", &SecretBytes::from(vec![9; 32]));
    let encryptor = Encryptor::builder(provider()?).frame_length(60 << 20).build()?;
    let decryptor = Decryptor::builder(provider()?).release_before_signature().build()?;
    let parallel = parallel().with_memory(1 << 30).with_slice(60 << 20);
    let mut message = Vec::new();
    let sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    parallel.encrypt(sealer, &b"short"[..], &mut message)?;
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
    let mut opened = Vec::new();
    parallel.decrypt(opener, body, &mut opened)?;
    assert_eq!(opened, b"short");
    check_memory("claims")
}

fn check_memory(way: &str) -> Result<()> {
    if cfg!(target_os = "linux") {
        let peak = peak_resident()?;
        assert!(peak <= MOST_RESIDENT_KIB, "{way}: {peak} KiB");
    }
    Ok(())
}

/// With a pipe in memory between the two.
fn async_pumps(encryptor: &Encryptor, decryptor: &Decryptor) -> Result<(Hash, Hash)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let nothing = EncryptionContext::new();
    let (to_opener, from_sealer) = tokio::io::duplex(1 << 16);
    let (mut plaintext, mut sink) = (Generator::new(), Hasher::default());
    let seal = async || -> crypto_envelope::Result<u64> {
        let sealer = encryptor.prepare(&nothing).await?;
        let sealed = aio::encrypt(sealer, Ready(&mut plaintext), to_opener).await?;
        Ok(sealed.plaintext_length())
    };
    let open = async || -> crypto_envelope::Result<u64> {
        let (header, body) = aio::read_header(decryptor.header_parser(), from_sealer).await?;
        let opener = decryptor.open(header, &nothing).await?;
        let finished = aio::decrypt(opener, body, Ready(&mut sink)).await?;
        Ok(finished.plaintext_length())
    };
    let (sealed, opened) = thread::scope(|scope| {
        let sealing = scope.spawn(|| runtime.block_on(seal()));
        let opened = runtime.block_on(open());
        (sealing.join(), opened)
    });
    let sealed = sealed.map_err(|_| "sealing panicked")??;
    assert_eq!((sealed, opened?), (length(), length()));
    Ok((plaintext.finish(), sink.finish()))
}

/// A reader or writer that never keeps anybody waiting.
struct Ready<T>(T);

impl<T: Read + Unpin> AsyncRead for Ready<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let length = self.0.read(buffer.initialize_unfilled())?;
        buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> AsyncWrite for Ready<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.poll_flush(context)
    }
}

fn seal_with_one_thread(
    encryptor: &Encryptor,
    mut plaintext: Generator,
    to: PipeWriter,
) -> Result<Hash> {
    let sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    let sealed = io::encrypt(sealer, &mut plaintext, to)?;
    assert_eq!(sealed.plaintext_length(), length());
    Ok(plaintext.finish())
}

fn open_with_one_thread(decryptor: &Decryptor, from: PipeReader) -> Result<Hash> {
    let mut sink = Hasher::default();
    let (header, body) = io::read_header(decryptor.header_parser(), from)?;
    let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
    assert_eq!(io::decrypt(opener, body, &mut sink)?.plaintext_length(), length());
    Ok(sink.finish())
}

fn parallel() -> Parallel {
    Parallel::new().with_threads(NonZeroUsize::new(3).expect("not zero")).with_memory(6 << 20)
}

fn seal_with_several(
    encryptor: &Encryptor,
    mut plaintext: Generator,
    to: PipeWriter,
) -> Result<Hash> {
    let sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    let sealed = parallel().encrypt(sealer, &mut plaintext, to)?;
    assert_eq!(sealed.plaintext_length(), length());
    Ok(plaintext.finish())
}

fn open_with_several(decryptor: &Decryptor, from: PipeReader) -> Result<Hash> {
    let mut sink = Hasher::default();
    let (header, body) = io::read_header(decryptor.header_parser(), from)?;
    let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
    let finished = parallel().decrypt(opener, body, &mut sink)?;
    assert_eq!(finished.plaintext_length(), length());
    Ok(sink.finish())
}

fn seal_by_writing(
    encryptor: &Encryptor,
    mut plaintext: Generator,
    to: PipeWriter,
) -> Result<Hash> {
    let sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    let mut writer = EncryptWriter::new(sealer, to);
    std::io::copy(&mut plaintext, &mut writer)?;
    writer.finish()?;
    Ok(plaintext.finish())
}

fn open_by_reading(decryptor: &Decryptor, from: PipeReader) -> Result<Hash> {
    let (header, body) = io::read_header(decryptor.header_parser(), from)?;
    let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
    let mut reader = io::DecryptReader::new(opener, body);
    let mut sink = Hasher::default();
    std::io::copy(&mut reader, &mut sink)?;
    assert!(reader.finished().is_some());
    Ok(sink.finish())
}

/// Hashes what it gives.
struct Generator {
    plaintext: PlaintextReader,
    hash: Hasher,
}

impl Generator {
    fn new() -> Self {
        Self { plaintext: PlaintextReader::new(length(), 1), hash: Hasher::default() }
    }

    fn finish(self) -> Hash {
        self.hash.finish()
    }
}

impl Read for Generator {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.plaintext.read(buffer)?;
        self.hash.write(&buffer[..length])
    }
}

/// Takes everything and keeps a hash.
#[derive(Default)]
struct Hasher(Sha256);

impl Hasher {
    fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The most memory that this process had so far, in KiB.
fn peak_resident() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no VmHWM")?;
    Ok(peak.trim().parse()?)
}
