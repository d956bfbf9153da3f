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
        fail_after(&self.cos, "UploadPart", parts);
        assert!(self.upload(path).is_err());
        self.cos.fake.clear_faults();
        assert!(self.record().exists());
        self.parts_sent()
    }

    /// Ends a download after some calls.
    fn interrupt_download(&self, target: &Path, gets: u32) {
        fail_after(&self.cos, "GetObject", gets);
        assert!(self.download(target).is_err());
        self.cos.fake.clear_faults();
        assert!(self.record().exists());
    }

    /// The calls that sent a part which COS took, by its number, since the last time.
    fn parts_sent(&self) -> BTreeMap<u64, Vec<Call>> {
        parts_sent(&self.cos)
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

    fn store(&self, content: Vec<u8>, headers: &[(String, String)]) {
        let object = StoredObject::new(content);
        let object =
            headers.iter().fold(object, |object, (name, value)| object.with_header(name, value));
        self.cos.fake.put_object(self.cos.fake.bucket(), "key", object);
    }

    fn uploads(&self) -> usize {
        self.cos.fake.uploads(self.cos.fake.bucket()).len()
    }
}

/// From then on calls of an operation fail, when so many have passed.
fn fail_after(cos: &TencentCos, operation: &'static str, calls: u32) {
    let left = AtomicU64::new(calls.into());
    let strikes = move |called: &str| {
        called == operation
            && left.try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    };
    cos.fake.inject(Fault::status(403, "").always().when(strikes));
}

/// The calls that sent a part which COS took, by its number, since the last time.
fn parts_sent(cos: &TencentCos) -> BTreeMap<u64, Vec<Call>> {
    let mut parts = BTreeMap::<_, Vec<_>>::new();
    for call in cos.fake.take_calls() {
        if call.operation == "UploadPart" && call.status == Some(200) {
            let number = call.parameter("partNumber").and_then(|number| number.parse().ok());
            parts.entry(number.unwrap_or(0)).or_default().push(call);
        }
    }
    parts
}

/// How many bytes of objects were fetched since the last time.
fn fetched(cos: &TencentCos) -> u64 {
    let gets = cos.fake.take_calls().into_iter().filter(|call| call.operation == "GetObject");
    gets.map(|call| call.response_length as u64).sum()
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
    world.interrupt_download(&target, 5);
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
        world.interrupt_download(&target, 6);
        assert_eq!(fs::read(&target)?, b"what was there");
        let first = fetched(&world.cos);
        assert_eq!(world.download(&target)?, content.len() as u64);
        let second = fetched(&world.cos);
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
        world.interrupt_download(&target, 5);
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
        world.store(stored.content, &stored.headers);
        fs::remove_file(&target)?;
        assert!(world.download(&target).is_err());
        assert!(!target.exists());
    }
    Ok(())
}

/// A message whose end shows whether it is genuine is read from its front, whatever there was of another object.
#[test]
fn nothing_is_left_of_a_download_whose_object_is_signed_now() -> Result<()> {
    let world = World::with_parts()?.remove(0);
    world.upload(&world.file(&stream("old", 6 * MIB))?)?;
    let target = world.cos.file("target");
    world.interrupt_download(&target, 5);
    assert!(has_temporaries(&target)?);
    let provider = Arc::new(raw()?);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let signing = Encryptor::builder(Arc::clone(&provider)).suite(suite).build()?;
    let signer = world.cos.ours(provider)?.encryptor(signing).build()?;
    let content = stream("signed", MIB);
    blocking::wait(signer.put(EncryptObject::new(key()?), &content))?;
    world.download(&target)?;
    assert!(fs::read(&target)? == content);
    assert!(!world.record().exists());
    assert!(!has_temporaries(&target)?);
    Ok(())
}

/// The same bytes with another data key beside them are another plaintext.
#[test]
fn parts_that_were_decrypted_with_another_key_are_fetched_again() -> Result<()> {
    let world = World::with_parts()?.remove(1);
    let object = || Ok::<_, Error>(EncryptObject::new(key()?));
    blocking::wait(world.client.put(object()?, b"another data key"))?;
    let another = world.stored()?;
    blocking::wait(world.client.put(object()?, stream("key", 6 * MIB)))?;
    let target = world.cos.file("target");
    world.interrupt_download(&target, 5);
    world.store(world.stored()?.content, &another.headers);
    assert!(fetched(&world.cos) >= MIB as u64, "some parts came");
    world.download(&target)?;
    assert!(fetched(&world.cos) >= 6 * MIB as u64, "all of them came again");
    assert!(fs::read(&target)? == world.read()?);
    Ok(())
}

