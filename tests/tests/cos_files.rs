//! Files that go to COS and come back, in parts, and are gone on with after an interruption.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, Encryptor, Error, Limits, Result as CoreResult, SecretBytes,
    blocking,
    provider::{KeyProvider, RawAesProvider, RawRsaProvider, RsaKey, RsaPadding},
};
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosEncryptingClient, CosFormat, CosObjectError, CosRsaProvider,
    CosRsaWrapping, DecryptObject, EncryptObject, FileTransfer, ObjectKey, WrittenObject,
};
use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{Call, FakeTencentCos, StoredObject, lie},
};
use crypto_envelope_tests::{
    tencent_cos::{TencentCos, rsa_key, stream},
    vectors::Result,
};

const MIB: usize = 1 << 20;

struct World {
    cos: TencentCos,
    client: CosEncryptingClient,
}

impl World {
    fn new(format: CosFormat, provider: Arc<dyn KeyProvider>) -> Result<Self> {
        let cos = TencentCos::of(FakeTencentCos::builder().strict_signatures().start()?)?;
        let client = cos.ours(provider)?.format(format).part_length(MIB as u64).build()?;
        Ok(Self { cos, client })
    }

    /// Those formats whose parts are encrypted by themselves.
    fn with_parts() -> Result<Vec<Self>> {
        let aes = |wrapping| CosAesProvider::new(&SecretBytes::from(vec![7; 32]), wrapping);
        let java = Arc::new(aes(CosAesWrapping::JavaKeyWrap)?);
        let python = Arc::new(aes(CosAesWrapping::DangerPythonFixedKeystream)?);
        Ok(vec![
            Self::new(CosFormat::Message, Arc::new(raw()?))?,
            Self::new(CosFormat::UnauthenticatedPythonAes, python)?,
            Self::new(CosFormat::UnauthenticatedJavaCtr, java)?,
        ])
    }

    fn file(&self, content: &[u8]) -> Result<PathBuf> {
        let path = self.cos.file("source");
        fs::write(&path, content)?;
        Ok(path)
    }

    fn record(&self) -> PathBuf {
        self.cos.file("record")
    }

    fn upload(&self, path: &Path) -> CoreResult<WrittenObject> {
        let transfer = FileTransfer::new(path).resumable(self.record());
        blocking::wait(self.client.upload_file(EncryptObject::new(key()?), transfer))
    }

    /// Ends an upload after some parts, and says which.
    fn interrupt(&self, path: &Path, parts: u32) -> BTreeMap<u64, Vec<Call>> {
        let left = Arc::new(AtomicU64::new(parts.into()));
        let count = Arc::clone(&left);
        // The fault strikes when so many parts have passed.
        let strikes = move |operation: &str| {
            operation == "UploadPart"
                && count
                    .try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                    .is_err()
        };
        self.cos.fake.inject(Fault::status(403, "").always().when(strikes));
        assert!(self.upload(path).is_err());
        self.cos.fake.clear_faults();
        assert!(self.record().exists());
        self.parts_sent()
    }

    /// The calls that sent a part which COS took, by its number, since the last time.
    fn parts_sent(&self) -> BTreeMap<u64, Vec<Call>> {
        let mut parts = BTreeMap::<_, Vec<_>>::new();
        for call in self.cos.fake.take_calls() {
            if call.operation == "UploadPart" && call.status == Some(200) {
                let number = call.parameter("partNumber").and_then(|number| number.parse().ok());
                parts.entry(number.unwrap_or(0)).or_default().push(call);
            }
        }
        parts
    }

    fn download(&self, path: &Path) -> CoreResult<u64> {
        let transfer = FileTransfer::new(path).resumable(self.record());
        let read = self.client.download_file(DecryptObject::new(key()?), transfer);
        Ok(blocking::wait(read)?.plaintext_length)
    }

    fn read(&self) -> CoreResult<Vec<u8>> {
        let object = DecryptObject::new(key()?);
        blocking::wait(async { self.client.get(object).await?.whole(64 * MIB).await })
    }

    fn stored(&self) -> Result<StoredObject> {
        self.cos.object("key")
    }

    fn uploads(&self) -> usize {
        self.cos.fake.uploads(self.cos.fake.bucket()).len()
    }
}

fn raw() -> CoreResult<RawAesProvider> {
    RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))
}

fn key() -> CoreResult<ObjectKey> {
    ObjectKey::new("key")
}

