//! What a fake starts with.

use std::{io, path::PathBuf, sync::Arc};

use super::{
    AccessKey, FakeS3,
    service::S3Service,
    store::Store,
    terms::{Security, Terms},
};
use crate::fake::{
    crypto,
    http::{Server, Transport},
    log::{Log, Memory},
    tls::Ca,
};

/// Starts a [`FakeS3`] that is not the usual one.
#[derive(Clone, Debug, Default)]
pub struct FakeS3Builder {
    port: u16,
    log_file: Option<PathBuf>,
    memory: Memory,
    bucket: Option<String>,
    access_keys: Vec<AccessKey>,
    terms: Terms,
}

impl FakeS3Builder {
    /// Listens on this port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Writes the log into a file as well, one object of JSON a line.
    #[must_use]
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Keeps no call in memory: [`calls`](FakeS3::calls) are none, and a fake that runs for long does
    /// not grow with them. A [`log_file`](Self::log_file) has them all the same.
    #[must_use]
    pub fn forget_calls(mut self) -> Self {
        self.memory = Memory::Forgets;
        self
    }

    /// Begins with this bucket instead of the usual one. More of them by
    /// [`add_bucket`](FakeS3::add_bucket), or by `CreateBucket`.
    #[must_use]
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.bucket = Some(name.into());
        self
    }

    /// Is in this region instead of `us-east-1`, and wants to be asked by signatures for it.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.terms.region = region.into();
        self
    }

    /// Lets this access key in, instead of a random one.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.access_keys.push(key);
        self
    }

    /// How many bytes every part of an upload but the last has at least, instead of 5 MiB.
    #[must_use]
    pub fn smallest_part(mut self, bytes: usize) -> Self {
        self.terms.smallest_part = bytes;
        self
    }

    /// Speaks TLS, with a certificate for 127.0.0.1 and localhost from a CA of its own: see
    /// [`ca_pem`](FakeS3::ca_pem).
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.terms.transport = Security::Tls;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken, the log file cannot be created, or there is no thread to have.
    pub fn start(mut self) -> io::Result<FakeS3> {
        let log = Log::new(self.memory, self.log_file.as_deref())?;
        let bucket = self.bucket.unwrap_or_else(|| BUCKET.to_owned());
        if self.access_keys.is_empty() {
            let id = format!("AKIA{}", crypto::hex(&crypto::random::<8>()).to_uppercase());
            self.access_keys.push(AccessKey::new(id, crypto::hex(&crypto::random::<20>())));
        }
        let access_key = self.access_keys[0].clone();
        let mut store = Store::new(self.access_keys);
        store.add_bucket(&bucket);
        let (transport, ca_pem) = match self.terms.transport {
            Security::Clear => (Transport::Clear, None),
            Security::Tls => {
                let ca = Ca::generate()?;
                let acceptor = ca.acceptor_for(&["127.0.0.1", "localhost"])?;
                (Transport::Tls(acceptor), Some(ca.certificate_pem))
            }
        };
        let region = self.terms.region.clone();
        let service = Arc::new(S3Service::new(store, self.terms, log));
        let shared = Arc::<S3Service>::clone(&service);
        let server = Server::start_over(transport, self.port, shared)?;
        Ok(FakeS3 { server, service, bucket, region, access_key, ca_pem })
    }
}

const BUCKET: &str = "fake-bucket";
