//! Several threads: the same results as one, nothing too much, and nobody waits for ever.

use std::{
    collections::BTreeSet,
    fs,
    io::{self as std_io, Read, Write},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Error, LimitKind, Limits, MessagePart,
    Opener, Sealer, SecretBytes, UnverifiedHeader, blocking,
    io::{self, ReadAt, WriteAt},
    parallel::Parallel,
    provider::RawAesProvider,
};
use crypto_envelope_tests::{adapter::Adapter, vectors::Result};

const FRAME: usize = 100;
const SLICE: usize = 5 * FRAME;

fn provider() -> crypto_envelope::Result<RawAesProvider> {
    RawAesProvider::new("parallel", "key", &SecretBytes::from(vec![9; 32]))
}

fn encryptor(suite: AlgorithmSuite) -> crypto_envelope::Result<Encryptor> {
    Encryptor::builder(provider()?).suite(suite).frame_length(100).build()
}

fn unsigned() -> crypto_envelope::Result<Encryptor> {
    encryptor(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
}

fn sealer(encryptor: &Encryptor) -> crypto_envelope::Result<Sealer> {
    blocking::wait(encryptor.prepare(&EncryptionContext::new()))
}

fn opener(message: &[u8]) -> crypto_envelope::Result<(Opener, &[u8])> {
    let decryptor = Decryptor::new(provider()?);
    let (header, body) = UnverifiedHeader::parse(message, &Limits::default())?;
    Ok((blocking::wait(decryptor.open(header, &EncryptionContext::new()))?, body))
}

fn parallel(threads: usize) -> Parallel {
    Parallel::new().with_threads(NonZeroUsize::new(threads).expect("not zero")).with_slice(SLICE)
}

/// No two neighbours are the same.
fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).expect("it is less")).collect()
}

/// Everything that was written, with the offsets.
#[derive(Default)]
struct Written(Mutex<Vec<(u64, Vec<u8>)>>);

impl WriteAt for Written {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> std_io::Result<()> {
        let mut written = self.0.lock().map_err(|_| std_io::ErrorKind::Other)?;
        written.push((offset, bytes.to_vec()));
        Ok(())
    }

    fn end_at(&self, _: u64) -> std_io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_behind_a_bad_frame_is_written() -> Result<()> {
    let plaintext = plaintext(40 * FRAME);
    let message = sealer(&unsigned()?)?.seal(&plaintext)?;
    let (opener_, _) = opener(&message)?;
    let header = opener_.header().length();
    for bad in [0, 1, 4, 5, 17, 38, 39] {
        let mut message = message.clone();
        message[header + bad * (FRAME + 32) + 50] ^= 1;
        let number = u32::try_from(bad + 1)?;
        let is_expected = |error: &Error| matches!(error, Error::Authentication { part: MessagePart::Frame(n), .. } if *n == number);

        let mut streamed = Vec::new();
        let (opener_, body) = opener(&message)?;
        let error = parallel(4).decrypt(opener_, body, &mut streamed).expect_err("it is bad");
        assert!(is_expected(&error), "{error}");
        assert_eq!(streamed, plaintext[..bad / 5 * SLICE]);

        let written = Written::default();
        let (opener_, _) = opener(&message)?;
        let error = parallel(4).decrypt_at(opener_, &message[..], &written).expect_err("it is bad");
        assert!(is_expected(&error), "{error}");
        for (offset, bytes) in written.0.into_inner()? {
            let end = usize::try_from(offset)? + bytes.len();
            assert!(end <= bad * FRAME, "{end}");
        }
    }
    Ok(())
}

#[test]
fn errors_are_those_of_one_thread() -> Result<()> {
    for suite in [
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ] {
        let message = sealer(&encryptor(suite)?)?.seal(&plaintext(12 * FRAME + 7))?;
        let decryptor = Decryptor::new(provider()?);
        let header = UnverifiedHeader::parse(&message, &Limits::default())?.0;
        let body = header.claims().length();
        let error = |adapter: Adapter, message: &[u8]| {
            let opened = adapter.open(&decryptor, message, &EncryptionContext::new());
            format!("{:?}", opened.expect_err("it is damaged"))
        };
        for at in (body..message.len()).step_by(7) {
            let mut flipped = message.clone();
            flipped[at] ^= 0x10;
            for damaged in [&flipped[..], &message[..at], &[&message[..], &[0; 9]].concat()] {
                for (one, several) in [
                    (Adapter::OneShot, Adapter::Parallel(SLICE)),
                    (Adapter::TwoPasses, Adapter::ParallelPump(SLICE)),
                    (Adapter::Pump, Adapter::ParallelAt(SLICE)),
                ] {
                    assert_eq!(error(several, damaged), error(one, damaged), "byte {at}");
                }
            }
        }
    }
    Ok(())
}

/// Says who read, and fails or panics at a place.
struct Watched<'w> {
    inner: &'w [u8],
    readers: &'w Mutex<BTreeSet<String>>,
    at_end: fn() -> std_io::Result<usize>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std_io::Result<usize> {
        note_reader(self.readers)?;
        if self.inner.is_empty() { (self.at_end)() } else { self.inner.read(buffer) }
    }
}

