//! Servers that play S3 as AWS has it. They keep what they are given as it is.

use crate::{
    s3_servers::{REGION, S3Endpoint},
    server::{PythonServer, ServerProcess},
    vectors::Result,
};

/// <https://pypi.org/project/ministack>. It compares keys of customers, and encrypts nothing.
#[derive(Debug)]
pub struct Ministack(ServerProcess);

impl Ministack {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        ServerProcess::start(PythonServer::MINISTACK).map(Self)
    }

    /// Without TLS, which it does not have.
    #[must_use]
    pub fn http_insecure(&self) -> S3Endpoint {
        anybody(&self.0)
    }
}

/// <https://pypi.org/project/moto>. It passes over keys of customers in silence.
#[derive(Debug)]
pub struct Moto(ServerProcess);

impl Moto {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        ServerProcess::start(PythonServer::MOTO).map(Self)
    }

    /// Without TLS, which it does not have.
    #[must_use]
    pub fn http_insecure(&self) -> S3Endpoint {
        anybody(&self.0)
    }
}

/// They do not look at who asks.
fn anybody(process: &ServerProcess) -> S3Endpoint {
    S3Endpoint {
        url: process.endpoint(),
        region: REGION.to_owned(),
        access_key: "test".to_owned(),
        secret_key: "test".to_owned(),
        ca: None,
    }
}
