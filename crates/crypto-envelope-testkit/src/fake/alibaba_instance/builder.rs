//! What a fake starts with.

use std::{io, path::PathBuf, sync::Arc};

use super::{FakeAlibabaInstance, service::InstanceService};
use crate::fake::{
    alibaba_kms::shared::{Security, Shared},
    http::Server,
    log::{Log, Memory},
};

/// Starts a [`FakeAlibabaInstance`] that is not the usual one.
#[derive(Clone, Debug, Default)]
pub struct FakeAlibabaInstanceBuilder {
    port: u16,
    log_file: Option<PathBuf>,
    memory: Memory,
    security: Security,
    state: Option<PathBuf>,
}

impl FakeAlibabaInstanceBuilder {
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

    /// Keeps no call in memory: [`calls`](FakeAlibabaInstance::calls) are none, and a fake that runs
    /// for long does not grow with them. A [`log_file`](Self::log_file) has them all the same.
    #[must_use]
    pub fn forget_calls(mut self) -> Self {
        self.memory = Memory::Forgets;
        self
    }

    /// Speaks TLS, with a certificate for 127.0.0.1 from a CA of its own: see
    /// [`ca_pem`](FakeAlibabaInstance::ca_pem).
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.security = Security::Tls;
        self
    }

    /// Keeps all it has in this directory: keys, aliases, secrets, `ClientKey`s, its CA. A fake that starts
    /// with the same directory, now or later, in whatever process, has the same. It is created if it is
    /// not there, and it holds **plaintext keys** of the fake, for its owner alone.
    #[must_use]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken, the log file cannot be created, the state cannot be read or written, or
    /// there is no thread to have.
    pub fn start(self) -> io::Result<FakeAlibabaInstance> {
        let log = Log::new(self.memory, self.log_file.as_deref())?;
        let kms = self.state.as_deref().map_or_else(|| Ok(Shared::default()), Shared::open)?;
        let (id, client_key) = kms.start_instance().map_err(io::Error::other)?;
        let (transport, ca_pem) = kms.transport(self.security)?;
        let service = Arc::new(InstanceService::new(kms, log));
        let shared = Arc::<InstanceService>::clone(&service);
        let server = Server::start_over(transport, self.port, shared)?;
        Ok(FakeAlibabaInstance { server, service, id, client_key, ca_pem })
    }
}