#[track_caller]
fn object_error<T: std::fmt::Debug>(outcome: CoreResult<T>) -> CosObjectError {
    let error = outcome.expect_err("it is refused");
    CosObjectError::find_in(&error).expect("an error about an object").clone()
}

/// As records are written: others are not used.
fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

/// Whether something of a transfer is left beside a file.
fn has_temporaries(path: &Path) -> Result<bool> {
    for entry in fs::read_dir(path.parent().ok_or("a folder")?)? {
        if entry?.file_name().to_string_lossy().starts_with(".crypto-envelope") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn modified(path: &Path) -> Result<SystemTime> {
    Ok(fs::metadata(path)?.modified()?)
}

/// Writes other bytes of the same number, so that nobody sees it who does not read them.
fn change_in_secret(path: &Path, place: usize) -> Result<()> {
    let before = modified(path)?;
    let mut content = fs::read(path)?;
    content[place] ^= 1;
    fs::write(path, content)?;
    fs::File::options().write(true).open(path)?.set_modified(before)?;
    assert_eq!(modified(path)?, before);
    Ok(())
}

#[test]
fn files_of_every_length() -> Result<()> {
    for world in World::with_parts()? {
        for length in [0, 1, MIB - 1, MIB, MIB + 1, 4 * MIB, 5 * MIB + 7] {
            let content = stream("file", length);
            let path = world.file(&content)?;
            let done = Arc::new(AtomicU64::new(0));
            let seen = Arc::clone(&done);
            let transfer = FileTransfer::new(&path).on_progress(move |progress| {
                seen.fetch_max(progress.done, Ordering::SeqCst);
            });
            let written =
                blocking::wait(world.client.upload_file(EncryptObject::new(key()?), transfer))?;
            assert_eq!(written.plaintext_length, length as u64);
            assert_eq!(written.stored_length, world.stored()?.content.len() as u64);
            assert_eq!(done.load(Ordering::SeqCst), length as u64);
            let target = world.cos.file("target");
            assert_eq!(world.download(&target)?, length as u64);
            assert!(fs::read(&target)? == content, "{length}");
            assert!(!world.record().exists());
            assert_eq!(world.uploads(), 0);
        }
    }
    Ok(())
}

#[test]
fn an_upload_goes_on_where_it_was() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("resumed", 9 * MIB + 7);
        let path = world.file(&content)?;
        let first = world.interrupt(&path, 4);
        assert!(!first.is_empty(), "some parts are there");
        let written = world.upload(&path)?;
        let second = world.parts_sent();
        let again = second.keys().filter(|number| first.contains_key(number)).count();
        assert_eq!(again, 0, "{first:?} {second:?}");
        assert_eq!(first.len() + second.len(), 10);
        assert_eq!(written.plaintext_length, content.len() as u64);
        assert!(world.read()? == content);
        assert!(!world.record().exists());
        assert_eq!(world.uploads(), 0);
    }
    Ok(())
}

#[test]
fn a_file_that_was_changed_in_secret_begins_anew_with_another_key() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("changed", 9 * MIB + 7);
        let path = world.file(&content)?;
        // So that the first parts have been sent.
        let first = world.interrupt(&path, 4);
        let sent = *first.keys().next().ok_or("no part was sent")?;
        let upload = world.cos.fake.uploads(world.cos.fake.bucket()).remove(0);
        change_in_secret(&path, usize::try_from(sent - 1)? * MIB + 5)?;
        world.upload(&path)?;
        assert!(world.read()? == fs::read(&path)?);
        assert_eq!(world.parts_sent().len(), 10, "all parts are sent anew");
        assert_eq!(world.uploads(), 0, "of the first upload nothing is left");
        // Under the old key stream the new plaintext would show the difference at that place.
        let stored = world.stored()?.content;
        let part = &upload.parts.iter().find(|part| u64::from(part.number) == sent);
        let old = &part.ok_or("the part is there")?.content;
        let tail = &old[old.len() - 100..];
        assert!(!stored.windows(100).any(|window| window == tail), "another key");
        assert!(!world.record().exists());
    }
    Ok(())
}

#[test]
fn a_file_of_another_length_or_time_begins_anew() -> Result<()> {
    for world in World::with_parts()? {
        let path = world.file(&stream("longer", 5 * MIB))?;
        world.interrupt(&path, 2);
        let content = stream("longer", 5 * MIB + 1);
        fs::write(&path, &content)?;
        world.upload(&path)?;
        assert!(world.read()? == content);
        assert_eq!(world.uploads(), 0);
    }
    Ok(())
}

