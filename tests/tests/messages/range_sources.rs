//! Sources of ranges that change, stall or misbehave, files among them, and the async reader.

use std::{
    fs::{self, File, OpenOptions},
    future::Future,
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Error, Limits, Result, SecretBytes,
    UnverifiedHeader,
    aio::{self, FileSource, RangeSource},
    blocking,
    provider::{KeyProvider, RawAesProvider},
    ranges::{
        self, KnownHeader, RangeHeader, RangeOptions, RangeReader, RangeRequest, RangeSource as _,
        Version,
    },
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::stored::{Answer, Stored};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    runtime::{Builder, Runtime},
    time::timeout,
};

static PROVIDER: LazyLock<Arc<dyn KeyProvider>> = LazyLock::new(|| {
    let key = SecretBytes::from(vec![9; 32]);
    Arc::new(RawAesProvider::new("sources", "key", &key).expect("a good key"))
});

fn nothing() -> EncryptionContext {
    EncryptionContext::new()
}

fn decryptor() -> Decryptor {
    Decryptor::new(PROVIDER.clone())
}

fn seal(frame_length: u32, plaintext: &[u8]) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(PROVIDER.clone())
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(frame_length)
        .build()?;
    blocking::wait(encryptor.encrypt(plaintext, &nothing()))
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_time().build()
}

/// So that nothing but the header is there from the beginning.
fn options() -> RangeOptions {
    RangeOptions::default().with_first_fetch(1).with_read_ahead(1)
}

fn open(stored: &Stored) -> Result<RangeReader<Stored>> {
    RangeReader::open_with(&decryptor(), stored.clone(), &nothing(), options())
}

async fn open_async<S: RangeSource>(source: S) -> Result<aio::RangeReader<S>> {
    aio::RangeReader::open_with(&decryptor(), source, &nothing(), options()).await
}

/// Reads by both readers, which have to agree.
struct Both {
    sync: RangeReader<Stored>,
    other: aio::RangeReader<Stored>,
    runtime: Runtime,
}

impl Both {
    fn open(stored: &Stored) -> Result<Self> {
        let runtime = runtime()?;
        let other = runtime.block_on(open_async(stored.clone()))?;
        Ok(Self { sync: open(stored)?, other, runtime })
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let found = self.sync.read_range(range.clone());
        let other = self.runtime.block_on(self.other.read_range(range));
        let text = |found: &Result<Vec<u8>>| found.as_ref().map_err(ToString::to_string).cloned();
        assert_eq!(text(&found), text(&other));
        found
    }
}

const LENGTH: usize = 1000;

fn plaintext() -> Vec<u8> {
    data::plaintext(LENGTH, 1)
}

#[test]
fn all_requests_but_the_first_are_for_its_version() -> Result<()> {
    let stored = Stored::new(seal(100, &plaintext())?);
    let reader = open(&stored)?;
    reader.read_ranges(&[0..10, 500..510, 990..2000])?;
    let pinned = stored.pinned();
    assert!(pinned.len() >= 4 && pinned[0].is_none());
    assert!(pinned[1..].iter().all(|version| *version == Some(Version::new("1"))), "{pinned:?}");
    Ok(())
}

