//! The secret hunt: every public type that holds a key or plaintext, printed and searched.

use std::{
    error::Error,
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, RangeStep, SecretBytes, aio, blocking,
    cache::MaterialsCache,
    io::{self, DecryptReader, EncryptWriter},
    provider::{
        DetachedTarget, EcKey, GenerateRequest, KeyProvider, MultiProvider, RawAesProvider,
        RawEcdhProvider, RawRsaProvider, RewrapRequest, RsaKey, RsaPadding, Target, UnwrapRequest,
        Unwrapped, WrapRequest,
    },
    ranges::{RangeHeader, RangeOptions, RangeReader},
};
use crypto_envelope_testkit::{
    data,
    insecure::FixedDataKey,
    redaction::{hunt, hunt_debug, hunt_error},
};
use crypto_envelope_tests::{
    heard::Heard,
    items::{Items, next},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type TestResult = Result<(), Box<dyn Error>>;

const KEY_RING: Target = Target::Detached(DetachedTarget::KeyRing);

struct Secrets {
    wrapping_key: Vec<u8>,
    plaintext: Vec<u8>,
}

impl Secrets {
    fn new() -> Self {
        Self { wrapping_key: data::plaintext(32, 1), plaintext: data::plaintext(300, 2) }
    }

    fn all(&self) -> [&[u8]; 2] {
        [&self.wrapping_key, &self.plaintext]
    }

    fn provider(&self) -> crypto_envelope::Result<Arc<RawAesProvider>> {
        let key = SecretBytes::from(self.wrapping_key.as_slice());
        Ok(Arc::new(RawAesProvider::new("redaction", "key", &key)?))
    }
}

#[test]
fn keys_and_requests() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let secret = SecretBytes::from(secrets.wrapping_key.as_slice());
    let context = EncryptionContext::new();
    let wrap = WrapRequest::new(&secret, KEY_RING, &context);
    hunt_debug(&secret, &secrets.all())?;
    hunt_debug(&provider, &secrets.all())?;
    hunt_debug(&wrap, &secrets.all())?;

    let wrapped = blocking::wait(provider.wrap(wrap))?;
    let unwrap = UnwrapRequest::new(&wrapped[0], KEY_RING, &context);
    hunt_debug(&unwrap, &secrets.all())?;
    let unwrapped = blocking::wait(provider.unwrap(unwrap))?;
    assert!(matches!(&unwrapped, Unwrapped::Key(key) if key.equals(&secrets.wrapping_key)));
    hunt_debug(&unwrapped, &secrets.all())?;
    let rewrap = RewrapRequest::new(&wrapped[0], DetachedTarget::KeyRing, &context, &provider);
    hunt_debug(&rewrap, &secrets.all())?;

    let generated =
        blocking::wait(provider.generate(GenerateRequest::new(KEY_RING, 32, &context)))?;
    let data_key = generated.data_key.expose().to_vec();
    hunt_debug(&generated, &[&data_key])?;
    Ok(())
}

#[test]
fn rsa_keys() -> TestResult {
    let der = include_bytes!("../../vectors/rsa/private.pkcs8.der");
    let key = RsaKey::parse(der)?;
    hunt_debug(&key, &[der])?;
    let rsa = RawRsaProvider::new("redaction", "key", RsaPadding::OaepSha256, &key)?;
    hunt_debug(&rsa, &[der])?;
    let several = MultiProvider::new(Secrets::new().provider()?).with_child(rsa);
    hunt_debug(&several, &[der, Secrets::new().all()[0]])?;
    let damaged = &der[..der.len() - 1];
    hunt_error(&RsaKey::parse(damaged).expect_err("a damaged key"), &[der])?;
    let mut other = der.to_vec();
    other[100] ^= 1;
    let key = RsaKey::parse(&other)?;
    let error = RawRsaProvider::new("n", "k", RsaPadding::OaepSha256, &key);
    hunt_error(&error.expect_err("numbers that do not belong together"), &[&other])?;
    Ok(())
}

#[test]
fn keys_on_elliptic_curves() -> TestResult {
    let der = include_bytes!("../../vectors/ec/p256.alice.pkcs8.der");
    let start = der.windows(2).position(|two| two == [4, 32]).expect("an octet string") + 2;
    let scalar = &der[start..start + 32];
    let key = EcKey::parse(der)?;
    hunt_debug(&key, &[scalar])?;
    let peer = EcKey::generate(key.curve())?;
    for provider in [
        RawEcdhProvider::between(&key, &peer)?,
        RawEcdhProvider::to(&key)?,
        RawEcdhProvider::discovery(&key)?,
    ] {
        hunt_debug(&provider, &[scalar])?;
    }
    let damaged = &der[..der.len() - 1];
    hunt_error(&EcKey::parse(damaged).expect_err("a damaged key"), &[scalar])?;
    Ok(())
}

