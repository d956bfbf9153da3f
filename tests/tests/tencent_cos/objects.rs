//! Objects that our encrypting client for COS writes and reads, of every format.

use std::{fs, sync::Arc};

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext, Encryptor, Error, Result as CoreResult, SecretBytes,
    blocking, provider::KeyProvider,
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosAesProvider, CosAesWrapping, CosEncryptingClient, CosFormat, CosObjectError,
    CosRsaProvider, CosRsaWrapping, DecryptObject, DecryptedObject, EncryptObject, ObjectKey,
    ObjectMetadata,
};
use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{StoredObject, lie},
};
use crypto_envelope_tests::{
    tencent_cos::{bytes_of, object_error, rsa_key},
    vectors::Result,
};

use crate::{MIB, MOST, World, key, raw, read};

fn aes(wrapping: CosAesWrapping) -> CoreResult<CosAesProvider> {
    CosAesProvider::new(&SecretBytes::from(vec![7; 32]), wrapping)
}

fn rsa(wrapping: CosRsaWrapping) -> Result<CosRsaProvider> {
    let key = CosRsaProvider::key_of(&fs::read(rsa_key("rsa2048.pkcs8.pem"))?, None)?;
    Ok(CosRsaProvider::new(&key, wrapping)?)
}

/// Every format that is written, with keys for it. What Java does by itself needs a feature.
fn written_formats() -> Result<Vec<(CosFormat, Arc<dyn KeyProvider>)>> {
    let python = CosAesWrapping::DangerPythonFixedKeystream;
    Ok(vec![
        (CosFormat::Message, Arc::new(raw()?)),
        (CosFormat::UnauthenticatedPythonAes, Arc::new(aes(python)?)),
        (
            CosFormat::UnauthenticatedPythonAesMasterIv,
            Arc::new(aes(CosAesWrapping::PythonMasterIv)?),
        ),
        (CosFormat::UnauthenticatedPythonRsa, Arc::new(rsa(CosRsaWrapping::PythonOaepSha1)?)),
        (CosFormat::UnauthenticatedPythonRsa, Arc::new(rsa(CosRsaWrapping::DangerPythonPkcs1V15)?)),
        (CosFormat::UnauthenticatedJavaCtr, Arc::new(aes(CosAesWrapping::JavaKeyWrap)?)),
        (CosFormat::UnauthenticatedJavaCtr, Arc::new(rsa(CosRsaWrapping::JavaOaepSha256)?)),
        (CosFormat::JavaGcm, Arc::new(rsa(CosRsaWrapping::JavaOaepSha256)?)),
    ])
}

fn opened(client: &CosEncryptingClient, object: DecryptObject) -> CoreResult<DecryptedObject> {
    blocking::wait(client.get(object))
}

#[test]
fn every_format_comes_back() -> Result<()> {
    for (format, provider) in written_formats()? {
        let world = World::new(format, provider)?;
        for length in [0, 1, 15, 16, 17, 4096, 64 << 10, (64 << 10) + 1, 3 * MIB + 5] {
            let plaintext = bytes_of("object", length);
            world.put(&plaintext)?;
            assert!(world.read()? == plaintext, "{format} {length}");
            let stored = world.stored()?;
            let shows =
                length > 15 && stored.content.windows(16).any(|window| window == &plaintext[..16]);
            assert!(!shows, "{format} {length}");
        }
    }
    Ok(())
}

#[test]
fn a_stream_is_the_same_object_as_one_that_is_put_at_once() -> Result<()> {
    for (format, provider) in written_formats()? {
        let world = World::new(format, provider)?;
        for length in [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 5] {
            let plaintext = bytes_of("stream", length);
            let object = EncryptObject::new(key()?);
            let written = blocking::wait(world.client.put_stream(object, &plaintext[..]))?;
            assert_eq!(written.plaintext_length, length as u64, "{format}");
            let stored = world.stored()?;
            assert_eq!(written.stored_length, stored.content.len() as u64, "{format} {length}");
            assert!(world.read()? == plaintext, "{format} {length}");
            assert!(world.cos.fake.uploads(world.cos.fake.bucket()).is_empty());
        }
    }
    Ok(())
}

