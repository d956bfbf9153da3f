//! Objects that the SDK for Java wrote, wherever it put their keys, through our client; and what else can be
//! chosen about objects.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    Decryptor, Encryptor, Result as CoreResult, SecretBytes, blocking,
    provider::{KeyProvider, MultiProvider, RawAesProvider},
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosAesProvider, CosAesWrapping, CosCarrier, CosEncryptingClient,
    CosEncryptingClientBuilder, CosError, CosErrorKind, CosFormat, CosKmsProvider, CosObjectError,
    CosRsaProvider, CosRsaWrapping, DecryptObject, EncryptObject, FileTransfer, ObjectKey,
    SseCustomerKey,
};
use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};
use crypto_envelope_tests::{
    cos_vectors::{VECTORS, VectorKms},
    tencent_cos::{TencentCos, object_error, rsa_key, stream},
    vectors::Result,
};
use serde_json::Value;

/// The cases that could be written, and need no RSA that this build has not.
fn cases() -> Result<Vec<Value>> {
    let path: PathBuf = VECTORS.official().join("java-crypto.json");
    let root: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let cases = root["cases"].as_array().ok_or("no cases")?.iter();
    let needs_feature = |case: &Value| case["wrap_as_measured"] == "oaep-sha256/mgf1-sha1";
    let is_readable = |case: &&Value| case.get("put_error").is_none() && !needs_feature(case);
    Ok(cases.filter(is_readable).cloned().collect())
}

fn text<'c>(case: &'c Value, name: &str) -> Result<&'c str> {
    case[name].as_str().ok_or_else(|| format!("its {name} is no text: {case}").into())
}

fn provider(case: &Value) -> Result<Arc<dyn KeyProvider>> {
    Ok(match text(case, "materials")? {
        "aes" => {
            let key = CosAesProvider::key_of_text(text(case, "master_key_base64")?)?;
            Arc::new(CosAesProvider::new(&key, CosAesWrapping::JavaKeyWrap)?)
        }
        "kms" => Arc::new(CosKmsProvider::new(Arc::new(VectorKms))),
        _ => {
            let path = rsa_key(&format!("{}.pkcs8.pem", text(case, "rsa_key")?));
            let key = CosRsaProvider::key_of(&std::fs::read(path)?, None)?;
            Arc::new(CosRsaProvider::new(&key, CosRsaWrapping::JavaOaepSha256)?)
        }
    })
}

/// Puts an object where the SDK would have put it.
fn store(cos: &TencentCos, case: &Value) -> Result<()> {
    let put = |key: &str, content: Vec<u8>, metadata: &Value| {
        let pairs = metadata.as_object().into_iter().flatten();
        let object = pairs.fold(StoredObject::new(content), |object, (name, value)| {
            object.with_header(name, value.as_str().unwrap_or_default())
        });
        cos.fake.put_object(cos.fake.bucket(), key, object);
    };
    let content = BASE64.decode(text(case, "ciphertext_base64")?)?;
    put("k", content, &case["metadata"]);
    if case["storage"] == "instr" {
        let body = text(case, "instruction_body")?.as_bytes().to_vec();
        put(text(case, "instruction_object_key")?, body, &case["instruction_metadata"]);
    }
    Ok(())
}

fn raw() -> CoreResult<RawAesProvider> {
    RawAesProvider::new("ns", "n", &SecretBytes::from(vec![7; 32]))
}

fn key() -> CoreResult<ObjectKey> {
    ObjectKey::new("k")
}

fn read(client: &CosEncryptingClient) -> CoreResult<Vec<u8>> {
    let object = DecryptObject::new(key()?);
    blocking::wait(async { client.get(object).await?.whole(1 << 20).await })
}

