//! A fake AWS KMS, and clients of ours for it.

pub mod interop;
pub mod servers;

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_aws_kms::{
    AwsKmsClients, AwsKmsClientsBuilder, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider,
    AwsKmsProvider, SdkConfig,
    aws_sdk_kms::config::{Credentials, SharedCredentialsProvider},
};
use crypto_envelope_testkit::fake::aws_kms::{Call, FakeAwsKms};
use serde_json::{Value, json};

use crate::vectors::{Result, strings, text};

/// A running fake, and clients for it. It ends when it is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct Kms {
    /// The service.
    pub fake: FakeAwsKms,
    /// What calls it.
    pub clients: AwsKmsClients,
}

impl Kms {
    /// One that has no key yet.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start() -> Result<Self> {
        Self::of(FakeAwsKms::start()?)
    }

    /// One that has all keys of the vectors.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn with_vector_keys() -> Result<Self> {
        Self::of(FakeAwsKms::with_vector_keys()?)
    }

    /// The provider that a `keyring` of the vectors describes, if it is one of KMS.
    ///
    /// # Errors
    ///
    /// If it is not described well.
    pub fn provider(&self, keyring: &Value) -> Result<Option<Box<dyn KeyProvider>>> {
        let strict = || -> Result<_> {
            let provider = AwsKmsProvider::new(&self.clients, text(&keyring["key_arn"])?)?;
            Ok(provider.with_grant_tokens(strings(&keyring["grant_tokens"])?)?)
        };
        Ok(Some(match text(&keyring["type"])? {
            "aws-kms" => Box::new(strict()?),
            "aws-kms-mrk" => Box::new(strict()?.multi_region_aware()),
            "aws-kms-discovery" => {
                Box::new(self.discovery(keyring)?.asking_in(text(&keyring["region"])?)?)
            }
            "aws-kms-mrk-discovery" => {
                Box::new(self.discovery(keyring)?.replicas_in(text(&keyring["region"])?)?)
            }
            _ => return Ok(None),
        }))
    }

    /// The calls since the last look, as the vectors record them.
    #[allow(clippy::must_use_candidate, reason = "also to forget them")]
    pub fn take_calls(&self) -> Vec<Value> {
        self.fake.take_calls().iter().map(recorded).collect()
    }

    fn of(fake: FakeAwsKms) -> Result<Self> {
        let clients = clients_for(&fake.endpoint()).build()?;
        Ok(Self { fake, clients })
    }

    fn discovery(&self, keyring: &Value) -> Result<AwsKmsDiscoveryProvider> {
        let filter = &keyring["discovery_filter"];
        if filter.is_null() {
            return Ok(AwsKmsDiscoveryProvider::any_account(&self.clients));
        }
        let accounts = strings(&filter["account_ids"])?;
        let filter = AwsKmsDiscoveryFilter::new(text(&filter["partition"])?, accounts)?;
        Ok(AwsKmsDiscoveryProvider::new(&self.clients, filter))
    }
}

/// Clients for a service on this machine, with credentials that it does not check.
pub fn clients_for(endpoint: &str) -> AwsKmsClientsBuilder {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    let config = SdkConfig::builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    AwsKmsClients::builder(&config).endpoint_url(endpoint)
}

fn recorded(call: &Call) -> Value {
    json!({ "op": call.operation, "region": call.region, "request": call.request })
}