#[test]
fn a_download_replaces_nothing_if_it_must_not() -> Result<()> {
    for world in World::with_parts()? {
        let content = stream("kept", 4 * MIB);
        world.upload(&world.file(&content)?)?;
        let target = world.cos.file("target");
        fs::write(&target, "precious")?;
        let download = |world: &World, transfer: FileTransfer| {
            let object = DecryptObject::new(key()?);
            blocking::wait(world.client.download_file(object, transfer.forbid_overwrite()))
        };
        let refused = download(&world, FileTransfer::new(&target)).expect_err("it is there");
        assert!(is_there(&refused), "{refused}");
        assert!(!has_temporaries(&target)?);
        let refused = download(&world, FileTransfer::new(&target).resumable(world.record()));
        assert!(refused.is_err_and(|error| is_there(&error)));
        assert_eq!(fs::read(&target)?, b"precious");
        fs::remove_file(&target)?;
        let _ = world.cos.fake.take_calls();
        download(&world, FileTransfer::new(&target).resumable(world.record()))?;
        assert!(fetched(&world.cos) < MIB as u64, "what came before is there");
        assert!(fs::read(&target)? == content);
        world.cos.fake.clear_faults();
    }
    Ok(())
}

fn is_there(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists)
}

mod as_they_are {
    //! Bodies that are stored as they are go the same way. Parts have 8 MiB.

    use std::{os::unix::fs::PermissionsExt, sync::Arc};

    use crypto_envelope::Error;
    use crypto_envelope_tencent_cos::{
        CosClient, CosError, CosErrorKind, CustomerKey, GetObject, ObjectMetadata, ReadObject,
        StoreObject,
    };

    use super::*;

    const PART: usize = 8 * MIB;

    struct Plain {
        cos: TencentCos,
        client: CosClient,
    }

    impl Plain {
        fn new() -> Result<Self> {
            let cos = TencentCos::of(
                FakeTencentCos::builder().strict_signatures().insecure_customer_keys().start()?,
            )?;
            let client = cos.ours(Arc::new(raw()?))?.build()?.plain().clone();
            Ok(Self { cos, client })
        }

        fn up(&self, path: &Path) -> CoreResult<WrittenObject> {
            let transfer = FileTransfer::new(path).resumable(self.cos.file("record"));
            blocking::wait(self.client.upload_file(object()?, transfer))
        }

        fn down(&self, path: &Path) -> CoreResult<ReadObject> {
            let transfer = FileTransfer::new(path).resumable(self.cos.file("record"));
            blocking::wait(self.client.download_file(GetObject::new(key()?), transfer))
        }

        fn stored(&self) -> Result<StoredObject> {
            self.cos.object("key")
        }

        fn has_left_something(&self) -> Result<bool> {
            let uploads = self.cos.fake.uploads(self.cos.fake.bucket());
            let record = self.cos.file("record");
            Ok(!uploads.is_empty() || record.exists() || has_temporaries(&record)?)
        }
    }

    fn object() -> CoreResult<StoreObject> {
        let metadata = ObjectMetadata::new().with_user("name", "value");
        Ok(StoreObject::new(key()?).metadata(metadata))
    }

