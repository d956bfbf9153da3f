//! The secret hunt for customer keys in S3: every public type that holds a key or could show one, the records of
//! transfers, and errors of servers that say back what they were sent.

use std::{error::Error, fmt::Debug, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, SecretBytes,
    provider::{
        DetachedTarget, KeyProvider as _, RawAesProvider, Target, UnwrapRequest, Unwrapped,
    },
};
use crypto_envelope_s3_sse_c::{
    BucketRing, Download, Epoch, FileRing, HeaderFamily, KeyRing, KeyRole, ObjectCopy, ObjectKeys,
    ObjectPlace, Protection, RingPlace as _, SdkConfig, ServerKey, SseCClient, SseCClientBuilder,
    SseCustomerKey, Upload, WithCustomerKey as _, WithSourceCustomerKey as _,
    aws_sdk_s3::{
        config::{Credentials, Region, SharedCredentialsProvider},
        operation::get_object::builders::GetObjectFluentBuilder,
        primitives::ByteStream,
    },
};
use crypto_envelope_testkit::{
    data,
    fake::{http::Fault, s3::FakeS3},
    redaction::{hunt, hunt_debug, hunt_error},
};
use crypto_envelope_tests::{echo, s3_servers::S3Endpoint, s3_sse_c::World};
use serde_json::Value;

type TestResult = Result<(), Box<dyn Error>>;

const MIB: usize = 1 << 20;

/// Bytes of every value, and text as secrets have it.
struct Secrets {
    key: Vec<u8>,
    other_key: Vec<u8>,
    wrapping_key: Vec<u8>,
    plaintext: Vec<u8>,
    secret_key: String,
    token: String,
}

impl Secrets {
    fn new() -> Self {
        Self {
            key: data::plaintext(32, 1),
            other_key: data::plaintext(32, 2),
            wrapping_key: data::plaintext(32, 3),
            plaintext: data::plaintext(64, 4),
            secret_key: BASE64.encode(data::plaintext(24, 5)),
            token: BASE64.encode(data::plaintext(48, 6)),
        }
    }

    fn all(&self) -> [&[u8]; 6] {
        let (secret_key, token) = (self.secret_key.as_bytes(), self.token.as_bytes());
        [&self.key, &self.other_key, &self.wrapping_key, &self.plaintext, secret_key, token]
    }

    fn hunt(&self, value: &dyn Debug) -> TestResult {
        Ok(hunt_debug(value, &self.all())?)
    }

    fn key(&self) -> crypto_envelope::Result<SseCustomerKey> {
        SseCustomerKey::from_bytes(&self.key[..])
    }

    fn other_key(&self) -> crypto_envelope::Result<SseCustomerKey> {
        SseCustomerKey::from_bytes(&self.other_key[..])
    }

    fn provider(&self) -> crypto_envelope::Result<RawAesProvider> {
        let key = SecretBytes::from(&self.wrapping_key[..]);
        RawAesProvider::new("redaction", "key", &key)
    }

    /// A new ring for the bucket `bucket`.
    async fn ring(&self, path: &Path) -> crypto_envelope::Result<KeyRing> {
        KeyRing::builder(self.provider()?, FileRing::new(path)).create(["bucket"]).await
    }

    /// With credentials of ours, for a server that does not look at them.
    fn client(&self, url: &str) -> SseCClientBuilder {
        let credentials =
            Credentials::new("AKID", &self.secret_key, Some(self.token.clone()), None, "redaction");
        let config = SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        SseCClient::builder(&config).endpoint_url(url).max_attempts(1)
    }
}

fn bytes_of(key: &SseCustomerKey) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(BASE64.decode(&*key.headers(HeaderFamily::S3, KeyRole::Object).key().1)?)
}