impl ReadAt for Watched<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std_io::Result<usize> {
        note_reader(self.readers)?;
        self.inner.read_at(buffer, offset)
    }
}

fn note_reader(readers: &Mutex<BTreeSet<String>>) -> std_io::Result<()> {
    let mut readers = readers.lock().map_err(|_| std_io::ErrorKind::Other)?;
    readers.insert(me());
    Ok(())
}

fn me() -> String {
    let me: ThreadId = thread::current().id();
    format!("{me:?}")
}

/// Each thread begins by reading.
#[test]
fn a_short_input_starts_no_thread() -> Result<()> {
    let plaintext = plaintext(SLICE - 1);
    let readers = Mutex::default();
    let source = Watched { inner: &plaintext, readers: &readers, at_end: || Ok(0) };
    parallel(8).encrypt_at(sealer(&unsigned()?)?, &source, &Written::default())?;
    assert_eq!(readers.into_inner()?, BTreeSet::from([me()]));
    Ok(())
}

/// On a terminal there can be more behind an end.
#[test]
fn nobody_reads_behind_the_end() -> Result<()> {
    static ENDS: AtomicUsize = AtomicUsize::new(0);
    let at_end = || match ENDS.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(0),
        _ => Err(std_io::Error::other("it had ended")),
    };
    let plaintext = plaintext(2 * SLICE);
    for _ in 0..20 {
        ENDS.store(0, Ordering::Relaxed);
        let readers = Mutex::default();
        let reader = Watched { inner: &plaintext, readers: &readers, at_end };
        parallel(3).encrypt(sealer(&unsigned()?)?, reader, std_io::sink())?;
        assert_eq!(ENDS.load(Ordering::Relaxed), 1);
    }
    Ok(())
}

#[test]
fn a_frame_too_long_for_one_thread_is_too_long_for_several() -> Result<()> {
    let limits = Limits::default().with_max_buffered(1 << 20);
    let plaintext = vec![7; 4 << 20];
    let is_refused = |error: Option<Error>| {
        matches!(error, Some(Error::Limit { kind: LimitKind::Buffered, .. }))
    };
    let encryptor = |limits| {
        let builder = Encryptor::builder(provider()?)
            .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
            .frame_length(1_500_000)
            .limits(limits);
        builder.build()
    };
    let sealer_ = sealer(&encryptor(limits.clone())?)?;
    let sealed = parallel(2).encrypt(sealer_, &plaintext[..], std_io::sink());
    assert!(is_refused(sealed.err()));

    let message = sealer(&encryptor(Limits::default())?)?.seal(&plaintext)?;
    let decryptor = Decryptor::builder(provider()?).limits(limits).build()?;
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
    let opened = parallel(2).decrypt(opener, body, std_io::sink());
    assert!(is_refused(opened.err()));
    Ok(())
}

/// Gives the slices behind the first one only to threads that are there at the same time.
struct Together {
    inner: Vec<u8>,
    here: Mutex<usize>,
    changed: Condvar,
}

impl ReadAt for Together {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std_io::Result<usize> {
        if (SLICE as u64..3 * SLICE as u64).contains(&offset) {
            let mut here = self.here.lock().map_err(|_| std_io::ErrorKind::Other)?;
            *here += 1;
            self.changed.notify_all();
            let patience = Duration::from_mins(1);
            let waited = self.changed.wait_timeout_while(here, patience, |here| *here < 2);
            if waited.map_err(|_| std_io::ErrorKind::Other)?.1.timed_out() {
                return Err(std_io::Error::other("there is one thread only"));
            }
        }
        self.inner.read_at(buffer, offset)
    }
}

