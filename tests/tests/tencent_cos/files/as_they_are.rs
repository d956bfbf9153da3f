//! Bodies that are stored as they are go the same way. Parts have 8 MiB.

use std::os::unix::fs::PermissionsExt;

use crypto_envelope::Error;
use crypto_envelope_tencent_cos::{
    CosClient, CosError, CosErrorKind, DeleteObject, GetObject, ObjectMetadata, ReadObject,
    SseCustomerKey, StoreObject,
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
        let client = cos.client()?;
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
        let content = bytes_of("plain", length);
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
    let content = bytes_of("plain", 5 * PART + 7);
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
    fs::write(&path, bytes_of("plain", 4 * PART))?;
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
        let content = bytes_of("open", length);
        fs::write(&path, &content)?;
        let mut file = fs::File::open(&path)?;
        std::io::Read::read_exact(&mut file, &mut [0; 10])?;
        fs::remove_file(&path)?;
        let transfer = FileTransfer::new(&path).opened(file);
        blocking::wait(world.client.upload_file(object()?, transfer))?;
        assert!(world.stored()?.content == content, "{length}");
    }
    Ok(())
}

#[test]
fn nothing_is_left_of_what_fails() -> Result<()> {
    let world = Plain::new()?;
    let content = bytes_of("plain", 3 * PART);
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
        fs::write(&path, bytes_of("plain", length))?;
        world.up(&path)?;
        let before = world.stored()?.content;
        let new = || Ok::<_, Error>(object()?.forbid_overwrite());
        let kept = |error: &Error| CosError::kind_in(error) == Some(CosErrorKind::AlreadyExists);
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
    let customer_key = SseCustomerKey::from_bytes(vec![3; 32])?;
    let path = world.cos.file("source");
    let content = bytes_of("plain", 2 * PART);
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

/// What was stored may be there although no answer came.
#[test]
fn a_lost_answer_is_no_failure() -> Result<()> {
    let world = Plain::new()?;
    let path = world.cos.file("source");
    for (length, operation) in [(100, "PutObject"), (2 * PART, "CompleteMultipartUpload")] {
        let content = bytes_of("lost", length);
        fs::write(&path, &content)?;
        blocking::wait(world.client.call(DeleteObject::new(key()?)))?;
        world.cos.fake.inject(Fault::lose_answer().when(move |called| called == operation));
        let object = object()?.forbid_overwrite();
        blocking::wait(world.client.upload_file(object, FileTransfer::new(&path)))?;
        assert!(world.stored()?.content == content, "{operation}");
        assert!(!world.has_left_something()?);
    }
    Ok(())
}

/// Bytes that are stored as they are may have been there before.
#[test]
fn an_object_of_the_same_bytes_is_not_taken_for_that_of_this_upload() -> Result<()> {
    let world = Plain::new()?;
    let path = world.cos.file("source");
    fs::write(&path, bytes_of("twice", 2 * PART))?;
    world.up(&path)?;
    world
        .cos
        .fake
        .inject(Fault::status(503, "").always().when(|called| called == "CompleteMultipartUpload"));
    let upload = world.client.upload_file(object()?, FileTransfer::new(&path));
    assert!(blocking::wait(upload).is_err());
    assert!(!world.has_left_something()?);
    Ok(())
}

#[test]
fn a_record_that_cannot_be_made_leaves_nothing() -> Result<()> {
    let world = Plain::new()?;
    let path = world.cos.file("source");
    fs::write(&path, bytes_of("recorded", 2 * PART))?;
    blocking::wait(world.client.upload_file(object()?, FileTransfer::new(&path)))?;
    let record = world.cos.file("nowhere").join("record");
    let transfer = FileTransfer::new(&path).resumable(&record);
    let refused = blocking::wait(world.client.upload_file(object()?, transfer));
    assert!(matches!(object_error(refused), CosObjectError::Record { .. }));
    let transfer = FileTransfer::new(world.cos.file("target")).resumable(&record);
    let refused = blocking::wait(world.client.download_file(GetObject::new(key()?), transfer));
    assert!(matches!(object_error(refused), CosObjectError::Record { .. }));
    assert!(!world.has_left_something()?);
    Ok(())
}

/// Whoever has a copy of it has the same place in it.
#[test]
fn an_open_file_is_read_by_several_at_once() -> Result<()> {
    let world = Plain::new()?;
    let path = world.cos.file("source");
    let content = bytes_of("open", 4 * MIB);
    fs::write(&path, &content)?;
    let transfer = FileTransfer::new(&path).opened(fs::File::open(&path)?);
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..8)
            .map(|number| {
                let transfer = transfer.clone();
                let client = &world.client;
                scope.spawn(move || {
                    let key = ObjectKey::new(format!("copy-{number}"))?;
                    blocking::wait(client.upload_file(StoreObject::new(key), transfer))
                })
            })
            .collect();
        uploads
            .into_iter()
            .try_for_each(|upload| upload.join().expect("it does not panic").map(drop))
    })?;
    for number in 0..8 {
        assert!(world.cos.object(&format!("copy-{number}"))?.content == content, "{number}");
    }
    Ok(())
}
