//! The secret hunt for Tencent COS: every public type that can hold a secret, the records of transfers, and
//! errors of servers that say back what they were sent.

use std::{error::Error, fmt::Debug, fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    Decryptor, EncryptionContext, SecretBytes, blocking,
    provider::{
        DetachedTarget, KeyProvider, RawAesProvider, Target, UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosAesProvider, CosAesWrapping, CosBucket, CosClient, CosCredentials,
    CosEncryptingClient, CosEndpoint, CosEnvelope, CosFormat, CosKmsProvider, CosMethod,
    CosRsaProvider, CosRsaWrapping, CosSettings, DecryptObject, EncryptObject, FileTransfer,
    GetObject, ListObjects, ObjectKey, PutObject, SseCustomerKey, wire,
};
use crypto_envelope_testkit::{
    data,
    fake::http::Fault,
    redaction::{hunt, hunt_debug, hunt_error},
};
use crypto_envelope_tests::{
    echo,
    tencent_cos::{TencentCos, rsa_key},
    tencent_kms::OneKeyKms,
};
use serde_json::Value;

type TestResult = Result<(), Box<dyn Error>>;

const MIB: usize = 1 << 20;
const OBJECT: Target = Target::Detached(DetachedTarget::CosObject);

/// Bytes of every value, and text as secrets have it.
struct Secrets {
    master_key: Vec<u8>,
    plaintext: Vec<u8>,
    customer_key: Vec<u8>,
    secret_key: String,
    token: String,
}

impl Secrets {
    fn new() -> Self {
        Self {
            master_key: data::plaintext(32, 1),
            plaintext: data::plaintext(64, 2),
            customer_key: data::plaintext(32, 3),
            secret_key: BASE64.encode(data::plaintext(24, 4)),
            token: BASE64.encode(data::plaintext(48, 5)),
        }
    }

    fn all(&self) -> [&[u8]; 5] {
        let (secret_key, token) = (self.secret_key.as_bytes(), self.token.as_bytes());
        [&self.master_key, &self.plaintext, &self.customer_key, secret_key, token]
    }

    fn hunt(&self, value: &dyn Debug) -> TestResult {
        Ok(hunt_debug(value, &self.all())?)
    }

    fn credentials(&self) -> crypto_envelope::Result<CosCredentials> {
        CosCredentials::temporary("AKID", self.secret_key.as_bytes(), self.token.as_bytes())
    }

    fn customer_key(&self) -> crypto_envelope::Result<SseCustomerKey> {
        SseCustomerKey::from_bytes(&self.customer_key[..])
    }

    fn master_key(&self) -> SecretBytes {
        SecretBytes::from(&self.master_key[..])
    }

    /// Every format that is written, with keys for it.
    fn formats(&self) -> crypto_envelope::Result<Vec<(CosFormat, Arc<dyn KeyProvider>)>> {
        let aes = |wrapping| CosAesProvider::new(&self.master_key(), wrapping);
        Ok(vec![
            (
                CosFormat::Message,
                Arc::new(RawAesProvider::new("tests", "key", &self.master_key())?),
            ),
            (
                CosFormat::UnauthenticatedPythonAes,
                Arc::new(aes(CosAesWrapping::DangerPythonFixedKeystream)?),
            ),
            (CosFormat::UnauthenticatedJavaCtr, Arc::new(aes(CosAesWrapping::JavaKeyWrap)?)),
        ])
    }
}

fn writing() -> crypto_envelope::Result<EncryptObject> {
    Ok(EncryptObject::new(ObjectKey::new("key")?))
}

fn reading() -> crypto_envelope::Result<DecryptObject> {
    Ok(DecryptObject::new(ObjectKey::new("key")?))
}

#[test]
fn providers_and_what_they_answer() -> TestResult {
    let secrets = Secrets::new();
    let context = EncryptionContext::new();
    let pem = fs::read(rsa_key("rsa2048.pkcs8.pem"))?;
    let der = pem_content(&pem)?;
    let key = CosRsaProvider::key_of(&pem, None)?;
    hunt_debug(&key, &[&der])?;
    hunt_debug(&CosRsaProvider::new(&key, CosRsaWrapping::PythonOaepSha1)?, &[&der])?;
    hunt_debug(&CosKmsProvider::new(Arc::new(OneKeyKms::new()?)), &secrets.all())?;
    let secret = SecretBytes::from(&secrets.plaintext[..48]);
    for wrapping in [
        CosAesWrapping::JavaKeyWrap,
        CosAesWrapping::PythonMasterIv,
        CosAesWrapping::DangerPythonFixedKeystream,
    ] {
        let provider = CosAesProvider::new(&secrets.master_key(), wrapping)?;
        secrets.hunt(&provider)?;
        let wrapped = blocking::wait(provider.wrap(WrapRequest::new(&secret, OBJECT, &context)))?;
        secrets.hunt(&wrapped)?;
        secrets.hunt(&provider.describe(&wrapped[0]))?;
        let request = UnwrapRequest::new(&wrapped[0], OBJECT, &context);
        let unwrapped = blocking::wait(provider.unwrap(request))?;
        assert!(matches!(&unwrapped, Unwrapped::Key(key) if key.equals(secret.expose())));
        secrets.hunt(&unwrapped)?;
    }
    Ok(())
}

/// What is between the lines of a PEM file.
fn pem_content(pem: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let lines = str::from_utf8(pem)?.lines().filter(|line| !line.starts_with("-----"));
    Ok(BASE64.decode(lines.collect::<String>())?)
}

/// Errors of files name what is wrong, and show nothing of it.
#[test]
fn keys_that_are_none() -> TestResult {
    let secrets = Secrets::new();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("key");
    for bytes in [&secrets.plaintext[..31], &secrets.plaintext[..33]] {
        let text = BASE64.encode(bytes);
        let error = CosAesProvider::key_of_text(&text).expect_err("its length");
        hunt_error(&error, &[bytes, text.as_bytes()])?;
        fs::write(&path, &text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let error = CosAesProvider::key_of_file(&path).expect_err("its length");
        hunt_error(&error, &[bytes, text.as_bytes()])?;
    }
    let error = CosAesProvider::new(&secrets.master_key[..31].into(), CosAesWrapping::JavaKeyWrap);
    hunt_error(&error.expect_err("its length"), &secrets.all())?;

    let pem = fs::read(rsa_key("rsa2048.pkcs1.des-ede3.passphrase-is-hunter2.pem"))?;
    let passphrase = SecretBytes::from(&secrets.plaintext[..]);
    let inside = pem[pem.len() - 600..pem.len() - 100].to_vec();
    for passphrase in [None, Some(&passphrase)] {
        let error = CosRsaProvider::key_of(&pem, passphrase).expect_err("the passphrase");
        hunt_error(&error, &[&secrets.plaintext, &inside])?;
    }
    let pem = fs::read(rsa_key("rsa2048.pkcs8.pem"))?;
    let error = CosRsaProvider::key_of(&pem[..pem.len() / 2], None).expect_err("it is cut");
    hunt_error(&error, &[&pem[100..600]])?;
    for (secret, token) in [("\n", ""), ("", "\n"), (" ", ""), ("\0", "")] {
        let (secret, token) = (secrets.secret_key.clone() + secret, secrets.token.clone() + token);
        let error = CosCredentials::temporary("AKID", secret.as_bytes(), token.as_bytes());
        hunt_error(&error.expect_err("what is no character of it"), &secrets.all())?;
    }
    Ok(())
}

#[test]
fn clients_and_their_requests() -> TestResult {
    let secrets = Secrets::new();
    let endpoint = CosEndpoint::new(CosBucket::new("examplebucket-1250000000")?, "ap-beijing")?;
    let (credentials, now) = (secrets.credentials()?, std::time::SystemTime::UNIX_EPOCH);
    let plain = CosClient::new(endpoint.clone(), credentials.clone(), &CosSettings::new())?;
    secrets.hunt(&plain)?;
    for (format, provider) in secrets.formats()? {
        let builder = CosEncryptingClient::builder(plain.clone(), provider)
            .format(format)
            .customer_key(secrets.customer_key()?);
        secrets.hunt(&builder)?;
        secrets.hunt(&builder.build()?)?;
    }
    let call = PutObject::new(ObjectKey::new("key")?, secrets.plaintext.clone())
        .customer_key(secrets.customer_key()?);
    secrets.hunt(&call)?;
    let sent = wire::request(&call, &endpoint, &credentials, now)?;
    assert!(sent.headers().any(|(_, value)| value == secrets.token));
    secrets.hunt(&sent)?;
    let signing = wire::SignRequest {
        method: CosMethod::Get,
        key: None,
        parameters: &[],
        headers: &[("x-cos-security-token", &secrets.token)],
        time: now,
        good_for: std::time::Duration::from_secs(1),
    };
    secrets.hunt(&signing)?;
    let signed = wire::sign(&signing, &credentials)?;
    let key = signed.sign_key.expose();
    hunt_debug(&signed, &[&secrets.all()[..], &[key]].concat())?;
    Ok(())
}

/// Each once there is something of the plaintext in it.
#[test]
fn objects_on_their_way() -> TestResult {
    let secrets = Secrets::new();
    for (format, provider) in secrets.formats()? {
        let cos = TencentCos::start()?;
        let client = cos.ours(provider.clone())?.format(format).build()?;
        let object = writing()?;
        let written = blocking::wait(client.put(object.clone(), &secrets.plaintext))?;
        secrets.hunt(&object)?;
        secrets.hunt(&written)?;
        let ranged = reading()?.range(ByteRange::of(0..10)?);
        for object in [reading()?, ranged] {
            secrets.hunt(&object)?;
            let mut opened = blocking::wait(client.get(object))?;
            secrets.hunt(&opened)?;
            assert!(blocking::wait(opened.chunk())?.is_some());
            secrets.hunt(&opened)?;
        }
        let length = secrets.plaintext.len() as u64;
        let upload = blocking::wait(client.begin_upload(writing()?, length))?;
        blocking::wait(upload.part(1, 0, &secrets.plaintext))?;
        secrets.hunt(&upload)?;
        secrets.hunt(&blocking::wait(upload.complete())?)?;
        if format == CosFormat::Message {
            continue;
        }
        let secret = SecretBytes::from(&secrets.plaintext[..48]);
        let sealed = blocking::wait(wire::Sealed::new(format, &*provider, &secret))?;
        secrets.hunt(&sealed)?;
        let metadata = sealed.metadata.iter().map(|(name, value)| (*name, value.as_str()));
        let envelope = CosEnvelope::of_metadata(metadata)?.ok_or("it is encrypted")?;
        secrets.hunt(&envelope)?;
        secrets.hunt(&blocking::wait(wire::Opened::new(&envelope, &*provider))?)?;
    }
    Ok(())
}

/// Neither the data key nor anything of the plaintext, and for the eyes of their owner alone.
#[test]
fn records_of_transfers() -> TestResult {
    let secrets = Secrets::new();
    let plaintext = data::plaintext(3 * MIB, 6);
    for (format, provider) in secrets.formats()? {
        let cos = TencentCos::start()?;
        let client = cos.ours(provider.clone())?.format(format).part_length(MIB as u64).build()?;
        let (up, record) = (cos.file("up"), cos.file("record"));
        fs::write(&up, &plaintext)?;
        let transfer = || FileTransfer::new(&up).resumable(&record);
        secrets.hunt(&transfer())?;
        let fault = Fault::status(403, "no").times(100);
        cos.fake.inject(fault.when(|operation| operation == "CompleteMultipartUpload"));
        let stopped = blocking::wait(client.upload_file(writing()?, transfer()));
        hunt_error(&stopped.expect_err("it cannot end"), &secrets.all())?;
        cos.fake.clear_faults();
        let text = check_record(&record, &secrets, &plaintext)?;
        let data_key = data_key(&text, &*provider)?;
        assert!(data_key.len() >= 32, "{format}");
        hunt(&text, &[data_key.expose()])?;
        secrets.hunt(&wire::upload_record(text.as_bytes())?)?;

        blocking::wait(client.upload_file(writing()?, transfer()))?;
        let down = cos.file("down");
        let transfer = FileTransfer::new(&down).resumable(&record);
        cos.fake.inject(Fault::status(403, "no").times(100).when({
            let left =
                std::sync::atomic::AtomicI64::new(if format == CosFormat::Message { 3 } else { 1 });
            move |operation| {
                operation == "GetObject"
                    && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) <= 0
            }
        }));
        let stopped = blocking::wait(client.download_file(reading()?, transfer));
        hunt_error(&stopped.expect_err("it cannot end"), &secrets.all())?;
        cos.fake.clear_faults();
        let text = check_record(&record, &secrets, &plaintext)?;
        hunt(&text, &[data_key.expose()])?;
        assert!(!down.exists(), "it is not complete");
    }
    Ok(())
}

fn check_record(
    path: &Path,
    secrets: &Secrets,
    plaintext: &[u8],
) -> Result<String, Box<dyn Error>> {
    assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path)?;
    hunt(&text, &secrets.all())?;
    hunt(&text, &[&plaintext[..64], &plaintext[MIB..MIB + 64]])?;
    Ok(text)
}

