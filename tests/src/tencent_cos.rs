//! A fake Tencent COS, and the vendor's own clients of it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_tencent_cos::{
    CosBucket, CosClient, CosCredentials, CosEncryptingClient, CosEncryptingClientBuilder,
    CosEndpoint, CosObjectError, CosSettings,
};
use crypto_envelope_testkit::{
    data,
    fake::tencent_cos::{FakeTencentCos, StoredObject},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::{peer::Peer, vectors::Result};

/// A running COS, and a folder for what its clients write.
#[derive(Debug)]
#[non_exhaustive]
pub struct TencentCos {
    /// The service.
    pub fake: FakeTencentCos,
    folder: TempDir,
}

impl TencentCos {
    /// Starts one that takes keys of customers in clear.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start() -> Result<Self> {
        Self::of(FakeTencentCos::builder().insecure_customer_keys().start()?)
    }

    /// One that runs.
    ///
    /// # Errors
    ///
    /// If there is no folder to have.
    pub fn of(fake: FakeTencentCos) -> Result<Self> {
        Ok(Self { fake, folder: tempfile::tempdir()? })
    }

    /// An object of its first bucket.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn object(&self, key: &str) -> Result<StoredObject> {
        let object = self.fake.object(self.fake.bucket(), key);
        Ok(object.ok_or_else(|| format!("there is no object {key}"))?)
    }

    /// A file of this name, there or not.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Our client, without encryption.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub fn client(&self) -> Result<CosClient> {
        let (key, fake) = (self.fake.access_key(), &self.fake);
        let credentials = CosCredentials::new(key.id(), key.secret().as_bytes())?;
        let bucket = CosBucket::new(fake.bucket())?;
        let endpoint = CosEndpoint::new(bucket, fake.region())?.at_address(&fake.endpoint())?;
        Ok(CosClient::new(endpoint, credentials, &CosSettings::new())?)
    }

    /// Our encrypting client, with these keys.
    ///
    /// # Errors
    ///
    /// None that can be expected.
    pub fn ours(&self, provider: impl KeyProvider) -> Result<CosEncryptingClientBuilder> {
        Ok(CosEncryptingClient::builder(self.client()?, provider))
    }

    /// The vendor's clients, with the [master keys](AES_KEY) of these tests.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub fn theirs(&self) -> Result<Theirs> {
        self.theirs_with(&json!({}))
    }

    /// The vendor's clients, with further settings, or others: see `peer.py`.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub fn theirs_with(&self, settings: &Value) -> Result<Theirs> {
        let key = self.fake.access_key();
        let mut configuration = json!({
            "ip": "127.0.0.1",
            "port": self.fake.port(),
            "region": self.fake.region(),
            "bucket": self.fake.bucket(),
            "secret_id": key.id(),
            "secret_key": key.secret(),
            "token": key.security_token(),
            "aes_key": AES_KEY,
            "rsa_public_key": rsa_key("rsa2048.pub.pem"),
            "rsa_private_key": rsa_key("rsa2048.pkcs8.pem"),
        });
        if let Some(pem) = self.fake.ca_pem() {
            std::fs::write(self.file("ca.pem"), pem)?;
            configuration["scheme"] = json!("https");
            configuration["ca"] = json!(self.file("ca.pem"));
        }
        for (name, value) in settings.as_object().into_iter().flatten() {
            configuration[name] = value.clone();
        }
        Ok(Theirs(Peer::tencent_cos(&configuration, self.folder.path())?))
    }
}

/// The vendor's clients, by their names in `peer.py`: `plain`, `aes`, `rsa-oaep`, `rsa-v15`.
#[derive(Debug)]
pub struct Theirs(Peer);

/// What COS refused, as the client understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// As `NoSuchKey`.
    pub code: String,
    /// Of HTTP.
    pub status: u64,
}