#[test]
fn a_long_input_has_several_threads() -> Result<()> {
    let source = Together {
        inner: plaintext(4 * SLICE),
        here: Mutex::default(),
        changed: Condvar::default(),
    };
    let written = Written::default();
    let sealed = parallel(2).encrypt_at(sealer(&unsigned()?)?, &source, &written)?;
    assert_eq!(sealed.plaintext_length(), 4 * SLICE as u64);
    Ok(())
}

/// Ends in the middle of the second slice, although there is a third one, which one of two threads
/// reads in any case.
struct Shrinking(Vec<u8>);

impl ReadAt for Shrinking {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std_io::Result<usize> {
        let end = SLICE + 7;
        let second = (SLICE as u64..2 * SLICE as u64).contains(&offset);
        self.0[..if second { end } else { self.0.len() }].read_at(buffer, offset)
    }
}

#[test]
fn a_source_that_becomes_shorter_is_an_error() -> Result<()> {
    let encrypted = parallel(2).encrypt_at(
        sealer(&unsigned()?)?,
        &Shrinking(plaintext(3 * SLICE)),
        &Written::default(),
    );
    assert!(matches!(encrypted, Err(Error::SourceChanged)), "{encrypted:?}");
    Ok(())
}

#[test]
fn a_reader_that_fails_is_an_error_in_its_turn() -> Result<()> {
    let plaintext = plaintext(3 * SLICE + 50);
    let readers = Mutex::default();
    let failing = || Err(std_io::Error::other("unplugged"));
    let reader = Watched { inner: &plaintext, readers: &readers, at_end: failing };
    let encryptor = unsigned()?;
    let sealer = sealer(&encryptor)?;
    let before = sealer.header().length() + 15 * (FRAME + 32);
    let mut message = Vec::new();
    let error = parallel(3).encrypt(sealer, reader, &mut message).expect_err("it fails");
    assert!(error.to_string().contains("unplugged"), "{error}");
    assert_eq!(message.len(), before);
    Ok(())
}

#[test]
fn a_reader_that_panics_holds_nobody_up() -> Result<()> {
    let plaintext = plaintext(3 * SLICE + 50);
    let readers = Mutex::default();
    let panicking = || unreachable!("a test");
    let reader = Watched { inner: &plaintext, readers: &readers, at_end: panicking };
    let sealer = sealer(&unsigned()?)?;
    let run = || parallel(3).encrypt(sealer, reader, std_io::sink());
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    Ok(())
}

/// Fails from some byte on.
struct Full(u64);

