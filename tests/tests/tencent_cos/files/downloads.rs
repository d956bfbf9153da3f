//! Files that come back.

use super::*;

/// What the record says of the file to go on with is no reason to write, or remove, any other.
#[test]
fn a_record_of_a_download_leads_nowhere_else() -> Result<()> {
    let world = World::with_parts()?.remove(0);
    let content = bytes_of("elsewhere", 6 * MIB);
    world.upload(&world.file(&content)?)?;
    let target = world.cos.file("target");
    let precious = world.cos.file("precious");
    fs::write(&precious, "precious")?;
    world.interrupt_download(&target, 5);
    let record = fs::read_to_string(world.record())?;
    let start: serde_json::Value = serde_json::from_str(record.lines().next().ok_or("a line")?)?;
    let place = start["start"]["place"]["path"].as_str().ok_or("a place")?;
    let changed = record.replace(place, precious.to_str().ok_or("a path")?);
    assert_ne!(changed, record);
    write_private(&world.record(), changed.as_bytes())?;
    world.download(&target)?;
    assert!(fs::read(&target)? == content);
    assert_eq!(fs::read(&precious)?, b"precious");
    Ok(())
}

#[test]
fn a_download_goes_on_where_it_was() -> Result<()> {
    for world in World::with_parts()? {
        let content = bytes_of("download", 9 * MIB + 7);
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
        world.upload(&world.file(&bytes_of("old", 6 * MIB))?)?;
        let target = world.cos.file("target");
        world.interrupt_download(&target, 5);
        let kept = fs::read(world.record())?;
        fs::remove_file(world.record())?;
        let content = bytes_of("new", 6 * MIB);
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
        world.upload(&world.file(&bytes_of("damaged", 4 * MIB))?)?;
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
        let content = bytes_of("end", 5 * MIB + 7);
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
        world.store(object_of(stored.content, &stored.headers));
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
    world.upload(&world.file(&bytes_of("old", 6 * MIB))?)?;
    let target = world.cos.file("target");
    world.interrupt_download(&target, 5);
    assert!(has_temporaries(&target)?);
    let provider = Arc::new(raw()?);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let signing = Encryptor::builder(Arc::clone(&provider)).suite(suite).build()?;
    let signer = world.cos.ours(provider)?.encryptor(signing).build()?;
    let content = bytes_of("signed", MIB);
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
    blocking::wait(world.client.put(object()?, bytes_of("key", 6 * MIB)))?;
    let target = world.cos.file("target");
    world.interrupt_download(&target, 5);
    world.store(object_of(world.stored()?.content, &another.headers));
    assert!(fetched(&world.cos) >= MIB as u64, "some parts came");
    world.download(&target)?;
    assert!(fetched(&world.cos) >= 6 * MIB as u64, "all of them came again");
    assert!(fs::read(&target)? == world.read()?);
    Ok(())
}

#[test]
fn a_download_replaces_nothing_if_it_must_not() -> Result<()> {
    for world in World::with_parts()? {
        let content = bytes_of("kept", 4 * MIB);
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
    }
    Ok(())
}

fn is_there(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists)
}