#[test]
fn encryption() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let builder = Encryptor::builder(provider);
    hunt_debug(&builder, &secrets.all())?;
    let encryptor = builder.build()?;
    hunt_debug(&encryptor, &secrets.all())?;

    let mut sealer = blocking::wait(encryptor.prepare(&EncryptionContext::new()))?;
    let mut out = vec![0; 100_000];
    sealer.push(&secrets.plaintext, &mut out)?;
    hunt_debug(&sealer, &secrets.all())?;
    let mut writer = EncryptWriter::new(sealer, Vec::new());
    writer.write_all(&secrets.plaintext)?;
    hunt_debug(&writer, &secrets.all())?;
    Ok(())
}

#[test]
fn decryption() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let nothing = EncryptionContext::new();
    let message =
        blocking::wait(Encryptor::new(provider.clone()).encrypt(&secrets.plaintext, &nothing))?;

    let builder = Decryptor::builder(provider);
    hunt_debug(&builder, &secrets.all())?;
    let decryptor = builder.build()?;
    hunt_debug(&decryptor, &secrets.all())?;
    let opened = blocking::wait(decryptor.decrypt(&message, &nothing))?;
    assert_eq!(opened.plaintext(), secrets.plaintext);
    hunt_debug(&opened, &secrets.all())?;

    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    hunt_debug(&header, &secrets.all())?;
    hunt_debug(&body, &secrets.all())?;
    let mut engine = blocking::wait(decryptor.open(header.clone(), &nothing))?;
    engine.push(&message[header.claims().length()..], &mut [])?;
    hunt_debug(&engine, &secrets.all())?;
    let finished = engine.finish()?;
    assert_eq!(finished.held_plaintext(), secrets.plaintext);
    hunt_debug(&finished, &secrets.all())?;

    let engine = blocking::wait(decryptor.open(header, &nothing))?;
    let mut reader = DecryptReader::new(engine, body);
    std::io::copy(&mut reader, &mut std::io::sink())?;
    hunt_debug(&reader, &secrets.all())?;
    Ok(())
}

/// With data keys in it, and from both sides.
#[test]
fn caches() -> TestResult {
    let secrets = Secrets::new();
    let fixed = || FixedDataKey::new(SecretBytes::from(secrets.wrapping_key.as_slice()));
    let provider = secrets.provider()?;
    let builder = MaterialsCache::builder(Duration::from_mins(1))
        .partition_id(secrets.plaintext[..32].to_vec());
    hunt_debug(&builder, &secrets.all())?;
    let cache = builder.build()?;
    let heard = Heard::default();
    let _listens = tracing::subscriber::set_default(heard.clone());
    let context = EncryptionContext::from([("purpose", "of-the-context")]);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

    let encryptor = Encryptor::builder(provider.clone()).suite(suite).cache(cache.share());
    hunt_debug(&encryptor, &secrets.all())?;
    let encryptor = encryptor.build()?;
    let seal = || blocking::wait(encryptor.encrypt(&secrets.plaintext, &context));
    seal()?;
    let message = seal()?;
    blocking::wait(encryptor.prepare(&context))?;
    hunt_debug(&encryptor, &secrets.all())?;

    let decryptor = Decryptor::builder(provider).cache(cache.share()).build()?;
    for _ in 0..2 {
        blocking::wait(decryptor.decrypt(&message, &context))?;
    }
    hunt_debug(&decryptor, &secrets.all())?;
    // A data key that is known here, and that does not fit.
    let decryptor = Decryptor::builder(fixed()).cache(cache.share()).build()?;
    let refused = blocking::wait(decryptor.decrypt(&message, &context));
    hunt_error(&refused.expect_err("another data key"), &secrets.all())?;
    hunt_debug(&cache, &secrets.all())?;
    let counters = cache.counters();
    assert_eq!((counters.hits, counters.bypasses_of_unknown_length), (2, 1));
    hunt_debug(&counters, &secrets.all())?;

    let heard = heard.text();
    assert!(heard.contains("UnknownLength") && heard.contains("out of the cache"), "{heard}");
    hunt(&heard, &[&secrets.all()[..], &[b"of-the-context"]].concat())?;
    Ok(())
}