impl WriteAt for Full {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> std_io::Result<()> {
        if offset + bytes.len() as u64 > self.0 {
            return Err(std_io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn end_at(&self, _: u64) -> std_io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_place_that_is_full_is_an_error() -> Result<()> {
    let plaintext = plaintext(20 * SLICE);
    let message = sealer(&unsigned()?)?.seal(&plaintext)?;
    for room in [0, 500, 5000] {
        let sealed = parallel(3).encrypt_at(sealer(&unsigned()?)?, &plaintext[..], &Full(room));
        let opened = parallel(3).decrypt_at(opener(&message)?.0, &message[..], &Full(room));
        for error in [sealed.err(), opened.err()] {
            let full =
                matches!(&error, Some(Error::Io(e)) if e.kind() == std_io::ErrorKind::StorageFull);
            assert!(full, "{error:?}");
        }
    }
    Ok(())
}

/// The system puts everything at the end of such a file, in the order in which it comes.
#[test]
fn a_file_to_append_to_is_refused() -> Result<()> {
    let message = sealer(&unsigned()?)?.seal(&plaintext(20 * SLICE))?;
    for (threads, before) in [(1, &b""[..]), (3, b""), (3, b"before")] {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), before)?;
        let append = fs::OpenOptions::new().append(true).open(file.path())?;
        let sealed = parallel(threads).encrypt_at(sealer(&unsigned()?)?, &message[..], &append);
        let opened = parallel(threads).decrypt_at(opener(&message)?.0, &message[..], &append);
        for error in [sealed.err(), opened.err()] {
            let refused =
                matches!(&error, Some(Error::Io(e)) if e.kind() == std_io::ErrorKind::InvalidInput);
            assert!(refused, "{error:?}");
        }
        assert_eq!(fs::read(file.path())?, before);
    }
    Ok(())
}

#[test]
fn what_a_file_held_beyond_the_end_goes() -> Result<()> {
    let plaintext = plaintext(20 * SLICE + 7);
    for threads in [1, 3] {
        let (message, opened) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
        for file in [&message, &opened] {
            fs::write(file.path(), vec![1; 100_000])?;
        }
        let sealer = sealer(&unsigned()?)?;
        parallel(threads).encrypt_at(sealer, &plaintext[..], message.as_file())?;
        let stored = fs::read(message.path())?;
        let opener = opener(&stored)?.0;
        parallel(threads).decrypt_at(opener, message.as_file(), opened.as_file())?;
        assert_eq!(fs::read(opened.path())?, plaintext);
    }
    Ok(())
}

/// Takes everything, and then says that it could not.
struct Forgetful;

impl Write for Forgetful {
    fn write(&mut self, bytes: &[u8]) -> std_io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std_io::Result<()> {
        Err(std_io::Error::other("it is lost"))
    }
}

#[test]
fn a_writer_is_asked_whether_all_is_there() -> Result<()> {
    let plaintext = plaintext(5 * SLICE);
    let message = sealer(&unsigned()?)?.seal(&plaintext)?;
    let sealed = parallel(3).encrypt(sealer(&unsigned()?)?, &plaintext[..], Forgetful);
    let (opener, body) = opener(&message)?;
    let opened = parallel(3).decrypt(opener, body, Forgetful);
    for error in [sealed.err(), opened.err()] {
        assert!(matches!(error, Some(Error::Io(_))), "{error:?}");
    }
    Ok(())
}

#[test]
fn not_more_is_held_than_may_be() -> Result<()> {
    let plaintext = plaintext(5 * SLICE);
    let signed = encryptor(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384)?;
    let message = sealer(&signed)?.seal(&plaintext)?;
    for (most, fits) in [(5 * SLICE, true), (5 * SLICE - 1, false)] {
        let limits = Limits::default().with_max_held_plaintext(most);
        let decryptor = Decryptor::builder(provider()?).limits(limits).build()?;
        let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
        let opener = blocking::wait(decryptor.open(header, &EncryptionContext::new()))?;
        let mut opened = Vec::new();
        let held = parallel(3).decrypt(opener, body, &mut opened);
        let too_much = matches!(held, Err(Error::Limit { kind: LimitKind::HeldPlaintext, .. }));
        assert!(if fits { held.is_ok() } else { too_much }, "{held:?}");
        assert_eq!(opened, if fits { &plaintext[..] } else { &[] });
    }
    Ok(())
}

/// What must be held is not even in the buffer of the caller.
#[test]
fn a_piece_that_is_held_does_not_show() -> Result<()> {
    let signed = encryptor(AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384)?;
    let message = sealer(&signed)?.seal(&[0xA5; 5 * SLICE])?;
    let (mut opener, body) = opener(&message)?;
    let mut out = vec![0; 2 * message.len()];
    let written = parallel(3).open_piece(&mut opener, &body[..4 * SLICE], &mut out)?;
    assert_eq!(written, 0);
    assert!(out.iter().all(|byte| *byte == 0));
    Ok(())
}

#[test]
fn a_sealer_or_opener_in_use_goes_on() -> Result<()> {
    let plaintext = plaintext(9 * SLICE);
    for before in [0, 1, 2 * FRAME, 2 * FRAME + 1] {
        let mut sealer = sealer(&unsigned()?)?;
        let mut message = vec![0; sealer.push_length(before)];
        sealer.push(&plaintext[..before], &mut message)?;
        parallel(3).encrypt(sealer, &plaintext[before..], &mut message)?;

        let (mut opener, body) = opener(&message)?;
        let mut opened = vec![0; opener.push_bound(before)];
        let length = opener.push(&body[..before], &mut opened)?;
        opened.truncate(length);
        parallel(3).decrypt(opener, &body[before..], &mut opened)?;
        assert_eq!(opened, plaintext, "{before}");
    }
    Ok(())
}

#[test]
fn offsets_are_for_those_that_begin() -> Result<()> {
    let plaintext = plaintext(2 * SLICE);
    let mut used = sealer(&unsigned()?)?;
    let mut out = vec![0; used.push_length(7)];
    used.push(&plaintext[..7], &mut out)?;
    let sealed = parallel(3).encrypt_at(used, &plaintext[7..], &Written::default());
    assert!(matches!(sealed, Err(Error::Misuse { .. })));

    let message = sealer(&unsigned()?)?.seal(&plaintext)?;
    let (mut used, body) = opener(&message)?;
    used.push(&body[..1], &mut [0])?;
    let opened = parallel(3).decrypt_at(used, &message[..], &Written::default());
    assert!(matches!(opened, Err(Error::Misuse { .. })));
    Ok(())
}