#[test]
fn keys_and_headers() -> TestResult {
    let secrets = Secrets::new();
    let key = secrets.key()?;
    assert_eq!(bytes_of(&key)?, secrets.key);
    secrets.hunt(&key)?;
    secrets.hunt(key.digest())?;
    for family in [HeaderFamily::S3, HeaderFamily::Cos] {
        for role in [KeyRole::Object, KeyRole::CopySource] {
            let headers = key.headers(family, role);
            secrets.hunt(&headers)?;
            secrets.hunt(&headers.to_header_map())?;
        }
    }
    secrets.hunt(&ObjectKeys::from(&key))?;
    for protection in
        [Protection::from(&key), Protection::OfBucket, Protection::ServerKey(ServerKey::S3)]
    {
        secrets.hunt(&protection)?;
    }
    let refused = SseCustomerKey::from_bytes(&secrets.key[1..]).expect_err("it is too short");
    hunt_error(&refused, &secrets.all())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("key");
    let damaged = format!("{}!", BASE64.encode(&secrets.key));
    fs::write(&path, damaged)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    hunt_error(&SseCustomerKey::from_file(&path).expect_err("it is no key"), &secrets.all())?;
    fs::remove_file(&path)?;
    key.create_file(&path)?;
    hunt_error(&key.create_file(&path).expect_err("there is one"), &secrets.all())?;
    Ok(())
}

#[tokio::test]
async fn key_rings() -> TestResult {
    let secrets = Secrets::new();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ring.json");
    let builder = KeyRing::builder(secrets.provider()?, FileRing::new(&path));
    secrets.hunt(&builder)?;
    let ring = builder.create(["bucket"]).await?;
    let (epoch, key) = ring.key_for_writing("bucket", "name").await?;
    let (root, derived) = (root(&path, &secrets).await?, bytes_of(&key)?);
    let all = [&secrets.all()[..], &[root.expose(), &derived]].concat();
    // Its roots are in memory by now.
    hunt_debug(&ring, &all)?;
    hunt_debug(&key, &all)?;
    hunt_debug(&ObjectKeys::from(&ring), &all)?;
    hunt_debug(&Protection::from(&ring), &all)?;
    hunt_debug(&ring.place(), &all)?;
    let stored = ring.place().read().await?.ok_or("it is there")?;
    hunt_debug(&stored, &all)?;
    hunt(&String::from_utf8_lossy(stored.bytes()), &all)?;
    let errors = [
        ring.key_of(Epoch::new(7)?, "bucket", "name").await.err(),
        ring.key_of(epoch, "another", "name").await.err(),
        ring.key_of(epoch, "bucket", "").await.err(),
        secrets.ring(&path).await.err(),
    ];
    for error in &errors {
        hunt_error(error.as_ref().ok_or("it is refused")?, &all)?;
    }
    let text = fs::read_to_string(&path)?;
    for damaged in
        [&text[1..], &text.replace("bucket", "another"), &text.replace("\"mac\"", "\"x\"")]
    {
        fs::write(&path, damaged)?;
        let builder = KeyRing::builder(secrets.provider()?, FileRing::new(&path));
        hunt_error(&builder.open().await.expect_err("it is damaged"), &all)?;
        hunt_error(&ring.reload().await.expect_err("it is damaged"), &all)?;
        hunt_debug(&ring, &all)?;
        hunt_debug(&ring.failure(), &all)?;
    }
    Ok(())
}

/// That of the first epoch of the ring that is there.
async fn root(path: &Path, secrets: &Secrets) -> Result<SecretBytes, Box<dyn Error>> {
    let ring: Value = serde_json::from_slice(&fs::read(path)?)?;
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned).ok_or("no text");
    let key = &ring["epochs"][0]["keys"][0];
    let bytes = |name: &str| Ok::<_, Box<dyn Error>>(BASE64.decode(text(&key[name])?)?);
    let key = EncryptedDataKey::new(
        text(&key["provider_id"])?,
        bytes("provider_info")?,
        bytes("ciphertext")?,
    )?;
    let id = text(&ring["id"])?;
    let context = EncryptionContext::from([
        ("crypto-envelope-purpose", "sse-c key ring"),
        ("crypto-envelope-ring", id.as_str()),
        ("crypto-envelope-epoch", "1"),
    ]);
    let request = UnwrapRequest::new(&key, Target::Detached(DetachedTarget::KeyRing), &context);
    match secrets.provider()?.unwrap(request).await? {
        Unwrapped::Key(root) => Ok(root),
        Unwrapped::NotMine => Err("it is of somebody else".into()),
    }
}

