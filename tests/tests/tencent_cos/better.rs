//! What the official SDK for Python gets wrong with encrypted objects, done right: one test for each way in
//! which it loses data, or says something else than what happened. `defects_tencent_cos` of the
//! `peers` shows that it does.

use std::{fs, io::SeekFrom, os::unix::fs::PermissionsExt};

use crypto_envelope::{
    Error, Result as CoreResult, SecretBytes, blocking,
    provider::{KeyProvider, RawAesProvider},
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosAesProvider, CosAesWrapping, CosError, CosErrorKind, CosFormat, CosObjectError,
    CosRsaProvider, CosRsaWrapping, DecryptObject, EncryptObject, FileTransfer, ObjectKey,
    ObjectMetadata, wire::Sealed,
};
use crypto_envelope_testkit::fake::{http::Fault, tencent_cos::StoredObject};
use crypto_envelope_tests::{
    tencent_cos::{AES_KEY, TencentCos, rsa_key, stream},
    vectors::Result,
};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use crate::{MIB, MOST, World, raw, read};

const PYTHON: CosFormat = CosFormat::UnauthenticatedPythonAes;

/// With a COS that takes keys of customers in clear.
fn world(format: CosFormat, provider: impl KeyProvider) -> Result<World> {
    World::with(TencentCos::start()?, format, provider)
}

/// In the format of the SDK, with the wrapping of the SDK.
fn python() -> Result<World> {
    world(PYTHON, python_keys()?)
}

/// As it is by default.
fn messages() -> Result<World> {
    world(CosFormat::Message, raw()?)
}

fn both() -> Result<[World; 2]> {
    Ok([python()?, messages()?])
}

fn python_keys() -> CoreResult<CosAesProvider> {
    let key = CosAesProvider::key_of_text(AES_KEY)?;
    CosAesProvider::new(&key, CosAesWrapping::DangerPythonFixedKeystream)
}

fn writing(key: &str) -> CoreResult<EncryptObject> {
    Ok(EncryptObject::new(ObjectKey::new(key)?))
}

fn reading(key: &str) -> CoreResult<DecryptObject> {
    Ok(DecryptObject::new(ObjectKey::new(key)?))
}

/// 13 MiB in 13 parts, with each number of parts at the same time that it was measured with.
#[test]
fn files_are_uploaded_by_many_threads() -> Result<()> {
    let world = python()?;
    let plaintext = stream("file", 12 * MIB + 5);
    let up = world.cos.file("up");
    fs::write(&up, &plaintext)?;
    for parallel in [1, 5, 10] {
        let builder = world.cos.ours(python_keys()?)?.format(PYTHON).part_length(MIB as u64);
        let client = builder.parallel_parts(parallel).build()?;
        blocking::wait(client.upload_file(writing("key")?, FileTransfer::new(&up)))?;
        assert!(world.read()? == plaintext, "{parallel}");
    }
    Ok(())
}

#[test]
fn parts_come_in_any_order_and_again() -> Result<()> {
    for World { cos, client } in both()? {
        let plaintext = stream("parts", 3 * MIB);
        blocking::wait(async {
            let upload = client.begin_upload(writing("key")?, 3 * MIB as u64).await?;
            for place in [2, 0, 1, 0, 2] {
                let start = place as usize * MIB;
                let bytes = &plaintext[start..start + MIB];
                upload.part(place + 1, start as u64, bytes).await?;
            }
            upload.complete().await
        })?;
        assert!(read(&client, reading("key")?)? == plaintext);
        assert!(cos.fake.uploads(cos.fake.bucket()).is_empty());
    }
    Ok(())
}

/// By the same client, and by another one with the same keys.
#[test]
fn what_others_do_between_two_parts_does_not_matter() -> Result<()> {
    for World { cos, client } in both()? {
        let other = cos.ours(python_keys()?)?.format(PYTHON).build()?;
        let plaintext = stream("parts", 2 * MIB);
        blocking::wait(client.put(writing("other")?, b"before"))?;
        blocking::wait(async {
            let upload = client.begin_upload(writing("key")?, 2 * MIB as u64).await?;
            upload.part(1, 0, &plaintext[..MIB]).await?;
            for client in [&client, &other] {
                client.put(writing("meanwhile")?, b"meanwhile").await?;
                client.get(reading("meanwhile")?).await?.whole(MOST).await?;
            }
            upload.part(2, MIB as u64, &plaintext[MIB..]).await?;
            upload.complete().await
        })?;
        assert!(read(&client, reading("key")?)? == plaintext);
        assert_eq!(read(&other, reading("meanwhile")?)?, b"meanwhile");
    }
    Ok(())
}

