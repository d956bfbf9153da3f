//! S3 as independent servers speak it: Ceph and SeaweedFS, which encrypt, and two that play AWS.

pub mod behaviour;
mod ceph;
mod client;
mod played;
mod seaweed;

use std::{fs, path::PathBuf, sync::OnceLock};

use crypto_envelope_testkit::fake::{s3::FakeS3, tls::ServerCertificate};

pub use self::{
    ceph::CephGateway,
    client::{S3Answer, S3Client},
    played::{Ministack, Moto},
    seaweed::SeaweedFs,
};
use crate::{server::Launch, vectors::Result};

/// A server that all tests of a program have together. Nobody drops it: its launcher ends it with the
/// program.
///
/// # Errors
///
/// If it did not start.
pub fn shared<Server>(
    running: &'static OnceLock<Result<Server, String>>,
    start: fn() -> Result<Server>,
) -> Result<&'static Server> {
    let running = running.get_or_init(|| start().map_err(|error| error.to_string()));
    Ok(running.as_ref().map_err(String::clone)?)
}

/// A server, as one user of it sees it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct S3Endpoint {
    /// Where it is. Buckets are in its path.
    pub url: String,
    /// The one that it is in.
    pub region: String,
    /// Who asks.
    pub access_key: String,
    /// What that one signs with.
    pub secret_key: String,
    /// A file of PEM with the CA to be trusted, if the server has TLS.
    pub ca: Option<PathBuf>,
}

impl S3Endpoint {
    /// That of our fake, without TLS, or without the CA that it has.
    #[must_use]
    pub fn of(fake: &FakeS3) -> Self {
        Self {
            url: fake.endpoint(),
            region: fake.region().to_owned(),
            access_key: fake.access_key().id().to_owned(),
            secret_key: fake.access_key().secret().to_owned(),
            ca: None,
        }
    }
}

/// Bytes as a server stores them.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests look at it")]
pub struct StoredBytes {
    /// What the server calls them.
    pub name: String,
    /// As they are.
    pub bytes: Vec<u8>,
    /// The names of what stands beside them, where the server has such a thing.
    pub attributes: Vec<String>,
}

impl StoredBytes {
    /// Whether a text stands in them.
    #[must_use]
    pub fn contain(&self, text: &[u8]) -> bool {
        self.times(text) > 0
    }

    /// How often a text stands in them.
    #[must_use]
    pub fn times(&self, text: &[u8]) -> usize {
        self.bytes.windows(text.len()).filter(|window| *window == text).count()
    }
}

/// Files for a server with TLS.
#[derive(Debug)]
struct Tls {
    ca: PathBuf,
    certificate: PathBuf,
    private_key: PathBuf,
}

impl Tls {
    /// In the folder of a launcher.
    fn for_launch(launch: &Launch) -> Result<Self> {
        let made = ServerCertificate::generate(&["127.0.0.1", "localhost"])?;
        let write = |name: &str, pem: String| -> Result<_> {
            let path = launch.folder().join(name);
            fs::write(&path, pem)?;
            Ok(path)
        };
        Ok(Self {
            ca: write("ca.pem", made.ca_pem)?,
            certificate: write("certificate.pem", made.certificate_pem)?,
            private_key: write("private_key.pem", made.private_key_pem)?,
        })
    }
}

/// What servers that ask for no other call their region.
const REGION: &str = "us-east-1";