#[test]
fn objects_of_the_sdk_for_java_wherever_their_keys_are() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut carriers = [0, 0];
    for case in cases()? {
        store(&cos, &case)?;
        let record = &case["plaintext"];
        let length = record["len"].as_u64().ok_or("a length")?;
        let expected = stream(text(record, "seed")?, usize::try_from(length)?);
        let is_apart = case["storage"] == "instr";
        let builder = || -> Result<_> {
            let builder = cos.ours(provider(&case)?)?;
            let formats = [
                CosFormat::UnauthenticatedJavaCtr,
                CosFormat::JavaGcm,
                CosFormat::UnauthenticatedJavaCbc,
            ];
            Ok(formats.into_iter().fold(builder, CosEncryptingClientBuilder::accept))
        };
        let strict = builder()?.build()?;
        let lax = builder()?.accept_carrier(CosCarrier::InstructionFile).build()?;
        assert!(read(&lax)? == expected, "{}", case["id"]);
        carriers[usize::from(is_apart)] += 1;
        if is_apart {
            assert_eq!(object_error(read(&strict)), CosObjectError::NotEncrypted);
        } else {
            assert!(read(&strict)? == expected, "{}", case["id"]);
        }
    }
    assert!(carriers.iter().all(|count| *count >= 12), "{carriers:?}");
    Ok(())
}

#[test]
fn a_message_is_not_asked_for_its_instruction_file() -> Result<()> {
    let cos = TencentCos::start()?;
    let aes = CosAesProvider::new(&vec![7; 32].into(), CosAesWrapping::JavaKeyWrap)?;
    let client = cos
        .ours(MultiProvider::new(raw()?).with_child(aes))?
        .accept(CosFormat::UnauthenticatedJavaCtr)
        .accept_carrier(CosCarrier::InstructionFile)
        .encryptor(Encryptor::new(raw()?))
        .decryptor(Decryptor::builder(raw()?).danger_ignore_signature_in_ranges().build()?)
        .build()?;
    blocking::wait(client.put(EncryptObject::new(key()?), b"text"))?;
    // One that somebody left, or brought.
    let left = cases()?.into_iter().find(|case| case["storage"] == "instr").ok_or("no case")?;
    let body = StoredObject::new(text(&left, "instruction_body")?.as_bytes());
    cos.fake.put_object(cos.fake.bucket(), "k.instruction", body);
    let _ = cos.fake.take_calls();
    assert_eq!(read(&client)?, b"text");
    let range = DecryptObject::new(key()?).range(ByteRange::of(1..3)?);
    let found = blocking::wait(async { client.get(range).await?.whole(9).await })?;
    assert_eq!(found, b"ex");
    let asked = cos.fake.take_calls();
    assert!(asked.iter().all(|call| call.key == "k"), "{asked:?}");
    Ok(())
}

/// A decryptor that reads ranges without the signature does not read files without it.
#[test]
fn files_of_signed_messages_are_verified_whatever_ranges_are() -> Result<()> {
    let cos = TencentCos::start()?;
    let client = cos
        .ours(raw()?)?
        .encryptor(Encryptor::new(raw()?))
        .decryptor(Decryptor::builder(raw()?).danger_ignore_signature_in_ranges().build()?)
        .build()?;
    blocking::wait(client.put(EncryptObject::new(key()?), stream("signed", 100_000)))?;
    let download = |name: &str| {
        let transfer = FileTransfer::new(cos.file(name));
        blocking::wait(client.download_file(DecryptObject::new(key()?), transfer))
    };
    assert_eq!(download("good")?.plaintext_length, 100_000);
    let mut stored = cos.object("k")?;
    let last = stored.content.len() - 1;
    stored.content[last] ^= 1;
    cos.fake.put_object(cos.fake.bucket(), "k", StoredObject::new(stored.content));
    assert!(download("bad").is_err());
    assert!(!cos.file("bad").exists());
    Ok(())
}