#[tokio::test]
async fn clients_and_requests() -> TestResult {
    let secrets = Secrets::new();
    let (key, other) = (secrets.key()?, secrets.other_key()?);
    let password = secrets.secret_key.replace(['/', '+', '='], "x");
    let builder =
        secrets.client("http://127.0.0.1:1").proxy(format!("http://user:{password}@127.0.0.1:1"));
    hunt_debug(&builder, &[&secrets.all()[..], &[password.as_bytes()]].concat())?;
    let client = builder.build()?;
    secrets.hunt(&client)?;
    secrets.hunt(&BucketRing::new(&client, "bucket"))?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    fs::write(&path, &secrets.plaintext)?;
    secrets.hunt(&Upload::stream(std::io::Cursor::new(secrets.plaintext.clone())))?;
    secrets.hunt(&Upload::file(&path).resumable("record"))?;
    secrets.hunt(&Upload::opened(&path, fs::File::open(&path)?))?;
    secrets.hunt(&Download::file(&path).resumable("record"))?;
    let place = ObjectPlace::new("bucket", "name");
    secrets.hunt(&ObjectCopy::in_place(place.clone(), &key, &other))?;
    secrets.hunt(&ObjectCopy::new(place.clone(), &key, place, Protection::OfBucket))?;
    // Requests of the AWS SDK that have a key.
    let s3 = client.s3();
    secrets.hunt(&s3.get_object().with_customer_key(&key))?;
    secrets.hunt(&s3.head_object().with_customer_key(&key))?;
    secrets.hunt(&s3.put_object().with_customer_key(&key))?;
    secrets.hunt(&s3.create_multipart_upload().with_customer_key(&key))?;
    secrets.hunt(&s3.copy_object().with_customer_key(&key).with_source_customer_key(&other))?;
    Ok(())
}

/// What servers really answer, and what is made of it.
#[tokio::test]
async fn what_is_read_and_written() -> TestResult {
    let secrets = Secrets::new();
    let fake = FakeS3::builder().bucket("bucket").start()?;
    let client = World::builder(&S3Endpoint::of(&fake))?.build()?;
    let folder = tempfile::tempdir()?;
    let (up, down) = (folder.path().join("up"), folder.path().join("down"));
    fs::write(&up, &secrets.plaintext)?;
    let ring = secrets.ring(&folder.path().join("ring.json")).await?;
    let (_, derived) = ring.key_for_writing("bucket", "name").await?;
    let derived = bytes_of(&derived)?;
    let all = [&secrets.all()[..], &[&derived]].concat();
    for protection in [Protection::from(secrets.key()?), Protection::from(&ring)] {
        let Protection::CustomerKey(keys) = &protection else { return Err("no key".into()) };
        let body = ByteStream::from(secrets.plaintext.clone());
        let put = client.s3().put_object().bucket("bucket").key("name").body(body);
        hunt_debug(&client.put_object(put, keys.clone()).await?, &all)?;
        let read = client.get_object(reading(&client), protection.clone()).await?;
        hunt_debug(&read, &all)?;
        let head = client.s3().head_object().bucket("bucket").key("name");
        hunt_debug(&client.head_object(head, protection.clone()).await?, &all)?;
        let upload = client.s3().create_multipart_upload().bucket("bucket").key("name");
        let uploaded = client.upload(upload, Upload::file(&up), protection.clone()).await?;
        hunt_debug(&uploaded, &all)?;
        let downloaded =
            client.download(reading(&client), Download::file(&down), protection.clone()).await?;
        hunt_debug(&downloaded, &all)?;
        let copy = ObjectCopy::new(
            ObjectPlace::new("bucket", "name"),
            protection.clone(),
            ObjectPlace::new("bucket", "copy"),
            secrets.other_key()?,
        );
        hunt_debug(&client.copy(copy).await?, &all)?;
        let time = Duration::from_mins(1);
        let presigned = client.presign_get(reading(&client), keys.clone(), time).await?;
        assert!(presigned.headers().iter().any(|(name, value)| {
            name == "x-amz-server-side-encryption-customer-key" && value.is_sensitive()
        }));
        hunt_debug(&presigned, &all)?;
        hunt_debug(presigned.headers(), &all)?;
        let wrong = client.get_object(reading(&client), &secrets.other_key()?).await;
        hunt_error(&wrong.expect_err("another key"), &all)?;
    }
    Ok(())
}

