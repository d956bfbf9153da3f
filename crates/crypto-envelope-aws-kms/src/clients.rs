//! Clients of KMS, one for each region.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_kms::Client;
use aws_types::{SdkConfig, region::Region};
use crypto_envelope::{Error, Result};

use crate::{
    KmsClientsBuilder, arn,
    settings::{self, client_config},
};

/// Makes clients of AWS KMS, one for each region that is needed, and keeps them. Clones share them.
///
/// It has the credentials; the providers have the rules. From [`load`](Self::load) it gets what the
/// AWS tools would use on this machine, from [`new`](Self::new) any configuration of the AWS SDK.
#[derive(Clone)]
pub struct KmsClients(Arc<Clients>);

struct Clients {
    source: Source,
    /// Of keys that name none.
    default_region: Option<String>,
    made: Mutex<BTreeMap<String, Client>>,
}

enum Source {
    Config(Box<SdkConfig>),
    Function(Box<dyn Fn(&str) -> Client + Send + Sync>),
}

impl KmsClients {
    /// With the configuration of the AWS SDK: credentials, timeouts, retries, endpoint, HTTP client
    /// and all else. The region is that of each key; the one of the configuration serves keys that
    /// name none. What it leaves open is set as [`KmsClientsBuilder`] says.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let default_region = config.region().map(ToString::to_string);
        let config = settings::with_defaults(config);
        Self::of(Source::Config(Box::new(config)), default_region)
    }

    /// With a function that makes the client of a region, for those who use another role or another
    /// endpoint in each. It is called once for each region. Keys have to say their region.
    ///
    /// Its clients are used as they are: give them timeouts.
    #[must_use]
    pub fn from_fn(client_of_region: impl Fn(&str) -> Client + Send + Sync + 'static) -> Self {
        Self::of(Source::Function(Box::new(client_of_region)), None)
    }

    /// Starts to change settings of a configuration.
    pub fn builder(config: &SdkConfig) -> KmsClientsBuilder {
        KmsClientsBuilder::new(config)
    }

    /// The client for calls of one's own, such as to create keys.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if `region` cannot be the name of a region.
    pub fn client(&self, region: &str) -> Result<Client> {
        arn::check_region(region)?;
        // A thread that panicked while it made a client left the map as it was.
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(region) {
            return Ok(client.clone());
        }
        let client = self.0.source.make(region);
        made.insert(region.to_owned(), client.clone());
        Ok(client)
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
        Self(Arc::new(Clients { source, default_region, made: Mutex::default() }))
    }
}

impl Source {
    fn make(&self, region: &str) -> Client {
        match self {
            Self::Config(config) => {
                let config = client_config(config).region(Region::new(region.to_owned()));
                Client::from_conf(config.build())
            }
            Self::Function(client_of_region) => client_of_region(region),
        }
    }
}

impl fmt::Debug for KmsClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsClients").field("region", &self.0.default_region).finish_non_exhaustive()
    }
}