#[test]
fn any_range_of_any_format() -> Result<()> {
    let length = 300_000_u64;
    let plaintext = bytes_of("range", 300_000);
    for (format, provider) in written_formats()? {
        let world = World::new(format, provider)?;
        world.put(&plaintext)?;
        for (range, expected) in [
            (ByteRange::of(0..1)?, 0..1),
            (ByteRange::of(17..40)?, 17..40),
            (ByteRange::of(65_535..65_537)?, 65_535..65_537),
            (ByteRange::of(100_000..300_000)?, 100_000..300_000),
            (ByteRange::of(299_999..1_000_000)?, 299_999..300_000),
            (ByteRange::starting_at(299_990), 299_990..300_000),
            (ByteRange::starting_at(0), 0..300_000),
            (ByteRange::last(1)?, 299_999..300_000),
            (ByteRange::last(100_001)?, 199_999..300_000),
            (ByteRange::last(length * 2)?, 0..300_000),
        ] {
            let found = read(&world.client, DecryptObject::new(key()?).range(range));
            if format == CosFormat::JavaGcm {
                assert_eq!(object_error(found), CosObjectError::UnauthenticatedRange);
                continue;
            }
            assert!(found? == plaintext[expected], "{format} {range:?}");
        }
    }
    Ok(())
}

#[test]
fn ranges_without_authentication_are_asked_for_by_name() -> Result<()> {
    let provider: Arc<dyn KeyProvider> = Arc::new(rsa(CosRsaWrapping::JavaOaepSha256)?);
    let world = World::new(CosFormat::JavaGcm, Arc::clone(&provider))?;
    let plaintext = bytes_of("gcm", 1000);
    world.put(&plaintext)?;
    let reader = world
        .cos
        .ours(provider)?
        .accept(CosFormat::JavaGcm)
        .danger_accept_unauthenticated_ranges()
        .build()?;
    let ranges = [(ByteRange::of(0..1000)?, 0..1000), (ByteRange::last(7)?, 993..1000)];
    for (range, expected) in ranges {
        let found = read(&reader, DecryptObject::new(key()?).range(range))?;
        assert_eq!(found, plaintext[expected]);
    }
    Ok(())
}

#[test]
fn formats_are_read_if_they_are_accepted_by_name() -> Result<()> {
    for (format, provider) in written_formats()? {
        let world = World::new(format, Arc::clone(&provider))?;
        world.put(b"text")?;
        let strict = world.cos.ours(provider)?.build()?;
        if format == CosFormat::Message {
            assert_eq!(read(&strict, DecryptObject::new(key()?))?, b"text");
            continue;
        }
        for object in
            [DecryptObject::new(key()?), DecryptObject::new(key()?).range(ByteRange::of(0..2)?)]
        {
            let refused = object_error(read(&strict, object));
            let is_named = matches!(
                refused,
                CosObjectError::NotAccepted { format: found, .. } if found == format
            );
            assert!(is_named, "{refused:?}");
        }
    }
    Ok(())
}

#[test]
fn what_is_not_encrypted_is_not_given() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    for content in [&b""[..], b"\x02", b"text", &[2, 5, 0x77, 1], &vec![0; 100_000]] {
        world.store(StoredObject::new(content));
        let object = DecryptObject::new(key()?);
        assert_eq!(object_error(world.read()), CosObjectError::NotEncrypted);
        let ranged = object.clone().range(ByteRange::of(0..2)?);
        assert_eq!(object_error(read(&world.client, ranged.clone())), CosObjectError::NotEncrypted);
        let lax = world.cos.ours(raw()?)?.danger_accept_unencrypted().build()?;
        assert_eq!(read(&lax, object)?, content);
        if content.len() >= 2 {
            assert_eq!(read(&lax, ranged)?, content[..2]);
        }
    }
    Ok(())
}