impl Theirs {
    /// What a method of a client returns.
    ///
    /// # Errors
    ///
    /// If COS refuses, or the client fails.
    pub fn ask(&mut self, client: &str, call: &str, arguments: &Value) -> Result<Value> {
        self.tell(&json!({"client": client, "call": call, "arguments": arguments}))
    }

    /// What COS refuses.
    ///
    /// # Errors
    ///
    /// If it does not, or the client fails.
    pub fn refused(&mut self, client: &str, call: &str, arguments: &Value) -> Result<Refusal> {
        self.told_to_refuse(&json!({"client": client, "call": call, "arguments": arguments}))
    }

    /// The exception of a client that fails by itself.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn failed(&mut self, client: &str, call: &str, arguments: &Value) -> Result<String> {
        self.told_to_fail(&json!({"client": client, "call": call, "arguments": arguments}))
    }

    /// The exception that a client fails with by itself, of a whole request.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn told_to_fail(&mut self, request: &Value) -> Result<String> {
        let answer = self.0.ask(request)?;
        let exception = answer["failed"]["exception"].as_str();
        Ok(exception.ok_or_else(|| format!("{request} did not fail: {answer}"))?.to_owned())
    }

    /// The answer to a whole request: see `peer.py`.
    ///
    /// # Errors
    ///
    /// If COS refuses, or the client fails.
    pub fn tell(&mut self, request: &Value) -> Result<Value> {
        let mut answer = self.0.ask(request)?;
        match answer.get_mut("answer") {
            Some(answer) => Ok(answer.take()),
            None => Err(format!("{request}: {answer}").into()),
        }
    }

    /// What COS refuses of a whole request.
    ///
    /// # Errors
    ///
    /// If it does not, or the client fails.
    pub fn told_to_refuse(&mut self, request: &Value) -> Result<Refusal> {
        let answer = self.0.ask(request)?;
        let refused = &answer["refused"];
        let refusal = || {
            let code = refused["code"].as_str()?.to_owned();
            Some(Refusal { code, status: refused["status"].as_u64()? })
        };
        Ok(refusal().ok_or_else(|| format!("{request} was not refused: {answer}"))?)
    }
}

impl Refusal {
    /// One to compare with.
    #[must_use]
    pub fn new(status: u64, code: &str) -> Self {
        Self { code: code.to_owned(), status }
    }
}

/// The bytes that `{"seed": .., "length": ..}` is, for the peer and in the vectors.
#[must_use]
pub fn stream(seed: &str, length: usize) -> Vec<u8> {
    let blocks = (0..length.div_ceil(32) as u64).map(|number| {
        Sha256::new().chain_update(seed).chain_update(number.to_be_bytes()).finalize()
    });
    let mut bytes = blocks.flatten().collect::<Vec<_>>();
    bytes.truncate(length);
    bytes
}

/// Bytes that are others for each name, and are there sooner than a [`stream`].
#[must_use]
pub fn bytes_of(name: &str, length: usize) -> Vec<u8> {
    data::plaintext(length, name.bytes().fold(0, |seed, byte| seed << 8 | u64::from(byte)))
}

/// Whether a body in an answer is this one.
///
/// # Errors
///
/// If it is another one.
pub fn check_body(answer: &Value, expected: &[u8]) -> Result<()> {
    let hash = Sha256::digest(expected);
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (length, hash) = (json!(expected.len()), json!(hash));
    let body = &answer["Body"];
    if body["length"] == length && body["sha256"] == hash {
        return Ok(());
    }
    Err(format!("{body} is not of {length} bytes with hash {hash}").into())
}

/// What was wrong with an object.
///
/// # Panics
///
/// If it was not refused, or for another reason.
#[track_caller]
pub fn object_error<T: fmt::Debug>(outcome: crypto_envelope::Result<T>) -> CosObjectError {
    let error = outcome.expect_err("it is refused");
    CosObjectError::find_in(&error).expect("an error about an object").clone()
}

/// A key of the vectors.
#[must_use]
pub fn rsa_key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/tencent-cos/keys").join(name)
}

/// The master key of the client `aes`: 32 bytes, in base64.
pub const AES_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
