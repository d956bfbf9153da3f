//! The client.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

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
    /// By the names of buckets.
    probed: Mutex<HashMap<String, Arc<Probed>>>,
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
    pub fn from_client(s3: Client) -> Self {
        Self::with(s3, Transport::PlainToThisMachine, Declaration::default())
    }

    pub(crate) fn with(s3: Client, transport: Transport, declaration: Declaration) -> Self {
        let probed = Mutex::default();
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

    /// What is known of this server and a bucket of it.
    pub(crate) fn probed(&self, bucket: &str) -> Arc<Probed> {
        let mut probed = self.0.probed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = probed.get(bucket).filter(|known| !known.is_old()).cloned();
        known.unwrap_or_else(|| {
            let new = Arc::new(Probed::new());
            probed.insert(bucket.to_owned(), Arc::clone(&new));
            new
        })
    }
}

impl fmt::Debug for SseCClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseCClient").finish_non_exhaustive()
    }
}