#[test]
fn a_message_that_was_changed_or_cut_does_not_open() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    world.put(&bytes_of("changed", 200_000))?;
    let stored = world.stored()?;
    let length = stored.content.len();
    for place in [3, 50, 1000, length / 2, length - 1] {
        let mut content = stored.content.clone();
        content[place] ^= 1;
        world.store(StoredObject::new(content));
        assert!(world.read().is_err(), "{place}");
    }
    for end in [1, 2, 3, 100, 70_000, length - 1] {
        world.store(StoredObject::new(stored.content[..end].to_vec()));
        assert!(world.read().is_err(), "{end}");
        let last = DecryptObject::new(key()?).range(ByteRange::last(1)?);
        assert!(read(&world.client, last).is_err(), "{end}");
    }
    Ok(())
}

#[test]
fn an_authenticated_body_comes_out_when_it_is_verified() -> Result<()> {
    let provider: Arc<dyn KeyProvider> = Arc::new(rsa(CosRsaWrapping::JavaOaepSha256)?);
    let world = World::new(CosFormat::JavaGcm, Arc::clone(&provider))?;
    world.put(&bytes_of("gcm", 200_000))?;
    let mut stored = world.stored()?;
    let mut content = stored.content.clone();
    content[100] ^= 1;
    stored.content = content;
    world.store(stored);
    let mut object = opened(&world.client, DecryptObject::new(key()?))?;
    let first = blocking::wait(object.chunk());
    assert!(matches!(first, Err(Error::Authentication { .. })), "{first:?}");
    assert_eq!(blocking::wait(object.chunk())?, None);

    let small = world.cos.ours(provider)?.accept(CosFormat::JavaGcm).max_held_plaintext(100_000);
    let held = object_error(read(&small.build()?, DecryptObject::new(key()?)));
    assert!(matches!(held, CosObjectError::Held { limit: 100_000, .. }), "{held:?}");
    Ok(())
}

#[test]
fn contexts_are_expected_and_messages_are_known_again() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    let context = EncryptionContext::from([("tenant", "blue")]);
    let object = EncryptObject::new(key()?).context(context.clone());
    let written = blocking::wait(world.client.put(object.clone(), b"text"))?;
    let id = written.message_id.ok_or("it is a message")?;
    let reading = DecryptObject::new(key()?).expect(context.clone()).expect_message(id);
    assert_eq!(read(&world.client, reading.clone())?, b"text");
    let red = EncryptionContext::from([("tenant", "red")]);
    let refused = read(&world.client, DecryptObject::new(key()?).expect(red));
    assert!(matches!(refused, Err(Error::Policy(_))), "{refused:?}");

    // The same key holds another message now.
    blocking::wait(world.client.put(object, b"text"))?;
    for reading in [reading.clone(), reading.range(ByteRange::of(0..2)?)] {
        assert_eq!(object_error(read(&world.client, reading)), CosObjectError::AnotherMessage);
    }
    Ok(())
}

#[test]
fn where_nothing_is_bound_nothing_is_expected() -> Result<()> {
    let format = CosFormat::UnauthenticatedJavaCtr;
    let world = World::new(format, Arc::new(aes(CosAesWrapping::JavaKeyWrap)?))?;
    let context = EncryptionContext::from([("tenant", "blue")]);
    let object = EncryptObject::new(key()?).context(context.clone());
    let refused = blocking::wait(world.client.put(object, b"text"));
    assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
    world.put(b"text")?;
    let expecting = DecryptObject::new(key()?).expect(context);
    for expecting in [expecting.clone(), expecting.range(ByteRange::of(0..2)?)] {
        let refused = read(&world.client, expecting);
        assert!(matches!(refused, Err(Error::Policy(_))), "{refused:?}");
    }
    Ok(())
}