/// That of the upload that a record is of.
fn data_key(record: &str, provider: &dyn KeyProvider) -> Result<SecretBytes, Box<dyn Error>> {
    let first: Value = serde_json::from_str(record.lines().next().ok_or("it is empty")?)?;
    let wrapped = &first["start"]["wrapped"];
    let context = EncryptionContext::new();
    let mut keys = Vec::new();
    let target = if let Some(header) = wrapped["header"].as_str() {
        let decryptor = Decryptor::new(RawAesProvider::new("n", "k", &vec![0; 32].into())?);
        let mut parser = decryptor.header_parser();
        parser.push(&BASE64.decode(header)?)?;
        let header = parser.finish()?;
        keys.extend(header.claims().encrypted_data_keys().to_vec());
        Target::Message(header.claims().suite())
    } else {
        let pairs: Vec<(String, String)> = serde_json::from_value(wrapped["metadata"].clone())?;
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let envelope = CosEnvelope::of_metadata(pairs)?.ok_or("it is encrypted")?;
        keys.extend(envelope.encrypted_data_keys().cloned());
        OBJECT
    };
    let mut secret = Vec::new();
    for key in &keys {
        match blocking::wait(provider.unwrap(UnwrapRequest::new(key, target, &context)))? {
            Unwrapped::Key(key) => secret.extend_from_slice(key.expose()),
            Unwrapped::NotMine => return Err("it is of somebody else".into()),
        }
    }
    Ok(secret.into())
}

