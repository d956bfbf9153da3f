//! Clients of KMS, one for each region.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_sdk_kms::Client;
use aws_types::{SdkConfig, region::Region};
use crypto_envelope::{Error, Result};
use crypto_envelope_aws::guard::Transport;

use crate::{AwsKmsClientsBuilder, arn, guard::Guard, settings};

/// Makes clients of AWS KMS, one for each region that is needed, and keeps them. Clones share them.
///
/// It has the credentials; the providers have the rules. From [`load`](Self::load) it gets what the
/// AWS tools would use on this machine, from [`new`](Self::new) any configuration of the AWS SDK.
#[derive(Clone)]
pub struct AwsKmsClients(Arc<Clients>);

struct Clients {
    source: Source,
    /// Of keys that name none.
    default_region: Option<String>,
    /// By their regions, the one that was used last behind the others.
    kept: Mutex<Vec<(String, Client)>>,
}

enum Source {
    Config(Box<SdkConfig>, Guard),
    Function(Box<dyn Fn(&str) -> Client + Send + Sync>),
}

impl AwsKmsClients {
    /// With the configuration of the AWS SDK: credentials, timeouts, retries, endpoint, HTTP client
    /// and all else. The region is that of each key; the one of the configuration serves keys that
    /// name none. What it leaves open is set as [`AwsKmsClientsBuilder`] says.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self::with_transport(config, Transport::PlainToThisMachine)
    }

    pub(crate) fn with_transport(config: &SdkConfig, transport: Transport) -> Self {
        let default_region = config.region().map(ToString::to_string);
        let config = Box::new(settings::with_defaults(config));
        Self::of(Source::Config(config, Guard { transport }), default_region)
    }

    /// With a function that makes the client of a region, for those who use another role or another
    /// endpoint in each. Its clients are kept for a while and asked for again. Keys have to say their
    /// region.
    ///
    /// The clients are used as they are: give them timeouts. Nothing here bounds their answers, or
    /// keeps them from HTTP without TLS.
    #[must_use]
    pub fn from_fn(client_of_region: impl Fn(&str) -> Client + Send + Sync + 'static) -> Self {
        Self::of(Source::Function(Box::new(client_of_region)), None)
    }

    /// Starts to change settings of a configuration.
    pub fn builder(config: &SdkConfig) -> AwsKmsClientsBuilder {
        AwsKmsClientsBuilder::new(config)
    }

    /// The client for calls of one's own, such as to create keys. Answers over 64 KiB are refused, so
    /// lists have to be asked for in pages of a hundred or so.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if `region` cannot be the name of a region.
    pub fn client(&self, region: &str) -> Result<Client> {
        arn::check_region(region)?;
        if let Some(client) = self.find(region) {
            return Ok(client);
        }
        // Not under the lock: it takes its time, and may be a function that comes here again.
        let client = self.0.source.make(region);
        let mut kept = self.kept();
        let is_full = kept.len() >= MOST_CLIENTS;
        let dropped = is_full.then(|| kept.remove(0));
        kept.push((region.to_owned(), client.clone()));
        drop(kept);
        drop(dropped);
        Ok(client)
    }

    /// Whether both are clones of one, with the same credentials and endpoints.
    pub(crate) fn are(&self, others: &Self) -> bool {
        Arc::ptr_eq(&self.0, &others.0)
    }

    /// The region of keys that name none.
    pub(crate) fn default_region(&self) -> Result<&str> {
        self.0.default_region.as_deref().ok_or_else(|| {
            Error::invalid_input(
                "neither the id of the KMS key nor the configuration says a region: give the ARN of \
                 the key, or set AWS_REGION",
            )
        })
    }

    fn of(source: Source, default_region: Option<String>) -> Self {
        Self(Arc::new(Clients { source, default_region, kept: Mutex::default() }))
    }

    /// The client of a region, which counts as used.
    fn find(&self, region: &str) -> Option<Client> {
        let mut kept = self.kept();
        let place = kept.iter().position(|(of, _)| of == region)?;
        let found = kept.remove(place);
        let client = found.1.clone();
        kept.push(found);
        Some(client)
    }

    /// Nothing panics while it holds the lock.
    fn kept(&self) -> MutexGuard<'_, Vec<(String, Client)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn make(&self, region: &str) -> Client {
        match self {
            Self::Config(config, guard) => {
                let config = aws_sdk_kms::config::Builder::from(&**config).interceptor(*guard);
                Client::from_conf(config.region(Region::new(region.to_owned())).build())
            }
            Self::Function(client_of_region) => client_of_region(region),
        }
    }
}

impl fmt::Debug for AwsKmsClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKmsClients")
            .field("region", &self.0.default_region)
            .finish_non_exhaustive()
    }
}

/// Messages name regions. What is rarely used is made again.
const MOST_CLIENTS: usize = 32;