/// It is verified as if it had just been fetched, and is of no other version.
#[test]
fn a_header_can_be_known_before() -> Result<()> {
    let message = seal(100, &plaintext())?;
    let stored = Stored::new(message.clone());
    let runtime = runtime()?;
    let decryptor = decryptor();
    let known = RangeHeader::read(&decryptor, &stored, options())?.to_known();
    let other = aio::RangeHeader::read(&decryptor, stored.clone(), options());
    assert_eq!(runtime.block_on(other)?.to_known(), known);
    assert_eq!(
        (known.version(), known.message_length()),
        (&Version::new("1"), message.len() as u64)
    );
    assert_eq!(known.estimated_length(), Some(LENGTH as u64));

    let read = |known: &KnownHeader| {
        let header = RangeHeader::from_known(known.clone(), &stored, options());
        let found = blocking::wait(header.open(&decryptor, &nothing()))
            .and_then(|reader| reader.read_range(0..u64::MAX));
        let header = aio::RangeHeader::from_known(known.clone(), stored.clone(), options());
        let other = runtime.block_on(async {
            header.open(&decryptor, &nothing()).await?.read_range(0..u64::MAX).await
        });
        let text = |found: &Result<Vec<u8>>| found.as_ref().map_err(ToString::to_string).cloned();
        assert_eq!(text(&found), text(&other));
        found
    };
    assert_eq!(read(&known)?, plaintext());
    let changed = |found: Result<Vec<u8>>| matches!(found, Err(Error::SourceChanged));
    let version = Version::new("2");
    assert!(changed(read(&KnownHeader::new(
        known.header().clone(),
        version,
        known.message_length()
    ))));
    let longer = known.message_length() + 132;
    let version = known.version().clone();
    assert!(changed(read(&KnownHeader::new(known.header().clone(), version, longer))));
    let other = seal(100, &plaintext())?;
    let (foreign, _) = UnverifiedHeader::parse(&other, &Limits::default())?;
    let foreign = KnownHeader::new(foreign, known.version().clone(), known.message_length());
    assert!(matches!(read(&foreign), Err(Error::Authentication { .. })));
    Ok(())
}

#[test]
fn a_source_that_changes_is_found_out() -> Result<()> {
    let message = seal(100, &plaintext())?;
    let changed = |error: Result<Vec<u8>>| matches!(error, Err(Error::SourceChanged));
    let stored = Stored::new(message.clone());
    let both = Both::open(&stored)?;
    stored.claim_version("2");
    assert!(changed(both.read(0..10)));
    assert!(changed(both.read(0..u64::MAX)));
    assert!(matches!(both.sync.length(), Err(Error::SourceChanged)));
    // It is the version of the header that counts.
    stored.claim_version("1");
    assert_eq!(both.read(0..u64::MAX)?, plaintext());
    for length in [message.len() as u64 - 1, message.len() as u64 + 1, 0, u64::MAX] {
        stored.claim_length(length);
        assert!(changed(both.read(0..10)), "{length}");
    }
    let told = Error::SourceChanged.to_string();
    assert!(told.contains("open it again"), "{told}");
    Ok(())
}

/// Another message of the same length, and a version that says nothing of it: never a mixture.
#[test]
fn other_bytes_of_the_same_version_are_not_genuine() -> Result<()> {
    let stored = Stored::new(seal(100, &plaintext())?);
    let both = Both::open(&stored)?;
    assert_eq!(both.read(0..250)?, plaintext()[..250]);
    stored.replace(seal(100, &data::plaintext(LENGTH, 2))?);
    for range in [0..10, 400..600, 0..u64::MAX, 2000..3000] {
        assert!(matches!(both.read(range), Err(Error::Authentication { .. })));
    }
    let mut reader = both.sync;
    assert!(reader.read(&mut [0; 10]).is_err());
    assert!(reader.seek(SeekFrom::End(0)).is_err());
    Ok(())
}

#[test]
fn answers_of_a_wrong_length_or_content() -> Result<()> {
    let stored = Stored::new(seal(100, &plaintext())?);
    let both = Both::open(&stored)?;
    let kind = |found: Result<Vec<u8>>| match found {
        Err(Error::Io(error)) => error.kind(),
        other => panic!("{other:?}"),
    };
    stored.answer(Answer::Short);
    assert_eq!(kind(both.read(0..10)), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(both.read(0..u64::MAX)), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(open(&stored).map(|_| Vec::new())), io::ErrorKind::UnexpectedEof);
    stored.answer(Answer::Long);
    assert_eq!(kind(both.read(0..10)), io::ErrorKind::InvalidData);
    assert_eq!(kind(open(&stored).map(|_| Vec::new())), io::ErrorKind::InvalidData);
    stored.answer(Answer::Error);
    assert_eq!(kind(both.read(0..10)), io::ErrorKind::ConnectionReset);
    stored.answer(Answer::Wrong);
    assert!(matches!(both.read(0..10), Err(Error::Malformed { .. })));
    assert!(open(&stored).is_err());
    // None of that was the end of the reader.
    stored.answer(Answer::Right);
    assert_eq!(both.read(0..u64::MAX)?, plaintext());
    Ok(())
}

