//! The vendor's SDK for Python reads what we write, and we read what it writes, at the same fake COS.

use std::{fs, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptionContext, Error, Result as CoreResult, SecretBytes, blocking,
    provider::{DetachedTarget, KeyProvider, RawAesProvider, Target, UnwrapRequest, Unwrapped},
};
use crypto_envelope_tencent_cos::{
    ByteRange, CopyObject, CopySource, CosAesProvider, CosAesWrapping, CosEncryptingClient,
    CosEnvelope, CosFormat, CosObjectError, CosRsaProvider, CosRsaWrapping, DecryptObject,
    EncryptObject, FileTransfer, ObjectKey, ObjectMetadata, wire::Sealed,
};
use crypto_envelope_testkit::fake::tencent_cos::StoredObject;
use crypto_envelope_tests::{
    tencent_cos::{AES_KEY, TencentCos, Theirs, check_body, rsa_key, stream},
    vectors::Result,
};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
/// What is read at once at most in these tests.
const MOST: usize = 64 * MIB;
const KEY: &str = "dir/a b+c&é~中.(*)'!/./..x";

/// What both sides read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Aes,
    RsaOaep,
    RsaV15,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Aes, Self::RsaOaep, Self::RsaV15];

    /// The client of the peer.
    fn theirs(self) -> &'static str {
        match self {
            Self::Aes => "aes",
            Self::RsaOaep => "rsa-oaep",
            Self::RsaV15 => "rsa-v15",
        }
    }

    fn format(self) -> CosFormat {
        match self {
            Self::Aes => CosFormat::UnauthenticatedPythonAes,
            Self::RsaOaep | Self::RsaV15 => CosFormat::UnauthenticatedPythonRsa,
        }
    }

    fn provider(self) -> Result<Arc<dyn KeyProvider>> {
        Ok(match self {
            Self::Aes => Arc::new(aes(AES_KEY, CosAesWrapping::DangerPythonFixedKeystream)?),
            Self::RsaOaep => Arc::new(rsa("rsa2048", CosRsaWrapping::PythonOaepSha1)?),
            Self::RsaV15 => Arc::new(rsa("rsa2048", CosRsaWrapping::DangerPythonPkcs1V15)?),
        })
    }
}

fn aes(key: &str, wrapping: CosAesWrapping) -> CoreResult<CosAesProvider> {
    CosAesProvider::new(&CosAesProvider::key_of_text(key)?, wrapping)
}

fn rsa(name: &str, wrapping: CosRsaWrapping) -> Result<CosRsaProvider> {
    let key = fs::read(rsa_key(&format!("{name}.pkcs8.pem")))?;
    Ok(CosRsaProvider::new(&CosRsaProvider::key_of(&key, None)?, wrapping)?)
}

/// A COS, and those who use it.
struct Both {
    cos: TencentCos,
    theirs: Theirs,
}

impl Both {
    fn new() -> Result<Self> {
        Self::with(&json!({}))
    }

    /// With other keys of theirs.
    fn with(settings: &Value) -> Result<Self> {
        let cos = TencentCos::start()?;
        let theirs = cos.theirs_with(settings)?;
        Ok(Self { cos, theirs })
    }

    fn client(&self, kind: Kind) -> Result<CosEncryptingClient> {
        self.client_of(kind.format(), kind.provider()?)
    }

    fn client_of(
        &self,
        format: CosFormat,
        provider: impl KeyProvider,
    ) -> Result<CosEncryptingClient> {
        Ok(self.cos.ours(provider)?.format(format).part_length(MIB as u64).build()?)
    }

    fn they_put(&mut self, kind: Kind, key: &str, length: usize) -> Result<Vec<u8>> {
        let body = json!({"seed": key, "length": length});
        self.theirs.ask(kind.theirs(), "put_object", &json!({"Key": key, "Body": body}))?;
        Ok(stream(key, length))
    }

    /// The bytes that they read, from a file into which their SDK writes.
    fn they_read(&mut self, kind: Kind, key: &str, range: Option<&str>) -> Result<Vec<u8>> {
        let into = self.cos.file("read");
        let mut arguments = json!({"Key": key});
        if let Some(range) = range {
            arguments["Range"] = json!(range);
        }
        self.theirs.tell(&json!({"client": kind.theirs(), "call": "get_object",
            "arguments": arguments, "into": into}))?;
        Ok(fs::read(into)?)
    }

