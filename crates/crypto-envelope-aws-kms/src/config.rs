//! Configuration as the AWS tools find it.

use crypto_envelope::Result;
use crypto_envelope_aws::config;

use crate::{AwsKmsClients, AwsKmsClientsBuilder};

impl AwsKmsClients {
    /// With what the AWS tools would use here: credentials and region from the environment, the
    /// shared configuration files, a web identity, a container or the instance, in that order.
    ///
    /// # Errors
    ///
    /// If no thread can be started. Missing credentials are noticed by the first call.
    pub async fn load() -> Result<Self> {
        Self::loader(None).await?.build()
    }

    /// As [`load`](Self::load), with settings to change.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_builder() -> Result<AwsKmsClientsBuilder> {
        Self::loader(None).await
    }

    /// As [`load_builder`](Self::load_builder), with this profile of the shared configuration files
    /// and no other credentials than those that it says: neither keys in the environment nor a role of
    /// this machine take their place.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_profile_builder(name: &str) -> Result<AwsKmsClientsBuilder> {
        Self::loader(Some(name.to_owned())).await
    }

    async fn loader(profile: Option<String>) -> Result<AwsKmsClientsBuilder> {
        Ok(Self::builder(&config::load(profile).await?))
    }
}