/// 200 small objects, a good 64 at a time.
#[test]
fn one_client_serves_many_threads() -> Result<()> {
    for world in both()? {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).build()?;
        runtime.block_on(async {
            for numbers in [0..64, 64..128, 128..200] {
                let tasks = numbers.map(|number| {
                    let client = world.client.clone();
                    tokio::spawn(async move {
                        let plaintext = stream(&number.to_string(), 100);
                        client.put(writing(&number.to_string())?, plaintext).await
                    })
                });
                for task in tasks.collect::<Vec<_>>() {
                    task.await??;
                }
            }
            Ok::<_, Box<dyn std::error::Error>>(())
        })?;
        for number in 0..200 {
            let number = number.to_string();
            assert!(read(&world.client, reading(&number)?)? == stream(&number, 100), "{number}");
        }
    }
    Ok(())
}

#[test]
fn files_are_downloaded() -> Result<()> {
    for world in both()? {
        for length in [0, 100, 3 * MIB + 5] {
            let plaintext = stream("file", length);
            blocking::wait(world.client.put_stream(writing("key")?, &plaintext[..]))?;
            let down = world.cos.file("down");
            let transfer = FileTransfer::new(&down);
            let written = blocking::wait(world.client.download_file(reading("key")?, transfer))?;
            assert_eq!(written.plaintext_length, length as u64);
            assert!(fs::read(&down)? == plaintext, "{length}");
        }
    }
    Ok(())
}

/// There is no way to the stored bytes that looks like one to the plaintext.
#[test]
fn every_way_to_the_body_gives_the_plaintext() -> Result<()> {
    for world in both()? {
        let plaintext = stream("body", 200_000);
        world.put(&plaintext)?;
        let chunks = blocking::wait(async {
            let mut object = world.client.get(reading("key")?).await?;
            let mut all = Vec::new();
            while let Some(chunk) = object.chunk().await? {
                all.extend_from_slice(&chunk);
            }
            Ok(all)
        })?;
        assert!(chunks == plaintext);
        assert!(world.read()? == plaintext);
    }
    Ok(())
}

/// As many bytes as were asked for, wherever they begin, also of the end.
#[test]
fn ranges_begin_anywhere() -> Result<()> {
    for world in both()? {
        let plaintext = stream("range", 1000);
        world.put(&plaintext)?;
        for start in 0..33_u64 {
            for length in [1, 2, 15, 16, 100] {
                let range = ByteRange::of(start..start + length)?;
                let found = read(&world.client, reading("key")?.range(range))?;
                let start = usize::try_from(start)?;
                assert_eq!(found, plaintext[start..start + usize::try_from(length)?]);
            }
        }
        for length in [1, 17, 1000, 5000] {
            let found = read(&world.client, reading("key")?.range(ByteRange::last(length)?))?;
            let length = usize::try_from(length)?.min(1000);
            assert_eq!(found, plaintext[1000 - length..]);
        }
    }
    Ok(())
}

#[test]
fn an_object_without_metadata_is_said_to_be_one() -> Result<()> {
    for world in both()? {
        world.store(StoredObject::new("in clear"));
        let range = reading("key")?.range(ByteRange::of(0..2)?);
        for object in [reading("key")?, range] {
            let error = read(&world.client, object).expect_err("it is not encrypted");
            assert_eq!(CosObjectError::find_in(&error), Some(&CosObjectError::NotEncrypted));
        }
    }
    Ok(())
}

/// What nobody can see in the format of the SDK, the default shows.
#[test]
fn wrong_keys_and_damage_are_errors() -> Result<()> {
    let world = messages()?;
    let plaintext = stream("damage", 1000);
    world.put(&plaintext)?;
    let stored = world.cos.object("key")?;
    let wrong = RawAesProvider::new("tests", "key", &SecretBytes::from(vec![8; 32]))?;
    let wrong = world.cos.ours(wrong)?.build()?;
    assert!(matches!(read(&wrong, reading("key")?), Err(Error::NoUsableKey { .. })));
    for place in 0..stored.content.len() {
        let mut content = stored.content.clone();
        content[place] ^= 1;
        world.store(StoredObject::new(content));
        assert!(world.read().is_err(), "{place}");
    }
    for end in 0..stored.content.len() {
        world.store(StoredObject::new(&stored.content[..end]));
        assert!(world.read().is_err(), "{end}");
    }
    world.store(stored);
    assert_eq!(world.read()?, plaintext);
    Ok(())
}