#[test]
fn metadata_of_the_user_are_kept() -> Result<()> {
    for (format, provider) in written_formats()? {
        let world = World::new(format, provider)?;
        let metadata = ObjectMetadata::new().with_user("owner", "me").with_content_type("text/x");
        let object = EncryptObject::new(key()?).metadata(metadata);
        blocking::wait(world.client.put(object.clone(), b"text"))?;
        blocking::wait(world.client.put_stream(object, &bytes_of("m", 2 * MIB)[..]))?;
        let found = opened(&world.client, DecryptObject::new(key()?))?;
        let metadata = &found.properties().metadata;
        assert_eq!(metadata.user.len(), 1, "{format}: {metadata:?}");
        assert_eq!(metadata.user.get("owner").map(String::as_str), Some("me"));
        assert_eq!(metadata.content_type.as_deref(), Some("text/x"));
        let mine = ObjectMetadata::new().with_user("client-side-encryption-key", "mine");
        let refused =
            blocking::wait(world.client.put(EncryptObject::new(key()?).metadata(mine), b"x"));
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
    }
    Ok(())
}

#[test]
fn nothing_is_overwritten_that_is_to_be_kept() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    world.put(b"first")?;
    let object = EncryptObject::new(key()?).forbid_overwrite();
    assert!(blocking::wait(world.client.put(object.clone(), b"second")).is_err());
    let long = bytes_of("second", 3 * MIB);
    assert!(blocking::wait(world.client.put_stream(object, &long[..])).is_err());
    assert_eq!(world.read()?, b"first");
    assert!(world.cos.fake.uploads(world.cos.fake.bucket()).is_empty());
    Ok(())
}

#[test]
fn parts_in_any_order_are_the_object() -> Result<()> {
    for (format, provider) in written_formats()? {
        let world = World::new(format, provider)?;
        let plaintext = bytes_of("parts", 3 * MIB + 5);
        let begin = world.client.begin_upload(EncryptObject::new(key()?), plaintext.len() as u64);
        let Ok(upload) = blocking::wait(begin) else {
            assert_eq!(format, CosFormat::JavaGcm);
            continue;
        };
        let cuts = [0, MIB, 2 * MIB + (64 << 10), plaintext.len()];
        for number in [3, 1, 2] {
            let (start, end) = (cuts[number - 1], cuts[number]);
            let part = upload.part(u32::try_from(number)?, start as u64, &plaintext[start..end]);
            blocking::wait(part)?;
        }
        // Once more, and something else.
        blocking::wait(upload.part(2, MIB as u64, &plaintext[cuts[1]..cuts[2]]))?;
        let mut other = plaintext[cuts[1]..cuts[2]].to_vec();
        other[0] ^= 1;
        for (number, offset, bytes) in [(2, MIB, &other[..]), (7, MIB, &other)] {
            let refused = blocking::wait(upload.part(number, offset as u64, bytes));
            assert_eq!(object_error(refused), CosObjectError::UsedTwice, "{format}");
        }
        blocking::wait(upload.complete())?;
        assert!(world.read()? == plaintext, "{format}");
    }
    Ok(())
}

#[test]
fn an_object_ends_once() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    let plaintext = bytes_of("end", 2 * MIB);
    let begin = |length: usize| {
        blocking::wait(world.client.begin_upload(EncryptObject::new(key()?), length as u64))
    };
    let upload = begin(2 * MIB)?;
    blocking::wait(upload.part(1, 0, &plaintext[..MIB]))?;
    blocking::wait(upload.part(2, MIB as u64, &plaintext[MIB..]))?;
    let refused = blocking::wait(upload.part(3, 2 * MIB as u64, &[]));
    assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
    blocking::wait(upload.complete())?;
    assert!(world.read()? == plaintext);

    let upload = begin(0)?;
    blocking::wait(upload.part(1, 0, &[]))?;
    assert!(blocking::wait(upload.part(2, 0, &[])).is_err());
    blocking::wait(upload.complete())?;
    assert_eq!(world.read()?, b"");
    Ok(())
}

#[test]
fn an_upload_with_holes_is_not_completed() -> Result<()> {
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    let plaintext = bytes_of("holes", 2 * MIB);
    let upload =
        blocking::wait(world.client.begin_upload(EncryptObject::new(key()?), 2 * MIB as u64))?;
    blocking::wait(upload.part(2, MIB as u64, &plaintext[MIB..]))?;
    let refused = blocking::wait(upload.complete());
    assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{refused:?}");
    assert!(world.cos.fake.uploads(world.cos.fake.bucket()).is_empty());
    assert!(world.cos.object("key").is_err());
    Ok(())
}