/// A stream goes on where it was.
#[test]
fn a_stream_outlives_errors() -> Result<()> {
    let stored = Stored::new(seal(100, &plaintext())?);
    let mut reader = open(&stored)?;
    let mut first = [0; 150];
    reader.read_exact(&mut first)?;
    for answer in [Answer::Error, Answer::Short, Answer::Wrong] {
        stored.answer(answer);
        // What is there already is still given.
        let mut rest = Vec::new();
        assert!(reader.read_to_end(&mut rest).is_err());
        assert!(plaintext()[150..200].ends_with(&rest));
        assert!(reader.seek(SeekFrom::End(0)).is_err());
    }
    stored.answer(Answer::Right);
    assert_eq!(reader.stream_position()?, 200);
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    assert_eq!(rest, plaintext()[200..]);
    Ok(())
}

/// Waits a little for what will never come, and drops it.
async fn gives_up<T>(future: impl Future<Output = T>) {
    assert!(timeout(Duration::from_millis(20), future).await.is_err());
}

#[test]
fn a_source_that_stalls_can_be_left() -> Result<()> {
    let message = seal(100, &plaintext())?;
    runtime()?.block_on(async {
        let stored = Stored::new(message);
        stored.answer(Answer::Never);
        gives_up(open_async(stored.clone())).await;
        stored.answer(Answer::Right);
        let mut reader = open_async(stored.clone()).await?;
        let mut byte = [0];

        stored.answer(Answer::Never);
        gives_up(reader.read_range(0..10)).await;
        gives_up(reader.length()).await;
        gives_up(reader.read(&mut byte)).await;
        stored.answer(Answer::Right);
        assert_eq!(reader.read_range(0..10).await?, plaintext()[..10]);
        // The stream still waits for an answer that will not come, unless it goes elsewhere.
        gives_up(reader.read(&mut byte)).await;
        let elsewhere = timeout(Duration::from_secs(9), reader.seek(SeekFrom::Start(300))).await;
        assert_eq!(elsewhere.expect("nothing to wait for")?, 300);
        reader.read_exact(&mut byte).await?;
        assert_eq!(byte[0], plaintext()[300]);

        reader.length().await?;
        stored.answer(Answer::Never);
        assert_eq!(reader.seek(SeekFrom::End(-1)).await?, 999);
        gives_up(reader.read(&mut byte)).await;
        stored.answer(Answer::Right);
        reader.seek(SeekFrom::Current(0)).await?;
        reader.read_exact(&mut byte).await?;
        assert_eq!((byte[0], reader.read(&mut byte).await?), (plaintext()[999], 0));
        Ok(())
    })
}

/// Long pieces are opened on other threads, and short ones on the spot.
#[test]
fn the_async_stream() -> Result<()> {
    let plaintext = data::plaintext(3 << 20, 4);
    let message = seal(4096, &plaintext)?;
    runtime()?.block_on(async {
        let stored = Stored::new(message);
        let (decryptor, nothing) = (decryptor(), nothing());
        let mut reader = aio::RangeReader::open(&decryptor, stored.clone(), &nothing).await?;
        let mut read = Vec::new();
        reader.read_to_end(&mut read).await?;
        assert!(read == plaintext);
        let fetched = stored.fetched();
        assert!(fetched.len() <= 9, "{} fetches", fetched.len());
        for (to, position) in [
            (SeekFrom::Start(2 << 20), 2 << 20),
            (SeekFrom::Current(-(1 << 20)), (1 << 20) + 7),
            (SeekFrom::End(-7), (3 << 20) - 7),
        ] {
            assert_eq!(reader.seek(to).await?, position as u64);
            let mut piece = [0; 7];
            reader.read_exact(&mut piece).await?;
            assert_eq!(piece, plaintext[position..position + 7]);
        }
        assert!(reader.seek(SeekFrom::Current(-(4 << 20))).await.is_err());
        assert!(reader.seek(SeekFrom::End(-(4 << 20))).await.is_err());
        reader.seek(SeekFrom::Start(u64::MAX)).await?;
        assert_eq!(reader.read(&mut [0; 7]).await?, 0);
        assert_eq!(reader.stream_position().await?, u64::MAX);
        Ok(())
    })
}