    /// In parts, one after the other, as their encryption needs it.
    fn they_upload(&mut self, kind: Kind, key: &str, sizes: &[usize]) -> Result<Vec<u8>> {
        let client = kind.theirs();
        let created = self.theirs.ask(client, "create_multipart_upload", &json!({"Key": key}))?;
        let id = &created["UploadId"];
        let (mut parts, mut plaintext) = (Vec::new(), Vec::new());
        for (number, size) in (1..).zip(sizes) {
            let seed = format!("{key} {number}");
            let part = json!({"Key": key, "UploadId": id, "PartNumber": number,
                "Body": {"seed": seed, "length": size}});
            let uploaded = self.theirs.ask(client, "upload_part", &part)?;
            parts.push(json!({"PartNumber": number, "ETag": uploaded["ETag"]}));
            plaintext.extend(stream(&seed, *size));
        }
        let complete = json!({"Key": key, "UploadId": id, "MultipartUpload": {"Part": parts}});
        self.theirs.ask(client, "complete_multipart_upload", &complete)?;
        Ok(plaintext)
    }
}

fn read(client: &CosEncryptingClient, key: &str, range: Option<ByteRange>) -> Result<Vec<u8>> {
    let mut object = DecryptObject::new(ObjectKey::new(key)?);
    if let Some(range) = range {
        object = object.range(range);
    }
    Ok(blocking::wait(async { client.get(object).await?.whole(MOST).await })?)
}

fn put(client: &CosEncryptingClient, key: &str, plaintext: &[u8]) -> Result<()> {
    let object = EncryptObject::new(ObjectKey::new(key)?);
    blocking::wait(client.put(object, plaintext))?;
    Ok(())
}

const LENGTHS: [usize; 10] = [0, 1, 15, 16, 17, 31, 4095, 4096, 65_537, 300_001];

/// What must be encoded on the way, or must not be, and looks like something else.
const KEYS: [&str; 9] = [
    KEY,
    "plain",
    "/front",
    "//two",
    "a//b/",
    "a%2Fb",
    "../up",
    "?uploads=&partNumber=1#x",
    "<k>\"quoted\" \u{1f511}",
];

#[test]
fn they_write_and_we_read() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        for length in LENGTHS {
            let plaintext = both.they_put(kind, KEY, length)?;
            assert!(read(&client, KEY, None)? == plaintext, "{kind:?} {length}");
        }
        for key in KEYS {
            let plaintext = both.they_put(kind, key, 100)?;
            assert!(read(&client, key, None)? == plaintext, "{kind:?} {key}");
        }
    }
    Ok(())
}

#[test]
fn we_write_and_they_read() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        for length in LENGTHS {
            let plaintext = stream("ours", length);
            put(&client, KEY, &plaintext)?;
            assert!(both.they_read(kind, KEY, None)? == plaintext, "{kind:?} {length}");
        }
        for key in KEYS {
            let plaintext = stream(key, 100);
            put(&client, key, &plaintext)?;
            assert!(both.they_read(kind, key, None)? == plaintext, "{kind:?} {key}");
        }
    }
    Ok(())
}

#[test]
fn ranges_are_the_same_for_both() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let of_them = both.they_put(kind, "theirs", 70_000)?;
        let of_us = stream("ours", 70_000);
        put(&client, "ours", &of_us)?;
        for (start, end) in
            [(0, 1), (0, 70_000), (1, 16), (15, 17), (16, 32), (33, 65_600), (69_999, 70_000)]
        {
            let asked = format!("bytes={start}-{}", end - 1);
            let range = ByteRange::of(start..end)?;
            let (start, end) = (usize::try_from(start)?, usize::try_from(end)?);
            for (key, plaintext) in [("theirs", &of_them), ("ours", &of_us)] {
                let expected = &plaintext[start..end];
                assert!(read(&client, key, Some(range))? == expected, "{kind:?} {key} {asked}");
                let found = both.they_read(kind, key, Some(&asked))?;
                assert!(found == expected, "{kind:?} {key} {asked}");
            }
        }
        let tail = both.they_read(kind, "ours", Some("bytes=69995-"))?;
        assert_eq!(read(&client, "theirs", Some(ByteRange::starting_at(69_995)))?.len(), 5);
        assert_eq!(tail, of_us[69_995..]);
    }
    Ok(())
}