/// The same for each, which does not depend on what was found inside.
#[test]
fn a_wrong_rsa_key_is_one_error() -> Result<()> {
    let key =
        |name: &str| -> Result<_> { Ok(CosRsaProvider::key_of(&fs::read(rsa_key(name))?, None)?) };
    let format = CosFormat::UnauthenticatedPythonRsa;
    for wrapping in [CosRsaWrapping::PythonOaepSha1, CosRsaWrapping::DangerPythonPkcs1V15] {
        let right = CosRsaProvider::new(&key("rsa2048.pkcs8.pem")?, wrapping)?;
        let world = world(format, right)?;
        let other = SecretBytes::from(fs::read("vectors/rsa/private.pkcs8.der")?);
        let other = CosRsaProvider::key_of(other.expose(), None)?;
        let wrong = CosRsaProvider::new(&other, wrapping)?;
        let wrong = world.cos.ours(wrong)?.accept(format).build()?;
        let mut texts = Vec::new();
        for _ in 0..5 {
            world.put(b"text")?;
            let error = read(&wrong, reading("key")?).expect_err("it is another key");
            assert!(matches!(error, Error::NoUsableKey { .. }), "{error:?}");
            texts.push(error.to_string());
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
    }
    Ok(())
}

/// Lengths are those of bytes, not of characters.
#[test]
fn texts_beyond_ascii_are_whole() -> Result<()> {
    let text = "h\u{e9}llo \u{4e2d}\u{6587} \u{1f511}";
    for world in both()? {
        blocking::wait(world.client.put(writing("key")?, text))?;
        assert_eq!(world.read()?, text.as_bytes());
    }
    Ok(())
}

/// A source that does not know its length, and comes in pieces.
#[test]
fn what_comes_bit_by_bit_is_stored_to_its_end() -> Result<()> {
    for world in both()? {
        for length in [0, 1, 2 * MIB + 5] {
            let plaintext = stream("pieces", length);
            let (mut source, reader) = tokio::io::duplex(10_000);
            let give = async {
                for piece in plaintext.chunks(6_007) {
                    source.write_all(piece).await?;
                }
                drop(source);
                Ok(())
            };
            let object = writing("key")?;
            let (written, ()) = blocking::wait(async {
                tokio::try_join!(world.client.put_stream(object, reader), give)
            })?;
            assert_eq!(written.plaintext_length, length as u64);
            assert!(world.read()? == plaintext, "{length}");
        }
    }
    Ok(())
}

#[test]
fn a_file_is_read_from_where_it_is() -> Result<()> {
    for world in both()? {
        let plaintext = stream("file", 1000);
        let path = world.cos.file("file");
        fs::write(&path, &plaintext)?;
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let mut file = tokio::fs::File::open(&path).await?;
            file.seek(SeekFrom::Start(10)).await?;
            world.client.put_stream(writing("key")?, file).await
        })?;
        assert_eq!(world.read()?, plaintext[10..]);
    }
    Ok(())
}

#[test]
fn metadata_of_users_are_kept() -> Result<()> {
    for world in both()? {
        let metadata = ObjectMetadata::new().with_user("owner", "me");
        let object = writing("key")?.metadata(metadata);
        blocking::wait(world.client.put(object, b"text"))?;
        assert_eq!(world.cos.object("key")?.header("x-cos-meta-owner"), Some("me"));
        let found = blocking::wait(world.client.get(reading("key")?))?;
        let user = &found.properties().metadata.user;
        assert_eq!(user.iter().collect::<Vec<_>>(), [(&"owner".to_owned(), &"me".to_owned())]);
    }
    Ok(())
}