/// A seek from the end waits for the proof.
#[test]
fn the_async_end_is_proved() -> Result<()> {
    let mut message = seal(100, &plaintext())?;
    runtime()?.block_on(async {
        let mut reader = open_async(Stored::new(message.clone())).await?;
        assert_eq!(reader.seek(SeekFrom::End(0)).await?, 1000);
        message.truncate(message.len() - 140);
        message.extend(data::plaintext(100, 9));
        let mut reader = open_async(Stored::new(message)).await?;
        assert!(reader.seek(SeekFrom::End(0)).await.is_err());
        assert_eq!(reader.stream_position().await?, 0);
        assert!(reader.read_to_end(&mut Vec::new()).await.is_err());
        Ok(())
    })
}

#[test]
fn several_ranges_at_the_same_time() -> Result<()> {
    let plaintext = data::plaintext(1 << 20, 4);
    let message = Bytes::from(seal(4096, &plaintext)?);
    runtime()?.block_on(async {
        let reader = Arc::new(open_async(message).await?);
        let tasks: Vec<_> = (0..16_usize)
            .map(|i| {
                let reader = Arc::clone(&reader);
                let start = i * 65_536;
                tokio::spawn(async move {
                    reader.read_range(start as u64..start as u64 + 200_000).await
                })
            })
            .collect();
        for (i, task) in tasks.into_iter().enumerate() {
            let found = task.await.expect("no panic")?;
            let start = i * 65_536;
            assert!(found == plaintext[start..(start + 200_000).min(plaintext.len())]);
        }
        Ok(())
    })
}

/// Dropped at any time, a call leaves nothing half done.
#[test]
fn calls_can_be_dropped_while_they_compute() -> Result<()> {
    let plaintext = data::plaintext(8 << 20, 4);
    let message = Bytes::from(seal(4096, &plaintext)?);
    runtime()?.block_on(async {
        let reader = open_async(message).await?;
        for micros in [0, 10, 100, 1000] {
            let read = reader.read_range(0..u64::MAX);
            let _ = timeout(Duration::from_micros(micros), read).await;
            assert!(reader.read_suffix(1000).await? == plaintext[plaintext.len() - 1000..]);
        }
        Ok(())
    })
}

#[test]
fn sources_in_memory() -> Result<()> {
    let message = seal(100, &plaintext())?;
    let bytes = Bytes::from(message.clone());
    let sources: [&dyn ranges::RangeSource; 4] =
        [&message, &message.as_slice(), &bytes, &Box::new(&message)];
    for source in sources {
        let reader = RangeReader::open(&decryptor(), source, &nothing())?;
        assert_eq!(reader.read_range(0..u64::MAX)?, plaintext());
        let length = message.len() as u64;
        for (range, expected) in [(length - 1..length + 9, 1), (length..length + 1, 0)] {
            let fetched = source.fetch(RangeRequest::new(range, None))?;
            assert_eq!((fetched.bytes().len(), fetched.message_length()), (expected, length));
        }
    }
    let source: Arc<dyn RangeSource> = Arc::new(bytes);
    let reader = blocking::wait(open_async(source))?;
    assert_eq!(blocking::wait(reader.read_range(0..u64::MAX))?, plaintext());
    Ok(())
}

struct Folder {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

fn file(message: &[u8]) -> io::Result<Folder> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("message");
    fs::write(&path, message)?;
    Ok(Folder { _folder: folder, path })
}

