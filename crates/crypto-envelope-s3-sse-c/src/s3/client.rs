//! The client.

use std::{fmt, sync::Arc};

use aws_sdk_s3::Client;
use aws_types::SdkConfig;
use crypto_envelope_aws::guard::Transport;

use crate::{SseCClientBuilder, s3::probe::Probed};

/// S3, or a server that speaks it, with keys that it does not keep.
///
/// It makes the calls of an [`aws_sdk_s3::Client`], and relies on no answer that does not say that the key was
/// used. Its futures belong into a tokio runtime. Clones share all.
#[derive(Clone)]
pub struct SseCClient(Arc<Shared>);

struct Shared {
    s3: Client,
    transport: Transport,
    declaration: Declaration,
    probed: Probed,
}

/// Whether writes also ask for encryption with keys of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declaration {
    /// By the customer key alone: what Amazon S3 wants.
    #[default]
    CustomerKey,
    /// With `x-amz-server-side-encryption: AES256` beside it, for Ceph and buckets whose policy refuses writes
    /// without that header. Amazon S3 refuses both together.
    Aes256Too,
}

impl SseCClient {
    /// With the configuration of the AWS SDK; what it leaves open is set as [`SseCClientBuilder`] says.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        SseCClientBuilder::new(config).assemble()
    }

    /// Starts to change settings of a configuration.
    pub fn builder(config: &SdkConfig) -> SseCClientBuilder {
        SseCClientBuilder::new(config)
    }

    /// With a client of one's own, as it is set.
    #[must_use]
    pub fn of(s3: Client) -> Self {
        Self::with(s3, Transport::PlainToThisMachine, Declaration::default())
    }

    pub(crate) fn with(s3: Client, transport: Transport, declaration: Declaration) -> Self {
        let probed = Probed::default();
        Self(Arc::new(Shared { s3, transport, declaration, probed }))
    }

    /// The client below, to build requests with, and for calls of one's own.
    #[must_use]
    pub fn s3(&self) -> &Client {
        &self.0.s3
    }

    pub(crate) fn transport(&self) -> Transport {
        self.0.transport
    }

    pub(crate) fn declaration(&self) -> Declaration {
        self.0.declaration
    }

    /// What is known of this server.
    pub(crate) fn probed(&self) -> &Probed {
        &self.0.probed
    }
}

impl fmt::Debug for SseCClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseCClient").finish_non_exhaustive()
    }
}