/// No key and nothing of the plaintext, and for the eyes of their owner alone.
#[tokio::test]
async fn records_of_transfers() -> TestResult {
    let secrets = Secrets::new();
    let fake = FakeS3::builder().bucket("bucket").start()?;
    let client = World::builder(&S3Endpoint::of(&fake))?.max_attempts(1).build()?;
    let plaintext = data::plaintext(11 * MIB, 7);
    let folder = tempfile::tempdir()?;
    let [up, down, record, path] =
        ["up", "down", "record", "ring.json"].map(|name| folder.path().join(name));
    fs::write(&up, &plaintext)?;
    let ring = secrets.ring(&path).await?;
    let (_, derived) = ring.key_for_writing("bucket", "name").await?;
    let derived = bytes_of(&derived)?;
    let pieces = [&plaintext[..64], &plaintext[5 * MIB..5 * MIB + 64]];
    let all = [&secrets.all()[..], &pieces, &[&derived]].concat();
    for protection in [Protection::from(secrets.key()?), Protection::from(&ring)] {
        let request = || client.s3().create_multipart_upload().bucket("bucket").key("name");
        let upload = || Upload::file(&up).part_size(5 * MIB as u64).resumable(&record);
        let fault = Fault::status(403, "no").always();
        fake.inject(fault.when(|operation| operation == "CompleteMultipartUpload"));
        let stopped = client.upload(request(), upload(), protection.clone()).await;
        hunt_error(&stopped.expect_err("it cannot end"), &all)?;
        fake.clear_faults();
        check_record(&record, 4, &all)?;
        let uploaded = client.upload(request(), upload(), protection.clone()).await?;
        assert_eq!((uploaded.parts, uploaded.resumed_parts), (3, 3));

        let download = || Download::file(&down).part_size(5 * MIB as u64).resumable(&record);
        let left = std::sync::atomic::AtomicI64::new(2);
        fake.inject(Fault::status(403, "no").always().when(move |operation| {
            operation == "GetObject" && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) <= 0
        }));
        let stopped = client.download(reading(&client), download(), protection.clone()).await;
        hunt_error(&stopped.expect_err("it cannot end"), &all)?;
        fake.clear_faults();
        check_record(&record, 1, &all)?;
        assert!(!down.exists(), "it is not complete");
        client.download(reading(&client), download(), protection.clone()).await?;
        assert!(fs::read(&down)? == plaintext && !record.exists());
        fs::remove_file(&down)?;
    }
    Ok(())
}

fn check_record(path: &Path, least_lines: usize, secrets: &[&[u8]]) -> TestResult {
    assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path)?;
    assert!(text.lines().count() >= least_lines, "{text}");
    Ok(hunt(&text, secrets)?)
}

fn reading(client: &SseCClient) -> GetObjectFluentBuilder {
    client.s3().get_object().bucket("bucket").key("name")
}

/// As which form of its request a server answers.
#[derive(Clone, Copy, Debug)]
enum Quote {
    Raw,
    Base64,
    Hex,
    Escaped,
    /// Nothing but the key.
    Key,
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    Page,
    Message,
    Code,
    RequestId,
    /// As S3 does with signatures that it finds wrong.
    Signature,
}

