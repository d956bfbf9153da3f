//! What a fake starts with.

use std::{io, path::PathBuf, sync::Arc};

use super::{FakeAwsKms, access::AccessKey, service::KmsService, store::Store};
use crate::fake::{
    http::Server,
    log::{Log, Memory},
};

/// Starts a [`FakeAwsKms`] that is not the usual one.
#[derive(Clone, Debug, Default)]
pub struct FakeAwsKmsBuilder {
    port: u16,
    log_file: Option<PathBuf>,
    memory: Memory,
    has_vector_keys: bool,
    access_keys: Vec<AccessKey>,
}

impl FakeAwsKmsBuilder {
    /// Listens on this port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Writes the log into a file as well, one object of JSON a line. The file then holds
    /// **plaintext keys** of the fake.
    #[must_use]
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Keeps no call in memory: [`calls`](FakeAwsKms::calls) are none, and a fake that runs for long
    /// does not grow with them. A [`log_file`](Self::log_file) has them all the same.
    #[must_use]
    pub fn forget_calls(mut self) -> Self {
        self.memory = Memory::Forgets;
        self
    }

    /// Lets every key exist of which there is a well-formed ARN, with the material that the test
    /// vectors of AWS Encryption SDK messages give it. Multi-Region keys exist in all Regions, and
    /// grant tokens that nobody gave out are passed over.
    #[must_use]
    pub fn vector_keys(mut self) -> Self {
        self.has_vector_keys = true;
        self
    }

    /// Lets this access key in, and from then on only such. Without any, everybody may do
    /// everything.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.access_keys.push(key);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken, the log file cannot be created, or there is no thread to have.
    pub fn start(self) -> io::Result<FakeAwsKms> {
        let log = Log::new(self.memory, self.log_file.as_deref())?;
        let store = Store {
            access_keys: self.access_keys,
            has_vector_keys: self.has_vector_keys,
            ..Store::default()
        };
        let service = Arc::new(KmsService::new(store, log));
        let server = Server::start(self.port, Arc::<KmsService>::clone(&service))?;
        Ok(FakeAwsKms { server, service })
    }
}