#[test]
fn an_upload_that_is_gone_begins_anew() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("gone", 5 * MIB);
        let path = world.file(&content)?;
        world.interrupt(&path, 2);
        let upload = world.cos.fake.uploads(world.cos.fake.bucket()).remove(0);
        let id = crypto_envelope_tencent_cos::UploadId::new(upload.upload_id)?;
        let abort = crypto_envelope_tencent_cos::AbortMultipartUpload::new(key()?, id);
        blocking::wait(world.client.plain().call(abort))?;
        world.upload(&path)?;
        assert!(world.read()? == content);
        assert_eq!(world.parts_sent().len(), 5);
    }
    Ok(())
}

#[test]
fn a_provider_that_only_encrypts_begins_anew() -> Result<()> {
    let pem = fs::read(rsa_key("rsa2048.pub.pem"))?;
    let public = RawRsaProvider::new("ns", "n", RsaPadding::OaepSha256, &RsaKey::parse(&pem)?)?;
    let cos_key = CosRsaProvider::key_of(&pem, None)?;
    let cos_rsa = CosRsaProvider::new(&cos_key, CosRsaWrapping::PythonOaepSha1)?;
    for (format, provider) in [
        (CosFormat::Message, Arc::new(public) as Arc<dyn KeyProvider>),
        (CosFormat::UnauthenticatedPythonRsa, Arc::new(cos_rsa)),
    ] {
        let world = World::new(format, provider)?;
        let path = world.file(&stream("public", 5 * MIB))?;
        world.interrupt(&path, 2);
        world.upload(&path)?;
        assert_eq!(world.parts_sent().len(), 5, "{format}");
        assert_eq!(world.uploads(), 0);
    }
    Ok(())
}

#[test]
fn the_record_holds_no_key_and_is_for_one_object() -> Result<()> {
    for world in World::with_parts()? {
        let path = world.file(&stream("record", 5 * MIB))?;
        world.interrupt(&path, 2);
        let transfer = FileTransfer::new(&path).resumable(world.record());
        let other = EncryptObject::new(ObjectKey::new("another")?);
        let refused = object_error(blocking::wait(world.client.upload_file(other, transfer)));
        assert!(matches!(refused, CosObjectError::Record { .. }), "{refused:?}");
        let transfer = FileTransfer::new(world.cos.file("target")).resumable(world.record());
        let download = world.client.download_file(DecryptObject::new(key()?), transfer);
        assert!(blocking::wait(download).is_err());
        world.upload(&path)?;
    }
    Ok(())
}

/// One that others could have written is not believed: it may name the key of another object.
#[test]
fn records_of_others_are_not_used() -> Result<()> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::with_parts()?.remove(0);
    let path = world.file(&stream("others", 5 * MIB))?;
    world.interrupt(&path, 2);
    fs::set_permissions(world.record(), fs::Permissions::from_mode(0o644))?;
    let refused = object_error(world.upload(&path));
    assert!(matches!(refused, CosObjectError::Record { .. }), "{refused:?}");
    fs::set_permissions(world.record(), fs::Permissions::from_mode(0o600))?;
    let elsewhere = world.cos.file("elsewhere");
    fs::rename(world.record(), &elsewhere)?;
    symlink(&elsewhere, world.record())?;
    let refused = object_error(world.upload(&path));
    assert!(matches!(refused, CosObjectError::Record { .. }), "{refused:?}");
    fs::rename(&elsewhere, world.record())?;
    world.upload(&path)?;
    Ok(())
}

/// An older copy of the record does not know what was sent since then.
#[test]
fn a_stale_record_begins_anew() -> Result<()> {
    for world in World::with_parts()? {
        let path = world.file(&stream("stale", 14 * MIB))?;
        world.interrupt(&path, 2);
        let stale = fs::read(world.record())?;
        let second = world.interrupt(&path, 8);
        assert!(!second.is_empty());
        write_private(&world.record(), &stale)?;
        let upload = world.cos.fake.uploads(world.cos.fake.bucket()).remove(0);
        world.upload(&path)?;
        assert_eq!(world.parts_sent().len(), 14, "all parts are sent anew");
        let gone = world.cos.fake.uploads(world.cos.fake.bucket());
        assert!(gone.iter().all(|left| left.upload_id != upload.upload_id));
        assert!(world.read()? == fs::read(&path)?);
    }
    Ok(())
}