#[test]
fn messages_that_sign_are_written_in_order() -> Result<()> {
    let provider = Arc::new(raw()?);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let encryptor = Encryptor::builder(Arc::clone(&provider)).suite(suite).build()?;
    let world = World::new(CosFormat::Message, Arc::new(raw()?))?;
    let builder = world.cos.ours(provider)?.encryptor(encryptor);
    let client = builder.part_length(MIB as u64).build()?;
    let plaintext = bytes_of("signed", 3 * MIB);
    blocking::wait(client.put_stream(EncryptObject::new(key()?), &plaintext[..]))?;
    assert!(read(&client, DecryptObject::new(key()?))? == plaintext);
    let parts = blocking::wait(client.begin_upload(EncryptObject::new(key()?), 5));
    assert!(matches!(parts, Err(Error::InvalidInput { .. })), "{parts:?}");
    Ok(())
}

#[test]
fn many_at_once_do_not_disturb_each_other() -> Result<()> {
    for (format, provider) in written_formats()?.into_iter().take(2) {
        let world = World::new(format, provider)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build()?;
        runtime.block_on(async {
            let tasks = (0..64_usize).map(|number| {
                let client = world.client.clone();
                tokio::spawn(async move {
                    let plaintext = bytes_of(&number.to_string(), 1000 * number + 7);
                    let key = ObjectKey::new(format!("object-{number}"))?;
                    client.put(EncryptObject::new(key.clone()), &plaintext).await?;
                    let found = client.get(DecryptObject::new(key)).await?.whole(MOST).await?;
                    Ok::<_, Error>(found == plaintext)
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                assert!(task.await??);
            }
            Ok::<_, Box<dyn std::error::Error>>(())
        })?;
    }
    Ok(())
}

#[test]
fn what_goes_wrong_on_the_way_is_tried_again_or_said() -> Result<()> {
    let plaintext = bytes_of("faults", 3 * MIB + 5);
    for (format, provider) in written_formats()?.into_iter().take(2) {
        let world = World::new(format, provider)?;
        let put = || -> Result<()> {
            let object = EncryptObject::new(key()?);
            blocking::wait(world.client.put_stream(object, &plaintext[..]))?;
            Ok(())
        };
        for fault in [
            Fault::status(503, "busy").times(2),
            Fault::close().times(1).when(|operation| operation == "UploadPart"),
            Fault::status(500, "no").times(1).when(|operation| operation.starts_with("Complete")),
            // It was done, and said to have failed; and the same without an answer.
            lie::error_in_success("InternalError", "no")
                .when(|operation| operation.starts_with("Complete")),
            Fault::lose_answer().when(|operation| operation.starts_with("Complete")),
            Fault::interrupt(100_000).when(|operation| operation == "UploadPart"),
        ] {
            world.cos.fake.inject(fault);
            put()?;
            assert!(world.read()? == plaintext, "{format}");
            world.cos.fake.clear_faults();
        }
        for fault in [
            lie::crc64("1").when(|operation| operation == "UploadPart"),
            Fault::status(503, "busy").always().when(|operation| operation == "UploadPart"),
        ] {
            world.cos.fake.inject(fault.clone());
            assert!(put().is_err(), "{format} {fault:?}");
            world.cos.fake.clear_faults();
            assert!(world.cos.fake.uploads(world.cos.fake.bucket()).is_empty());
            // What was there is still there.
            assert!(world.read()? == plaintext, "{format}");
        }
        for fault in [Fault::cut(0), lie::flipped(50_000)] {
            let fault = fault.always().when(|operation| operation == "GetObject");
            world.cos.fake.inject(fault.clone());
            assert!(world.read().is_err(), "{format} {fault:?}");
            world.cos.fake.clear_faults();
        }
    }
    Ok(())
}