/// As which form of its request a server answers.
#[derive(Clone, Copy, Debug)]
enum Quote {
    Raw,
    Base64,
    Hex,
    Escaped,
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    Page,
    Message,
    Code,
    /// As COS does with signatures that it finds wrong.
    Signature,
}

impl Quote {
    fn of(self, heard: &[u8]) -> String {
        match self {
            Self::Raw => String::from_utf8_lossy(heard).into_owned(),
            Self::Base64 => BASE64.encode(heard),
            Self::Hex => heard.iter().map(|byte| format!("{byte:02X}")).collect(),
            Self::Escaped => heard.escape_ascii().to_string(),
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
        let signed =
            format!("<StringToSign>{text}</StringToSign><FormatString>{text}</FormatString>");
        match self {
            Self::Page => format!("<h1>No</h1>{text}"),
            Self::Message => error("InvalidArgument", &text, ""),
            Self::Code => error(&text, "No.", ""),
            Self::Signature => error("SignatureDoesNotMatch", &text, &signed),
        }
        .into_bytes()
    }
}

const QUOTES: [Quote; 4] = [Quote::Raw, Quote::Base64, Quote::Hex, Quote::Escaped];
const FRAMES: [(u16, Frame); 6] = [
    (400, Frame::Page),
    (502, Frame::Page),
    (400, Frame::Message),
    (403, Frame::Code),
    (403, Frame::Signature),
    (200, Frame::Message),
];

/// Whoever answers wraps what they heard into an error, or into a page.
#[test]
fn errors_of_servers_that_say_back_what_they_heard() -> TestResult {
    let secrets = Secrets::new();
    for quote in QUOTES {
        for (status, frame) in FRAMES {
            let url = echo::start(status, move |heard| frame.around(&quote.of(heard.head)))?;
            let bucket = CosBucket::new("examplebucket-1250000000")?;
            let endpoint = CosEndpoint::new(bucket, "ap-beijing")?.at_address(&url)?;
            let settings = CosSettings::new().max_attempts(1);
            let plain = CosClient::new(endpoint, secrets.credentials()?, &settings)?;
            let (format, provider) = secrets.formats()?.remove(1);
            let client = CosEncryptingClient::builder(plain.clone(), provider)
                .format(format)
                .customer_key(secrets.customer_key()?)
                .build()?;
            let ranged = reading()?.range(ByteRange::of(0..10)?);
            let get = GetObject::new(ObjectKey::new("key")?).customer_key(secrets.customer_key()?);
            let errors = [
                blocking::wait(client.put(writing()?, &secrets.plaintext)).err(),
                blocking::wait(client.put_stream(writing()?, &vec![7; 9 * MIB][..])).err(),
                blocking::wait(client.begin_upload(writing()?, 5)).err(),
                blocking::wait(client.get(reading()?)).err(),
                blocking::wait(client.get(ranged)).err(),
                blocking::wait(plain.open(get)).err(),
                blocking::wait(plain.call(ListObjects::new())).err(),
            ];
            // What is said in an answer with status 200 to who reads is an object.
            let fewest = if status == 200 { 4 } else { errors.len() };
            let errors: Vec<_> = errors.into_iter().flatten().collect();
            assert!(errors.len() >= fewest, "{errors:?}");
            for error in &errors {
                hunt_error(error, &secrets.all())
                    .map_err(|leak| format!("{quote:?} {status} {frame:?}: {leak}: {error}"))?;
            }
        }
    }
    Ok(())
}
