//! What a fake starts with.

use std::{io, path::PathBuf, sync::Arc};

use super::{AccessKey, FakeAlibabaOpenApi, service::OpenApiService};
use crate::fake::{
    alibaba_instance::FakeAlibabaInstance,
    alibaba_kms::shared::{Security, Shared},
    http::Server,
    log::{Log, Memory},
};

/// Starts a [`FakeAlibabaOpenApi`] that is not the usual one.
#[derive(Clone, Debug, Default)]
pub struct FakeAlibabaOpenApiBuilder {
    port: u16,
    log_file: Option<PathBuf>,
    memory: Memory,
    security: Security,
    access_key: Option<AccessKey>,
    origin: Origin,
}

/// Where its keys come from.
#[derive(Clone, Debug, Default)]
enum Origin {
    #[default]
    Nowhere,
    State(PathBuf),
    Beside(Shared),
}

impl FakeAlibabaOpenApiBuilder {
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

    /// Keeps no call in memory: [`calls`](FakeAlibabaOpenApi::calls) are none, and a fake that runs
    /// for long does not grow with them. A [`log_file`](Self::log_file) has them all the same.
    #[must_use]
    pub fn forget_calls(mut self) -> Self {
        self.memory = Memory::Forgets;
        self
    }

    /// Speaks TLS, with a certificate for 127.0.0.1 from a CA of its own: see
    /// [`ca_pem`](FakeAlibabaOpenApi::ca_pem). [Beside](Self::beside) an instance, it is the same CA.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.security = Security::Tls;
        self
    }

    /// Starts with this access key instead of a random one.
    #[must_use]
    pub fn access_key(mut self, access_key: AccessKey) -> Self {
        self.access_key = Some(access_key);
        self
    }

    /// Has the keys, aliases, secrets and the clock of an instance, and gives it its own.
    /// It has no [state](Self::state) then but that of the instance.
    #[must_use]
    pub fn beside(mut self, instance: &FakeAlibabaInstance) -> Self {
        self.origin = Origin::Beside(instance.kms().clone());
        self
    }

    /// Keeps all it has in this directory: keys, aliases, secrets, access keys, its CA. A fake that starts
    /// with the same directory, now or later, in whatever process, has the same. It is created if it is
    /// not there, and it holds **plaintext keys** of the fake, for its owner alone.
    #[must_use]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.origin = Origin::State(directory.into());
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken, the log file cannot be created, the state cannot be read or written, or
    /// there is no thread to have.
    pub fn start(self) -> io::Result<FakeAlibabaOpenApi> {
        let log = Log::new(self.memory, self.log_file.as_deref())?;
        let kms = match self.origin {
            Origin::Nowhere => Shared::default(),
            Origin::State(directory) => Shared::open(&directory)?,
            Origin::Beside(kms) => kms,
        };
        let access_key = kms.start_access_key(self.access_key).map_err(io::Error::other)?;
        let (transport, ca_pem) = kms.transport(self.security)?;
        let service = Arc::new(OpenApiService::new(kms, log));
        let shared = Arc::<OpenApiService>::clone(&service);
        let server = Server::start_over(transport, self.port, shared)?;
        Ok(FakeAlibabaOpenApi { server, service, access_key, ca_pem })
    }
}
