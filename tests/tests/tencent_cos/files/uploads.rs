//! Files that go there.

use super::*;

#[test]
fn files_of_every_length() -> Result<()> {
    for world in World::with_parts()? {
        for length in [0, 1, MIB - 1, MIB, MIB + 1, 4 * MIB, 5 * MIB + 7] {
            let content = bytes_of("file", length);
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
        let content = bytes_of("resumed", 9 * MIB + 7);
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
        let content = bytes_of("changed", 9 * MIB + 7);
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
        let path = world.file(&bytes_of("longer", 5 * MIB))?;
        world.interrupt(&path, 2);
        let content = bytes_of("longer", 5 * MIB + 1);
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
        let content = bytes_of("gone", 5 * MIB);
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
        let path = world.file(&bytes_of("public", 5 * MIB))?;
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
        let path = world.file(&bytes_of("record", 5 * MIB))?;
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
    let path = world.file(&bytes_of("others", 5 * MIB))?;
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
        let path = world.file(&bytes_of("stale", 14 * MIB))?;
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

#[test]
fn a_file_that_changes_meanwhile_is_no_object() -> Result<()> {
    for world in World::with_parts()? {
        let content = bytes_of("meanwhile", 4 * MIB);
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
        let path = world.file(&bytes_of("failing", 5 * MIB))?;
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
    let path = world.file(&bytes_of("dropped", 20 * MIB))?;
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