    #[test]
    fn files_and_streams_of_every_length() -> Result<()> {
        let world = Plain::new()?;
        for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 7] {
            let content = stream("plain", length);
            let path = world.cos.file("source");
            fs::write(&path, &content)?;
            let written = world.up(&path)?;
            assert_eq!(
                (written.plaintext_length, written.stored_length),
                (length as u64, length as u64)
            );
            let stored = world.stored()?;
            assert!(stored.content == content, "{length}");
            assert_eq!(stored.header("x-cos-meta-name"), Some("value"));
            blocking::wait(world.client.put_stream(object()?, &content[..]))?;
            assert!(world.stored()?.content == content, "{length}");
            let target = world.cos.file("target");
            let read = world.down(&target)?;
            assert_eq!((read.plaintext_length, read.format), (length as u64, None));
            assert!(fs::read(&target)? == content, "{length}");
            assert!(!world.has_left_something()?);
        }
        Ok(())
    }

    #[test]
    fn transfers_go_on_where_they_were() -> Result<()> {
        let world = Plain::new()?;
        let content = stream("plain", 5 * PART + 7);
        let path = world.cos.file("source");
        fs::write(&path, &content)?;
        fail_after(&world.cos, "UploadPart", 4);
        assert!(world.up(&path).is_err());
        world.cos.fake.clear_faults();
        let first = parts_sent(&world.cos);
        world.up(&path)?;
        let second = parts_sent(&world.cos);
        assert!(!first.is_empty() && second.keys().all(|number| !first.contains_key(number)));
        assert_eq!(first.len() + second.len(), 6);
        assert!(world.stored()?.content == content);

        let target = world.cos.file("target");
        fail_after(&world.cos, "GetObject", 4);
        assert!(world.down(&target).is_err());
        world.cos.fake.clear_faults();
        let first = fetched(&world.cos);
        world.down(&target)?;
        let second = fetched(&world.cos);
        assert!(first >= PART as u64 && first + second < (content.len() + PART) as u64);
        assert!(fs::read(&target)? == content);
        assert!(!world.has_left_something()?);
        Ok(())
    }

    #[test]
    fn a_file_that_was_changed_in_secret_begins_anew() -> Result<()> {
        let world = Plain::new()?;
        let path = world.cos.file("source");
        fs::write(&path, stream("plain", 4 * PART))?;
        fail_after(&world.cos, "UploadPart", 3);
        assert!(world.up(&path).is_err());
        world.cos.fake.clear_faults();
        let sent = *parts_sent(&world.cos).keys().next().ok_or("no part was sent")?;
        change_in_secret(&path, usize::try_from(sent - 1)? * PART)?;
        world.up(&path)?;
        assert!(world.stored()?.content == fs::read(&path)?);
        assert!(!world.has_left_something()?);
        Ok(())
    }

    #[test]
    fn an_open_file_is_read_from_its_front_whatever_has_its_name() -> Result<()> {
        let world = Plain::new()?;
        for length in [100, PART + 7] {
            let path = world.cos.file("source");
            let content = stream("open", length);
            fs::write(&path, &content)?;
            let mut file = fs::File::open(&path)?;
            std::io::Read::read_exact(&mut file, &mut [0; 10])?;
            fs::remove_file(&path)?;
            let transfer = FileTransfer::new(&path).from_file(file);
            blocking::wait(world.client.upload_file(object()?, transfer))?;
            assert!(world.stored()?.content == content, "{length}");
        }
        Ok(())
    }

    #[test]
    fn nothing_is_left_of_what_fails() -> Result<()> {
        let world = Plain::new()?;
        let content = stream("plain", 3 * PART);
        fail_after(&world.cos, "UploadPart", 1);
        assert!(blocking::wait(world.client.put_stream(object()?, &content[..])).is_err());
        world.cos.fake.clear_faults();
        assert!(world.stored().is_err() && !world.has_left_something()?);

        blocking::wait(world.client.put_stream(object()?, &content[..]))?;
        world.cos.fake.inject(lie::flipped(1000).always().when(|called| called == "GetObject"));
        let target = world.cos.file("target");
        let refused = world.down(&target).expect_err("it is damaged");
        let is_damaged = CosError::kind_in(&refused) == Some(CosErrorKind::Damaged)
            || matches!(CosObjectError::find_in(&refused), Some(CosObjectError::Differs { .. }));
        assert!(is_damaged, "{refused}");
        assert!(!target.exists() && !world.has_left_something()?);
        Ok(())
    }

    #[test]
    fn what_is_there_stays_if_it_must() -> Result<()> {
        let world = Plain::new()?;
        let path = world.cos.file("source");
        for length in [100, 2 * PART] {
            fs::write(&path, stream("plain", length))?;
            world.up(&path)?;
            let before = world.stored()?.content;
            let new = || Ok::<_, Error>(object()?.forbid_overwrite());
            let kept =
                |error: &Error| CosError::kind_in(error) == Some(CosErrorKind::AlreadyExists);
            let refused = world.client.upload_file(new()?, FileTransfer::new(&path));
            assert!(blocking::wait(refused).is_err_and(|error| kept(&error)));
            let refused = world.client.put_stream(new()?, &b"other"[..]);
            assert!(blocking::wait(refused).is_err_and(|error| kept(&error)));
            assert!(world.stored()?.content == before && !world.has_left_something()?);
        }
        Ok(())
    }

    #[test]
    fn the_permissions_are_those_that_were_asked_for() -> Result<()> {
        let world = Plain::new()?;
        blocking::wait(world.client.put_stream(object()?, &b"content"[..]))?;
        let mode = |path: &Path| Ok::<_, Error>(fs::metadata(path)?.permissions().mode() & 0o777);
        let usual = world.cos.file("usual");
        fs::write(&usual, "")?;
        let target = world.cos.file("target");
        for (transfer, expected) in [
            (FileTransfer::new(&target), 0o600),
            (FileTransfer::new(&target).default_permissions(), mode(&usual)?),
        ] {
            blocking::wait(world.client.download_file(GetObject::new(key()?), transfer))?;
            assert_eq!(mode(&target)?, expected);
        }
        assert!(!has_temporaries(&target)?);
        Ok(())
    }

    #[test]
    fn ranges_are_no_files_and_customer_keys_go_along() -> Result<()> {
        let world = Plain::new()?;
        let customer_key = CustomerKey::new(vec![3; 32])?;
        let path = world.cos.file("source");
        let content = stream("plain", 2 * PART);
        fs::write(&path, &content)?;
        let object = object()?.customer_key(customer_key.clone());
        blocking::wait(world.client.upload_file(object, FileTransfer::new(&path)))?;
        let target = world.cos.file("target");
        let get = || Ok::<_, Error>(GetObject::new(key()?));
        assert!(world.down(&target).is_err());
        let with_key = get()?.customer_key(customer_key);
        blocking::wait(world.client.download_file(with_key, FileTransfer::new(&target)))?;
        assert!(fs::read(&target)? == content);
        let range = get()?.range(crypto_envelope_tencent_cos::ByteRange::of(0..1)?);
        let refused = world.client.download_file(range, FileTransfer::new(&target));
        assert!(matches!(blocking::wait(refused), Err(Error::InvalidInput { .. })));
        Ok(())
    }
}