impl Quote {
    fn of(self, heard: &[u8]) -> String {
        match self {
            Self::Raw => String::from_utf8_lossy(heard).into_owned(),
            Self::Base64 => BASE64.encode(heard),
            Self::Hex => heard.iter().map(|byte| format!("{byte:02X}")).collect(),
            Self::Escaped => heard.escape_ascii().to_string(),
            Self::Key => {
                let heard = String::from_utf8_lossy(heard).into_owned();
                let lines = heard.lines().filter_map(|line| line.split_once(':'));
                let keys = lines.filter(|(name, _)| name.ends_with("-customer-key"));
                keys.map(|(_, value)| value.trim().to_owned()).collect()
            }
        }
    }
}

impl Frame {
    fn around(self, text: &str) -> Vec<u8> {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let error = |code: &str, message: &str, more: &str| {
            format!(
                "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
            )
        };
        match self {
            Self::Page => format!("<h1>No</h1>{text}"),
            Self::Message => error("InvalidArgument", &text, ""),
            Self::Code => error(&text, "No.", ""),
            Self::RequestId => error("No", "No.", &format!("<RequestId>{text}</RequestId>")),
            Self::Signature => {
                let more = format!("<CanonicalRequest>{text}</CanonicalRequest>");
                error("SignatureDoesNotMatch", &text, &more)
            }
        }
        .into_bytes()
    }
}

const QUOTES: [Quote; 5] = [Quote::Raw, Quote::Base64, Quote::Hex, Quote::Escaped, Quote::Key];
const FRAMES: [(u16, Frame); 7] = [
    (400, Frame::Page),
    (502, Frame::Page),
    (400, Frame::Message),
    (403, Frame::Code),
    (404, Frame::RequestId),
    (403, Frame::Signature),
    (200, Frame::Message),
];

/// Whoever answers wraps what they heard into an error, or into a page.
#[tokio::test]
async fn errors_of_servers_that_say_back_what_they_heard() -> TestResult {
    let secrets = Secrets::new();
    let (key, other) = (secrets.key()?, secrets.other_key()?);
    let folder = tempfile::tempdir()?;
    for quote in QUOTES {
        for (status, frame) in FRAMES {
            let url = echo::start(status, move |heard| frame.around(&quote.of(heard.head)))?;
            let client = secrets.client(&url).build()?;
            let s3 = client.s3();
            let put = s3.put_object().bucket("bucket").key("name");
            let put = put.body(ByteStream::from(secrets.plaintext.clone()));
            let head = s3.head_object().bucket("bucket").key("name");
            let parts = s3.create_multipart_upload().bucket("bucket").key("name");
            let stream = std::io::Cursor::new(secrets.plaintext.clone());
            let place = ObjectPlace::new("bucket", "name");
            let download = Download::file(folder.path().join("down"));
            let copy = ObjectCopy::new(place, &key, ObjectPlace::new("bucket", "copy"), &other);
            let errors = [
                client.put_object(put, &key).await.err(),
                client.get_object(reading(&client), &key).await.err(),
                client.head_object(head, &key).await.err(),
                client.upload(parts, Upload::stream(stream), &key).await.err(),
                client.download(reading(&client), download, &key).await.err(),
                client.copy(copy).await.err(),
                BucketRing::new(&client, "bucket").read().await.err(),
            ];
            // What is said in an answer with status 200 to who reads a ring is one, that is none.
            let fewest = if matches!(status, 200 | 404) { 5 } else { errors.len() };
            let errors: Vec<_> = errors.into_iter().flatten().collect();
            assert!(errors.len() >= fewest, "{quote:?} {status} {frame:?}: {errors:?}");
            for error in &errors {
                hunt_error(error, &secrets.all())
                    .map_err(|leak| format!("{quote:?} {status} {frame:?}: {leak}: {error}"))?;
            }
        }
    }
    Ok(())
}