/// As the SDK for Android was seen to do it, and as older SDKs for Java did.
#[test]
fn ivs_in_clear_are_read_if_that_is_accepted() -> Result<()> {
    let cos = TencentCos::start()?;
    let provider = || CosAesProvider::new(&vec![7; 32].into(), CosAesWrapping::JavaKeyWrap);
    let writer = cos.ours(provider()?)?.format(CosFormat::UnauthenticatedJavaCtr).build()?;
    let plaintext = stream("carrier", 1000);
    blocking::wait(writer.put(EncryptObject::new(key()?), &plaintext))?;
    let stored = cos.object("k")?;
    let value = |name: &str| {
        let name = format!("x-cos-meta-client-side-encryption-{name}");
        stored.header(&name).map(str::to_owned).ok_or_else(|| format!("no {name}"))
    };
    // What wraps it is known here, so that it can be laid open.
    let iv = crypto_envelope::hazmat::AesKeyWrap::new(&vec![7; 32].into())?
        .unwrap(&BASE64.decode(value("start")?)?)?;
    let iv = BASE64.encode(iv.expose());
    let prefix = "x-cos-meta-client-side-encryption-";
    let android = StoredObject::new(stored.content.clone())
        .with_header(&format!("{prefix}key"), &value("key")?)
        .with_header(&format!("{prefix}start"), &iv)
        .with_header(&format!("{prefix}matdesc"), "{}")
        .with_header(&format!("{prefix}cek-alg"), &value("cek-alg")?)
        .with_header(&format!("{prefix}wrap-alg"), &value("wrap-alg")?);
    let legacy = StoredObject::new(stored.content.clone())
        .with_header("x-cos-meta-x-cos-key-v2", &value("key")?)
        .with_header("x-cos-meta-x-cos-iv", &iv)
        .with_header("x-cos-meta-x-cos-cek-alg", &value("cek-alg")?)
        .with_header("x-cos-meta-x-cos-wrap-alg", &value("wrap-alg")?);
    for (carrier, object) in
        [(CosCarrier::AndroidMetadata, android), (CosCarrier::LegacyMetadata, legacy)]
    {
        cos.fake.put_object(cos.fake.bucket(), "k", object);
        let refused = object_error(read(&writer));
        let is_named = matches!(refused, CosObjectError::NotAccepted { carrier: found, .. } if found == carrier);
        assert!(is_named, "{refused:?}");
        let accepting = cos.ours(provider()?)?.accept(CosFormat::UnauthenticatedJavaCtr);
        let accepting = accepting.accept_carrier(carrier).build()?;
        assert!(read(&accepting)? == plaintext, "{carrier}");
    }
    Ok(())
}

#[test]
fn what_is_said_of_the_master_key_stands_in_the_object() -> Result<()> {
    let cos = TencentCos::start()?;
    let provider = CosAesProvider::new(&vec![7; 32].into(), CosAesWrapping::JavaKeyWrap)?;
    let client = cos.ours(provider)?.format(CosFormat::UnauthenticatedJavaCtr);
    let client = client.material_description("{\"key\":\"one\"}").build()?;
    blocking::wait(client.put(EncryptObject::new(key()?), b"text"))?;
    let stored = cos.object("k")?;
    let said = stored.header("x-cos-meta-client-side-encryption-matdesc");
    assert_eq!(said, Some("{\"key\":\"one\"}"));
    assert_eq!(read(&client)?, b"text");
    Ok(())
}

#[test]
fn cos_encrypts_once_more_if_told_to() -> Result<()> {
    let cos = TencentCos::of(FakeTencentCos::builder().insecure_customer_keys().start()?)?;
    let keyed = |byte: u8| -> Result<_> {
        let builder = cos.ours(raw()?)?.part_length(1 << 20);
        Ok(builder.customer_key(SseCustomerKey::from_bytes(vec![byte; 32])?).build()?)
    };
    let client = keyed(1);
    // A customer's key does not cross a network in clear; here it stays on this machine.
    let client = client?;
    for length in [5, 3 << 20] {
        let plaintext = stream("customer", length);
        blocking::wait(client.put_stream(EncryptObject::new(key()?), &plaintext[..]))?;
        let object = DecryptObject::new(key()?);
        let found = blocking::wait(async { client.get(object).await?.whole(8 << 20).await })?;
        assert!(found == plaintext);
        for other in [keyed(2)?, cos.ours(raw()?)?.build()?] {
            let error = read(&other).expect_err("it needs the key");
            let kind = CosError::find_in(&error).map(CosError::kind);
            let kinds = [Some(CosErrorKind::Denied), Some(CosErrorKind::Invalid)];
            assert!(kinds.contains(&kind), "{error:?}");
        }
    }
    Ok(())
}