/// Also where parts do not end with a block.
#[test]
fn they_upload_in_parts_and_we_read() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let plaintext = both.they_upload(kind, KEY, &[MIB, MIB + 17, MIB + 1, 5])?;
        assert!(read(&client, KEY, None)? == plaintext, "{kind:?}");
        let borders = ByteRange::of(MIB as u64 - 3..2 * MIB as u64 + 20)?;
        let found = read(&client, KEY, Some(borders))?;
        assert!(found == plaintext[MIB - 3..2 * MIB + 20], "{kind:?}");
        let down = both.cos.file("down");
        let object = DecryptObject::new(ObjectKey::new(KEY)?);
        blocking::wait(client.download_file(object, FileTransfer::new(&down)))?;
        assert!(fs::read(down)? == plaintext, "{kind:?}");
    }
    Ok(())
}

#[test]
fn we_upload_in_parts_and_they_read() -> Result<()> {
    let mut both = Both::new()?;
    let plaintext = stream("parts", 3 * MIB + 11);
    let up = both.cos.file("up");
    fs::write(&up, &plaintext)?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let object = |key| Ok::<_, Error>(EncryptObject::new(ObjectKey::new(key)?));
        blocking::wait(client.upload_file(object("file")?, FileTransfer::new(&up)))?;
        blocking::wait(client.put_stream(object("stream")?, &plaintext[..]))?;
        upload_at_once(&client, "at once", &plaintext, &[0, MIB + 3, 2 * MIB + 16, 3 * MIB + 17])?;
        for key in ["file", "stream", "at once"] {
            assert!(both.they_read(kind, key, None)? == plaintext, "{kind:?} {key}");
            let borders = format!("bytes={}-{}", MIB - 5, 2 * MIB + 40);
            let found = both.they_read(kind, key, Some(&borders))?;
            assert!(found == plaintext[MIB - 5..=2 * MIB + 40], "{kind:?} {key}");
        }
        let calls = both.cos.fake.take_calls();
        let parts = calls.iter().filter(|call| call.operation == "UploadPart").count();
        assert_eq!(parts, 4 + 4 + 3, "{kind:?}");
    }
    Ok(())
}

/// All parts at the same time, which begin at `starts`; the last of them is where the next would.
fn upload_at_once(
    client: &CosEncryptingClient,
    key: &str,
    plaintext: &[u8],
    starts: &[usize; 4],
) -> Result<()> {
    let object = EncryptObject::new(ObjectKey::new(key)?);
    let length = plaintext.len().min(starts[3]);
    let part = |place: usize| {
        let (start, end) = (starts[place], starts[place + 1].min(length));
        (start as u64, &plaintext[start..end])
    };
    let ((one, first), (two, second), (three, third)) = (part(0), part(1), part(2));
    blocking::wait(async {
        let upload = client.begin_upload(object, length as u64).await?;
        tokio::try_join!(
            upload.part(3, three, third),
            upload.part(1, one, first),
            upload.part(2, two, second),
        )?;
        upload.complete().await
    })?;
    Ok(())
}

/// Under one data key there is one ciphertext of a plaintext, whoever wrote it, in whatever order.
#[test]
fn parts_at_once_are_the_bytes_of_parts_in_order() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let theirs = both.they_upload(kind, "theirs", &[MIB, MIB + 17, MIB + 1, 5])?;
        let ours = stream("ours", 3 * MIB + 11);
        upload_at_once(&client, "ours", &ours, &[0, MIB + 3, 2 * MIB + 16, ours.len()])?;
        for (key, plaintext) in [("theirs", theirs), ("ours", ours)] {
            let stored = both.cos.object(key)?;
            let provider = kind.provider()?;
            let secret = data_key(&stored, &*provider)?;
            let sealed = blocking::wait(Sealed::new(kind.format(), &*provider, &secret))?;
            assert!(sealed.body(&plaintext)? == stored.content, "{kind:?} {key}");
        }
    }
    Ok(())
}