/// With the bytes that were sent before.
#[test]
fn one_error_of_the_server_is_not_the_end() -> Result<()> {
    for world in both()? {
        world.cos.fake.inject(Fault::status(500, "once"));
        world.put(b"text")?;
        assert_eq!(world.read()?, b"text");
        let calls = world.cos.fake.take_calls();
        let puts = calls.iter().filter(|call| call.operation == "PutObject");
        assert_eq!(puts.filter_map(|call| call.status).collect::<Vec<_>>(), [500, 200]);
    }
    Ok(())
}

#[test]
fn a_lost_connection_is_called_so() -> Result<()> {
    for world in both()? {
        world.cos.fake.inject(Fault::close().always());
        let error = world.put(b"text").expect_err("nobody answers");
        let found = CosError::find_in(&error).ok_or("another error")?;
        assert_eq!((found.kind(), found.status()), (CosErrorKind::Unavailable, None));
        assert!(found.to_string().contains("PutObject"), "{found}");
        world.cos.fake.clear_faults();
        world.put(b"text")?;
    }
    Ok(())
}

/// Nothing is made of nothing, and nothing is replaced.
#[test]
fn a_path_that_leads_nowhere_is_an_error() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let missing = folder.path().join("aes_key.pem");
    let Err(error) = CosAesProvider::key_of_file(&missing) else { panic!("there is no file") };
    assert!(error.to_string().contains("aes_key.pem"), "{error}");
    let Err(error) = CosRsaProvider::key_of_file(&missing, None) else { panic!("no file") };
    assert!(error.to_string().contains("aes_key.pem"), "{error}");
    assert_eq!(fs::read_dir(folder.path())?.count(), 0);

    let made = CosAesProvider::create_key_file(&missing)?;
    assert_eq!(fs::metadata(&missing)?.permissions().mode() & 0o777, 0o600);
    assert!(CosAesProvider::key_of_file(&missing)?.equals(made.expose()));
    let before = fs::read(&missing)?;
    assert!(CosAesProvider::create_key_file(&missing).is_err());
    assert_eq!(fs::read(&missing)?, before);
    Ok(())
}

#[test]
fn private_keys_that_others_can_read_are_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let aes = folder.path().join("aes");
    fs::write(&aes, AES_KEY)?;
    let rsa = folder.path().join("rsa");
    fs::copy(rsa_key("rsa2048.pkcs8.pem"), &rsa)?;
    for (mode, fine) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
        for path in [&aes, &rsa] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
        assert_eq!(CosAesProvider::key_of_file(&aes).is_ok(), fine, "{mode:o}");
        assert_eq!(CosRsaProvider::key_of_file(&rsa, None).is_ok(), fine, "{mode:o}");
    }
    let public = folder.path().join("public");
    fs::copy(rsa_key("rsa2048.pub.pem"), &public)?;
    fs::set_permissions(&public, fs::Permissions::from_mode(0o644))?;
    assert!(!CosRsaProvider::key_of_file(&public, None)?.is_private());
    Ok(())
}

/// The text that stands in the sample of the SDK.
#[test]
fn what_is_no_key_is_said_to_be_none() {
    let error = CosAesProvider::key_of_text("aes_key_value").expect_err("it is no key");
    assert!(error.to_string().contains("16, 24 or 32 bytes in base64"), "{error}");
    assert!(!error.to_string().contains("aes_key_value"), "{error}");
}

/// The whole IV is a counter, which begins again behind its end.
#[test]
fn ranges_behind_the_end_of_the_counter_are_read() -> Result<()> {
    let world = python()?;
    let plaintext = stream("counter", 1000);
    let mut iv = [0xff; 16];
    iv[15] = 0xfe;
    let secret = SecretBytes::from([&[7; 32][..], &iv].concat());
    let sealed = blocking::wait(Sealed::new(PYTHON, &python_keys()?, &secret))?;
    let object = StoredObject::new(sealed.body(&plaintext)?);
    let object = sealed.metadata.iter().fold(object, |object, (name, value)| {
        object.with_header(&format!("x-cos-meta-{name}"), value)
    });
    world.store(object);
    assert!(world.read()? == plaintext);
    for (start, end) in [(0, 33), (31, 33), (32, 48), (33, 1000), (999, 1000)] {
        let range = ByteRange::of(start..end)?;
        let found = read(&world.client, reading("key")?.range(range))?;
        assert_eq!(found, plaintext[usize::try_from(start)?..usize::try_from(end)?]);
    }
    Ok(())
}