/// Each adapter once it has seen some of the plaintext.
#[test]
fn async_adapters() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let (encryptor, decryptor) = (Encryptor::new(provider.clone()), Decryptor::new(provider));
    let nothing = EncryptionContext::new();
    let message = blocking::wait(encryptor.encrypt(&secrets.plaintext, &nothing))?;

    let sealer = || blocking::wait(encryptor.prepare(&nothing));
    let mut writer = aio::EncryptWriter::new(sealer()?, Vec::new());
    let write = async { Ok(writer.write_all(&secrets.plaintext).await?) };
    blocking::wait(write)?;
    hunt_debug(&writer, &secrets.all())?;
    let mut stream = aio::EncryptStream::new(sealer()?, Items::of(&secrets.plaintext));
    blocking::wait(async { next(&mut stream).await.transpose() })?;
    hunt_debug(&stream, &secrets.all())?;

    let reading = aio::read_header(decryptor.header_parser(), &message[..]);
    let (header, body) = blocking::wait(reading)?;
    hunt_debug(&body, &secrets.all())?;
    let opener = blocking::wait(decryptor.open(header, &nothing))?;
    let mut reader = aio::DecryptReader::new(opener, body);
    blocking::wait(async { Ok(reader.read_exact(&mut [0; 100]).await?) })?;
    hunt_debug(&reader, &secrets.all())?;

    let taking = aio::take_header(decryptor.header_parser(), Items::of(&message));
    let (header, body) = blocking::wait(taking)?;
    hunt_debug(&body, &secrets.all())?;
    let opener = blocking::wait(decryptor.open(header, &nothing))?;
    let mut stream = aio::DecryptStream::new(opener, body);
    blocking::wait(async { next(&mut stream).await.transpose() })?;
    hunt_debug(&stream, &secrets.all())?;
    Ok(())
}

#[test]
fn ranges() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let nothing = EncryptionContext::new();
    let encryptor = Encryptor::builder(provider.clone())
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(100)
        .build()?;
    let message = blocking::wait(encryptor.encrypt(&secrets.plaintext, &nothing))?;
    let decryptor = Decryptor::new(provider);

    let header = RangeHeader::read(&decryptor, &message, RangeOptions::default())?;
    hunt_debug(&header, &secrets.all())?;
    let mut reader = blocking::wait(header.open(&decryptor, &nothing))?;
    reader.read_exact(&mut [0; 10])?;
    hunt_debug(&reader, &secrets.all())?;
    let source = Bytes::from(message.clone());
    let options = RangeOptions::default();
    let header = blocking::wait(aio::RangeHeader::read(&decryptor, source, options))?;
    hunt_debug(&header, &secrets.all())?;
    let mut reader = blocking::wait(header.open(&decryptor, &nothing))?;
    blocking::wait(async { Ok(AsyncReadExt::read_exact(&mut reader, &mut [0; 10]).await?) })?;
    hunt_debug(&reader, &secrets.all())?;
    let mut stream = reader.stream(0..1000);
    blocking::wait(async { Ok(next(&mut stream).await) })?;
    hunt_debug(&stream, &secrets.all())?;

    let mut parser = decryptor.header_parser();
    let used = parser.push(&message)?;
    let length = message.len() as u64;
    let opening = decryptor.open_ranges(parser.finish()?, &nothing, length);
    let opener = blocking::wait(opening)?.with_beginning(message[used..].to_vec());
    let mut read = opener.read_suffix(1000);
    assert!(matches!(read.next_step()?, RangeStep::OpenHeld(_)));
    read.open_held()?;
    hunt_debug(&opener, &secrets.all())?;
    hunt_debug(&read, &secrets.all())?;
    assert_eq!(read.finish()?[0], secrets.plaintext);

    for place in 0..message.len() {
        let mut changed = message.clone();
        changed[place] ^= 0x20;
        let read = RangeReader::open(&decryptor, changed, &nothing)
            .and_then(|reader| reader.read_suffix(1000));
        hunt_error(&read.expect_err("it was changed"), &secrets.all())?;
    }
    Ok(())
}

#[test]
fn errors() -> TestResult {
    let secrets = Secrets::new();
    let provider = secrets.provider()?;
    let nothing = EncryptionContext::new();
    let message =
        blocking::wait(Encryptor::new(provider.clone()).encrypt(&secrets.plaintext, &nothing))?;
    let decryptor = Decryptor::new(provider);
    let mut errors = 0;
    for place in 0..message.len() {
        let mut changed = message.clone();
        changed[place] ^= 0x20;
        if let Err(error) = blocking::wait(decryptor.decrypt(&changed, &nothing)) {
            hunt_error(&error, &secrets.all())?;
            errors += 1;
        }
    }
    assert_eq!(errors, message.len());
    let short = SecretBytes::from(&secrets.wrapping_key[..31]);
    let error = RawAesProvider::new("n", "k", &short).expect_err("a key of 31 bytes");
    hunt_error(&error, &secrets.all())?;
    Ok(())
}