/// The data key of an object, and its IV.
fn data_key(stored: &StoredObject, provider: &dyn KeyProvider) -> Result<SecretBytes> {
    let metadata = stored.headers.iter();
    let metadata = metadata
        .filter_map(|(name, value)| Some((name.strip_prefix("x-cos-meta-")?, value.as_str())));
    let envelope = CosEnvelope::of_metadata(metadata)?.ok_or("it is not encrypted")?;
    let (target, context) = (Target::Detached(DetachedTarget::CosObject), EncryptionContext::new());
    let mut secret = Vec::new();
    for key in envelope.encrypted_data_keys() {
        match blocking::wait(provider.unwrap(UnwrapRequest::new(key, target, &context)))? {
            Unwrapped::Key(key) => secret.extend_from_slice(key.expose()),
            Unwrapped::NotMine => return Err("it is of somebody else".into()),
        }
    }
    Ok(secret.into())
}

#[test]
fn master_keys_of_other_lengths_are_shared() -> Result<()> {
    for length in [16, 24] {
        let key = BASE64.encode(stream("master", length));
        let mut both = Both::with(&json!({"aes_key": key}))?;
        let provider = aes(&key, CosAesWrapping::DangerPythonFixedKeystream)?;
        let client = both.client_of(CosFormat::UnauthenticatedPythonAes, provider)?;
        both_ways(&mut both, Kind::Aes, &client)?;
    }
    let mut both = Both::with(&json!({"rsa_public_key": rsa_key("rsa3072.pub.pem"),
        "rsa_private_key": rsa_key("rsa3072.pkcs1.pem")}))?;
    for (kind, wrapping) in [
        (Kind::RsaOaep, CosRsaWrapping::PythonOaepSha1),
        (Kind::RsaV15, CosRsaWrapping::DangerPythonPkcs1V15),
    ] {
        let provider = rsa("rsa3072", wrapping)?;
        let client = both.client_of(CosFormat::UnauthenticatedPythonRsa, provider)?;
        both_ways(&mut both, kind, &client)?;
    }
    Ok(())
}

fn both_ways(both: &mut Both, kind: Kind, client: &CosEncryptingClient) -> Result<()> {
    let theirs = both.they_put(kind, "theirs", 1000)?;
    assert!(read(client, "theirs", None)? == theirs, "{kind:?}");
    put(client, "ours", &theirs)?;
    assert!(both.they_read(kind, "ours", None)? == theirs, "{kind:?}");
    Ok(())
}

/// Whoever copies an object with its metadata keeps what is needed to read it.
#[test]
fn copies_are_read_by_both() -> Result<()> {
    let mut both = Both::new()?;
    let (bucket, region) = (both.cos.fake.bucket().to_owned(), both.cos.fake.region().to_owned());
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let theirs = both.they_put(kind, "theirs", 1000)?;
        let plain = client.plain();
        let source = CopySource::new(plain.endpoint(), ObjectKey::new("theirs")?)?;
        blocking::wait(plain.call(CopyObject::new(source, ObjectKey::new("theirs, copied")?)))?;
        put(&client, "ours", &theirs)?;
        let source = json!({"Bucket": bucket, "Key": "ours", "Region": region});
        let copy = json!({"Key": "ours, copied", "CopySource": source});
        both.theirs.ask("plain", "copy_object", &copy)?;
        for key in ["theirs, copied", "ours, copied"] {
            assert!(read(&client, key, None)? == theirs, "{kind:?} {key}");
            assert!(both.they_read(kind, key, None)? == theirs, "{kind:?} {key}");
        }
    }
    Ok(())
}

/// Ours are kept, and theirs does not mind.
#[test]
fn metadata_of_users_do_not_disturb() -> Result<()> {
    let mut both = Both::new()?;
    for kind in Kind::ALL {
        let client = both.client(kind)?;
        let metadata = ObjectMetadata::new().with_user("own-name", "b c").with_content_type("a/b");
        let object = EncryptObject::new(ObjectKey::new(KEY)?).metadata(metadata);
        blocking::wait(client.put(object, b"text"))?;
        let head = both.theirs.ask(kind.theirs(), "head_object", &json!({"Key": KEY}))?;
        assert_eq!(
            (&head["x-cos-meta-own-name"], &head["Content-Type"]),
            (&json!("b c"), &json!("a/b"))
        );
        assert_eq!(both.they_read(kind, KEY, None)?, b"text");
    }
    Ok(())
}