#[test]
fn files() -> Result<()> {
    let plaintext = data::plaintext(1 << 20, 3);
    let folder = file(&seal(4096, &plaintext)?)?;
    let mut file = File::open(&folder.path)?;
    file.seek(SeekFrom::Start(7))?;
    let mut reader =
        RangeReader::open_with(&decryptor(), file.try_clone()?, &nothing(), options())?;
    assert!(reader.read_range(5000..9000)? == plaintext[5000..9000]);
    let mut read = Vec::new();
    reader.read_to_end(&mut read)?;
    assert!(read == plaintext);
    assert_eq!(file.stream_position()?, 7);

    let read = |runtime: Option<Runtime>| {
        let work = async {
            let reader = open_async(FileSource::new(File::open(&folder.path)?)).await?;
            reader.read_range(5000..u64::MAX).await
        };
        match runtime {
            Some(runtime) => runtime.block_on(work),
            None => blocking::wait(work),
        }
    };
    assert!(read(Some(runtime()?))? == plaintext[5000..]);
    assert!(read(None)? == plaintext[5000..]);
    Ok(())
}

/// Whatever the file system says of times, what comes out is of one message.
#[test]
fn a_file_that_is_written_to_meanwhile() -> Result<()> {
    let folder = file(&seal(100, &plaintext())?)?;
    let other = seal(100, &data::plaintext(LENGTH, 2))?;
    let open =
        || RangeReader::open_with(&decryptor(), File::open(&folder.path)?, &nothing(), options());
    let reader = open()?;
    let asynchronous = blocking::wait(open_async(FileSource::new(File::open(&folder.path)?)))?;
    assert_eq!(reader.read_range(0..100)?, plaintext()[..100]);
    OpenOptions::new().write(true).open(&folder.path)?.write_all(&other)?;
    for found in [
        reader.read_range(0..100),
        reader.read_suffix(100),
        blocking::wait(asynchronous.read_range(0..100)),
    ] {
        let is_refused = matches!(found, Err(Error::SourceChanged | Error::Authentication { .. }));
        assert!(is_refused, "{found:?}");
    }
    let reader = open()?;
    OpenOptions::new().write(true).open(&folder.path)?.set_len(500)?;
    assert!(matches!(reader.read_range(0..10), Err(Error::SourceChanged)));

    // A file that took its name is another file: the old one is still open, and read to its end.
    fs::write(&folder.path, &other)?;
    let reader = open()?;
    let replacement = folder.path.with_extension("new");
    fs::write(&replacement, seal(100, &plaintext())?)?;
    fs::rename(&replacement, &folder.path)?;
    let found = reader.read_range(0..u64::MAX);
    assert!(matches!(&found, Err(Error::SourceChanged)) || found? == data::plaintext(LENGTH, 2));
    Ok(())
}

/// Between the two looks at its version a file does not change unnoticed.
#[cfg(unix)]
#[test]
fn the_version_of_a_file_is_that_of_the_file() -> Result<()> {
    let folder = file(b"some bytes")?;
    let version = || {
        let fetched = File::open(&folder.path)?.fetch(RangeRequest::new(0..4, None))?;
        Ok::<_, Error>(fetched.version().clone())
    };
    // Until the clock of the file system has gone on, however coarse that is.
    let changed = |change: &dyn Fn() -> io::Result<()>, from: &Version| {
        for _ in 0..500 {
            change()?;
            let now = version()?;
            if now != *from {
                return Ok(now);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(Error::invalid_input("the version stays the same"))
    };
    let first = version()?;
    assert_eq!(first, version()?);
    let second = changed(&|| fs::write(&folder.path, b"some other"), &first)?;
    // A time that was put back is seen by when that was done.
    let put_back = || {
        let file = OpenOptions::new().write(true).open(&folder.path)?;
        let modified = file.metadata()?.modified()?;
        file.set_modified(modified)
    };
    changed(&put_back, &second)?;
    let pinned = File::open(&folder.path)?.fetch(RangeRequest::new(0..4, Some(&first)));
    assert!(matches!(pinned, Err(Error::SourceChanged)));
    Ok(())
}