/// What the record says of the file to go on with is no reason to write, or remove, any other.
#[test]
fn a_record_of_a_download_leads_nowhere_else() -> Result<()> {
    let world = World::with_parts()?.remove(0);
    let content = stream("elsewhere", 6 * MIB);
    world.upload(&world.file(&content)?)?;
    let target = world.cos.file("target");
    let precious = world.cos.file("precious");
    fs::write(&precious, "precious")?;
    let left = AtomicU64::new(5);
    let strikes = move |operation: &str| {
        operation == "GetObject"
            && left.try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    };
    world.cos.fake.inject(Fault::status(403, "").always().when(strikes));
    assert!(world.download(&target).is_err());
    world.cos.fake.clear_faults();
    let record = fs::read_to_string(world.record())?;
    let start: serde_json::Value = serde_json::from_str(record.lines().next().ok_or("a line")?)?;
    let place = start["start"]["place"].as_str().ok_or("a place")?;
    let changed = record.replace(place, precious.to_str().ok_or("a path")?);
    assert_ne!(changed, record);
    write_private(&world.record(), changed.as_bytes())?;
    world.download(&target)?;
    assert!(fs::read(&target)? == content);
    assert_eq!(fs::read(&precious)?, b"precious");
    Ok(())
}

#[test]
fn a_file_that_changes_meanwhile_is_no_object() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("meanwhile", 4 * MIB);
        let path = world.file(&content)?;
        let changing = path.clone();
        let transfer = FileTransfer::new(&path).on_progress(move |progress| {
            if progress.done > 0 {
                let file = fs::File::options().append(true).open(&changing);
                let _ = file.and_then(|mut file| std::io::Write::write_all(&mut file, b"more"));
            }
        });
        let refused =
            blocking::wait(world.client.upload_file(EncryptObject::new(key()?), transfer));
        assert_eq!(object_error(refused), CosObjectError::FileChanged);
        assert!(world.stored().is_err());
        assert_eq!(world.uploads(), 0);
    }
    Ok(())
}

#[test]
fn without_a_record_nothing_is_left_of_an_upload_that_fails() -> Result<()> {
    for world in World::with_parts()? {
        let path = world.file(&stream("failing", 5 * MIB))?;
        let fault = Fault::status(403, "").always().when(|operation| operation == "UploadPart");
        world.cos.fake.inject(fault);
        let upload = world.client.upload_file(EncryptObject::new(key()?), FileTransfer::new(&path));
        assert!(blocking::wait(upload).is_err());
        let calls = world.cos.fake.take_calls();
        let count = |name: &str| calls.iter().filter(|call| call.operation == name).count();
        assert_eq!(count("InitiateMultipartUpload"), 1);
        assert_eq!(count("AbortMultipartUpload"), 1);
        assert_eq!(world.uploads(), 0);
    }
    Ok(())
}

#[test]
fn an_upload_that_is_dropped_is_removed() -> Result<()> {
    let world = World::with_parts()?.remove(0);
    let path = world.file(&stream("dropped", 20 * MIB))?;
    world.cos.fake.inject(
        Fault::delay(std::time::Duration::from_millis(300))
            .always()
            .when(|operation| operation == "UploadPart"),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let object = EncryptObject::new(key()?);
        let upload = world.client.upload_file(object, FileTransfer::new(&path));
        let mut upload = std::pin::pin!(upload);
        let step = std::time::Duration::from_millis(100);
        while world.uploads() == 0 {
            assert!(tokio::time::timeout(step, &mut upload).await.is_err());
        }
        Ok::<_, Error>(())
    })?;
    let is_gone = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        world.uploads() == 0
    });
    assert!(is_gone);
    Ok(())
}