/// What they cannot read they refuse, and do not take for something else.
#[test]
fn other_formats_of_ours_are_refused_by_them() -> Result<()> {
    let mut both = Both::new()?;
    let raw = RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))?;
    let others: [(CosFormat, Arc<dyn KeyProvider>); 4] = [
        (CosFormat::Message, Arc::new(raw)),
        (CosFormat::UnauthenticatedJavaCtr, Arc::new(aes(AES_KEY, CosAesWrapping::JavaKeyWrap)?)),
        (
            CosFormat::UnauthenticatedJavaCtr,
            Arc::new(rsa("rsa2048", CosRsaWrapping::JavaOaepSha256)?),
        ),
        (CosFormat::JavaGcm, Arc::new(rsa("rsa2048", CosRsaWrapping::JavaOaepSha256)?)),
    ];
    for (format, provider) in others {
        put(&both.client_of(format, provider)?, KEY, b"text")?;
        for kind in Kind::ALL {
            let failed = both.theirs.failed(kind.theirs(), "get_object", &json!({"Key": KEY}))?;
            assert_eq!(failed, "TypeError", "{format} by {kind:?}");
        }
    }
    Ok(())
}

/// The padding, which objects do not say, is a matter of agreement.
#[test]
fn the_other_padding_is_refused_by_both() -> Result<()> {
    let mut both = Both::new()?;
    for (kind, other) in [(Kind::RsaOaep, Kind::RsaV15), (Kind::RsaV15, Kind::RsaOaep)] {
        let plaintext = both.they_put(kind, KEY, 1000)?;
        both.theirs.failed(other.theirs(), "get_object", &json!({"Key": KEY}))?;
        // Who takes PKCS#1 v1.5 takes the better one as well.
        let found = read(&both.client(other)?, KEY, None);
        assert_eq!(found.is_ok_and(|found| found == plaintext), other == Kind::RsaV15, "{kind:?}");
    }
    Ok(())
}

/// Ours is stricter: a key of another kind, no envelope, half of one.
#[test]
fn what_they_leave_without_an_envelope_we_refuse() -> Result<()> {
    let mut both = Both::new()?;
    let body = json!({"Key": KEY, "Body": {"hex": "00"}});
    both.theirs.ask("plain", "put_object", &body)?;
    for kind in Kind::ALL {
        let failed = both.theirs.failed(kind.theirs(), "get_object", &json!({"Key": KEY}))?;
        assert_eq!(failed, "TypeError");
        let error = read(&both.client(kind)?, KEY, None).expect_err("it is not encrypted");
        let error = error.downcast_ref::<Error>().and_then(CosObjectError::find_in);
        assert_eq!(error, Some(&CosObjectError::NotEncrypted), "{kind:?}");
    }
    for (writer, reader) in [(Kind::Aes, Kind::RsaOaep), (Kind::RsaOaep, Kind::Aes)] {
        both.they_put(writer, KEY, 100)?;
        let reader = both.cos.ours(reader.provider()?)?.accept(writer.format()).build()?;
        assert!(read(&reader, KEY, None).is_err(), "{writer:?}");
    }
    Ok(())
}

/// Without an error, as they know nothing of the counter: whoever chooses this format must know that nobody
/// reads with 1.9.44.
#[test]
fn objects_with_a_counter_of_their_own_are_garbage_to_them() -> Result<()> {
    let mut both = Both::new()?;
    let provider = aes(AES_KEY, CosAesWrapping::PythonMasterIv)?;
    let client = both.client_of(CosFormat::UnauthenticatedPythonAesMasterIv, provider)?;
    let plaintext = stream("master iv", 1000);
    put(&client, KEY, &plaintext)?;
    assert!(read(&client, KEY, None)? == plaintext);
    let found = both.theirs.ask("aes", "get_object", &json!({"Key": KEY}))?;
    assert_eq!(found["Body"]["length"], 1000);
    assert!(check_body(&found, &plaintext).is_err());
    // What it does not know of is no obstacle for us.
    let old = both.they_put(Kind::Aes, KEY, 1000)?;
    let lax = both.cos.ours(aes(AES_KEY, CosAesWrapping::PythonMasterIv)?)?;
    let lax = lax.accept(CosFormat::UnauthenticatedPythonAes).build()?;
    assert!(read(&lax, KEY, None)? == old);
    assert!(read(&client, KEY, None).is_err(), "it was not accepted by name");
    Ok(())
}
