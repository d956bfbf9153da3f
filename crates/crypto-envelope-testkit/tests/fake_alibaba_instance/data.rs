//! Data keys, encrypting and decrypting with symmetric keys.

use crypto_envelope_testkit::{
    fake::alibaba_instance::{FakeAlibabaInstance, KeyKind},
    redaction,
};

use crate::{
    client::{Answer, Client, KEY_VERSION, Result},
    fields::{field, number},
};

/// What the Advance calls gave is an object of its own: its prefix, the version, the IV, the rest.
fn check_blob(answer: &Answer, version: &str, length: usize) {
    let (blob, iv) = (answer.bytes(2), answer.bytes(3));
    assert_eq!(blob, [b"\x24\0\x02", version.as_bytes(), &iv, &blob[51..]].concat());
    assert_eq!((iv.len(), blob.len()), (12, 3 + 36 + 12 + length + 16));
    assert_eq!(answer.text(7), version);
    assert_eq!(answer.header(KEY_VERSION), Some(version));
}

#[test]
fn what_was_encrypted_comes_back() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    kms.create_alias("alias/name", &id)?;
    let encrypt = [field(1, "alias/name"), field(2, "text"), field(4, "aad")];
    let encrypted = client.ask("Encrypt", &encrypt);
    assert_eq!((encrypted.text(1), encrypted.text(5)), (id.clone(), "AES_GCM".to_owned()));
    let (ciphertext, iv) = (encrypted.bytes(2), encrypted.bytes(3));
    assert_eq!((ciphertext.len(), iv.len()), (4 + 16, 12));
    let initial = encrypted.header(KEY_VERSION).ok_or("no version")?;
    assert_eq!(initial.len(), 36);

    let primary = kms.rotate_key(&id)?;
    let parts = [field(1, &ciphertext), field(2, &id), field(4, "aad"), field(5, &iv)];
    for operation in ["Decrypt", "AdvanceDecrypt"] {
        let decrypted = client.ask(operation, &parts);
        assert_eq!((decrypted.text(2), decrypted.text(1)), ("text".to_owned(), id.clone()));
        assert_eq!(decrypted.header(KEY_VERSION), Some(initial));
    }
    // Without the key, by its version.
    let unnamed = [field(1, &ciphertext), field(4, "aad"), field(5, &iv)];
    assert_eq!(client.ask_version(initial, "Decrypt", &unnamed).text(2), "text");
    assert_eq!(client.ask_version(&primary, "Decrypt", &unnamed).code(), "400 InvalidParameter");
    assert_eq!(client.code("Decrypt", &unnamed), "400 MissingParameter");
    // Rotation is nothing to it.
    assert_eq!(client.ask("Encrypt", &encrypt).header(KEY_VERSION), Some(initial));
    // The IV can be chosen.
    let chosen = client.ask("Encrypt", &[&encrypt[..], &[field(5, &iv)]].concat());
    assert_eq!((chosen.bytes(2), chosen.bytes(3)), (ciphertext, iv));
    Ok(())
}

#[test]
fn advance_calls_take_the_primary_version() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    let mut blobs = Vec::new();
    for _ in 0..3 {
        let version = kms.rotate_key(&id)?;
        let parts = [field(1, &id), field(2, "text"), field(4, "aad")];
        let encrypted = client.ask("AdvanceEncrypt", &parts);
        check_blob(&encrypted, &version, 4);
        blobs.push((version, encrypted.bytes(2), encrypted.bytes(3)));
    }
    for (version, blob, iv) in blobs {
        for more in [vec![], field(2, &id), field(5, &iv), field(3, "AES_GCM")] {
            let opened = client.ask("AdvanceDecrypt", &[field(1, &blob), field(4, "aad"), more]);
            assert_eq!((opened.text(2), opened.text(1)), ("text".to_owned(), id.clone()));
            assert_eq!(opened.text(6), version);
            assert_eq!(opened.header(KEY_VERSION), Some(&*version));
        }
    }
    Ok(())
}

#[test]
fn data_keys_have_the_length_asked_for_and_are_new() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    let version = kms.rotate_key(&id)?;
    let mut seen = Vec::new();
    for length in [1_u16, 16, 24, 32, 1024] {
        let parts = [field(1, &id), number(3, length.into()), field(4, "aad")];
        let generated = client.ask("GenerateDataKey", &parts);
        let data_key = generated.bytes(3);
        let (ciphertext, iv) = (field(1, generated.bytes(4)), field(5, generated.bytes(2)));
        let opened = client.ask("Decrypt", &[ciphertext, field(2, &id), field(4, "aad"), iv]);
        assert_eq!((opened.bytes(2), data_key.len()), (data_key.clone(), length.into()));
        assert_eq!(generated.text(6), "AES_GCM");
        seen.push(data_key);

        let parts = [field(1, &id), number(2, length.into()), field(3, "aad")];
        let generated = client.ask("AdvanceGenerateDataKey", &parts);
        let data_key = generated.bytes(3);
        assert_eq!((data_key.len(), generated.text(7)), (length.into(), version.clone()));
        let opened = client.ask("AdvanceDecrypt", &[field(1, generated.bytes(4)), field(4, "aad")]);
        assert_eq!(opened.bytes(2), data_key);
        seen.push(data_key);

        let random = client.ask("GenerateRandom", &[number(1, length.into())]).bytes(1);
        assert_eq!(random.len(), usize::from(length));
        seen.push(random);
    }
    seen.retain(|key| key.len() > 1);
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
    Ok(())
}

#[test]
fn what_is_damaged_stays_shut() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    let blob =
        client.ask("AdvanceEncrypt", &[field(1, &id), field(2, "text"), field(4, "aad")]).bytes(2);
    for position in 0..blob.len() {
        let mut damaged = blob.clone();
        damaged[position] ^= 1;
        for key in [vec![], field(2, &id)] {
            let parts = [field(1, &damaged), field(4, "aad"), key];
            assert_eq!(client.code("AdvanceDecrypt", &parts), "400 InvalidParameter", "{position}");
        }
    }
    for length in [1, 3, 39, 51, 66] {
        let parts = [field(1, &blob[..length]), field(4, "aad")];
        assert_eq!(client.code("AdvanceDecrypt", &parts), "400 InvalidParameter", "{length}");
    }
    for more in [field(4, "another"), vec![], [field(4, "aad"), field(5, [0; 12])].concat()] {
        let refused = client.ask("AdvanceDecrypt", &[field(1, &blob), more]);
        assert_eq!(refused.code(), "400 InvalidParameter");
        assert!(refused.text(3).contains("ciphertext"));
    }
    let other = kms.create_key(KeyKind::Symmetric)?;
    let parts = [field(1, &blob), field(2, other), field(4, "aad")];
    assert_eq!(client.code("AdvanceDecrypt", &parts), "400 InvalidParameter");
    Ok(())
}

/// Its log has to be asked for: the fake itself prints no key.
#[test]
fn a_fake_shows_no_key() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let id = kms.create_key(KeyKind::Symmetric)?;
    kms.put_secret("name", "a secret that is long enough");
    let generated = Client::new(&kms).ask("GenerateDataKey", &[field(1, &id), number(3, 32)]);
    // Its beginning is the public key.
    let (_, private_key) =
        kms.client_key().private_key().split_last_chunk::<64>().ok_or("short")?;
    let secrets = [&generated.bytes(3)[..], b"a secret that is long enough", private_key];
    redaction::hunt_debug(&kms, &secrets)?;
    Ok(())
}