#[test]
fn a_download_goes_on_where_it_was() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("download", 9 * MIB + 7);
        world.upload(&world.file(&content)?)?;
        let target = world.cos.file("target");
        fs::write(&target, "what was there")?;
        let left = AtomicU64::new(6);
        let strikes = move |operation: &str| {
            operation == "GetObject"
                && left
                    .try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                    .is_err()
        };
        world.cos.fake.inject(Fault::status(403, "").always().when(strikes));
        assert!(world.download(&target).is_err());
        assert_eq!(fs::read(&target)?, b"what was there");
        world.cos.fake.clear_faults();
        let fetched = |calls: Vec<Call>| -> u64 {
            let gets = calls.into_iter().filter(|call| call.operation == "GetObject");
            gets.map(|call| call.response_length as u64).sum()
        };
        let first = fetched(world.cos.fake.take_calls());
        assert_eq!(world.download(&target)?, content.len() as u64);
        let second = fetched(world.cos.fake.take_calls());
        assert!(fs::read(&target)? == content);
        assert!(first > MIB as u64, "some parts came before: {first}");
        // Headers are fetched again, parts are not.
        assert!(first + second < content.len() as u64 + MIB as u64, "{first} {second}");
        assert!(!world.record().exists());
        assert!(!has_temporaries(&target)?);
    }
    Ok(())
}

#[test]
fn a_download_of_another_object_begins_anew() -> Result<()> {
    for world in World::with_parts()? {
        world.upload(&world.file(&stream("old", 6 * MIB))?)?;
        let target = world.cos.file("target");
        let left = AtomicU64::new(5);
        let strikes = move |operation: &str| {
            operation == "GetObject"
                && left
                    .try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                    .is_err()
        };
        world.cos.fake.inject(Fault::status(403, "").always().when(strikes));
        assert!(world.download(&target).is_err());
        world.cos.fake.clear_faults();
        let kept = fs::read(world.record())?;
        fs::remove_file(world.record())?;
        let content = stream("new", 6 * MIB);
        world.upload(&world.file(&content)?)?;
        write_private(&world.record(), &kept)?;
        world.download(&target)?;
        assert!(fs::read(&target)? == content);
        assert!(!has_temporaries(&target)?, "of the first download nothing is left");
    }
    Ok(())
}

#[test]
fn what_is_damaged_is_no_file() -> Result<()> {
    for world in World::with_parts()? {
        world.upload(&world.file(&stream("damaged", 4 * MIB))?)?;
        // What is not authenticated has the checksum of COS at least, against accidents on the way.
        let fault = lie::flipped(1000).always().when(|operation| operation == "GetObject");
        world.cos.fake.inject(fault);
        let target = world.cos.file("target");
        assert!(world.download(&target).is_err());
        assert!(!target.exists());
        assert!(!world.record().exists(), "to go on with it would be no use");
    }
    Ok(())
}

#[test]
fn what_is_verified_at_the_end_appears_then() -> Result<()> {
    let provider = Arc::new(raw()?);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let signing = Encryptor::builder(Arc::clone(&provider)).suite(suite).build()?;
    let messages = World::new(CosFormat::Message, Arc::new(raw()?))?;
    // Held would be less than the object.
    let limits = Limits::default().with_max_held_plaintext(MIB);
    let decryptor = Decryptor::builder(Arc::clone(&provider)).limits(limits).build()?;
    let client = messages.cos.ours(provider)?.encryptor(signing).decryptor(decryptor);
    let signed = World { client: client.part_length(MIB as u64).build()?, ..messages };
    let key_of = CosRsaProvider::key_of(&fs::read(rsa_key("rsa2048.pkcs8.pem"))?, None)?;
    let rsa = CosRsaProvider::new(&key_of, CosRsaWrapping::JavaOaepSha256)?;
    let gcm = World::new(CosFormat::JavaGcm, Arc::new(rsa))?;
    for world in [signed, gcm] {
        let content = stream("end", 5 * MIB + 7);
        let path = world.file(&content)?;
        let refused = world.upload(&path);
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
        let object = EncryptObject::new(key()?);
        blocking::wait(world.client.upload_file(object, FileTransfer::new(&path)))?;
        let target = world.cos.file("target");
        assert_eq!(world.download(&target)?, content.len() as u64);
        assert!(fs::read(&target)? == content);

        let mut stored = world.stored()?;
        let last = stored.content.len() - 1;
        stored.content[last] ^= 1;
        let changed = StoredObject::new(stored.content);
        let headers = stored
            .headers
            .iter()
            .fold(changed, |object, (name, value)| object.with_header(name, value));
        world.cos.fake.put_object(world.cos.fake.bucket(), "key", headers);
        fs::remove_file(&target)?;
        assert!(world.download(&target).is_err());
        assert!(!target.exists());
    }
    Ok(())
}
