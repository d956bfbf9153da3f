//! Several KMS keys on one message.

use crypto_envelope::{Error, Result, provider::MultiProvider};

use crate::{AwsKmsArn, AwsKmsClients, AwsKmsProvider, arn::KmsKeyId};

/// Puts several KMS keys into one provider, each called in its own region (AWS Encryption SDK
/// specification, "AWS KMS Multi-Keyrings"): the first generates the data keys, the others wrap them
/// too, and any of them opens the message.
///
/// ```no_run
/// # async fn example() -> crypto_envelope::Result<()> {
/// use crypto_envelope_aws_kms::{AwsKmsClients, AwsKmsKeysBuilder};
///
/// let clients = AwsKmsClients::load().await?;
/// let provider = AwsKmsKeysBuilder::new(&clients)
///     .key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
///     .key("arn:aws:kms:eu-west-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321")
///     .build()?;
/// # let _ = provider;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AwsKmsKeysBuilder {
    clients: AwsKmsClients,
    keys: Vec<String>,
    multi_region_aware: bool,
    grant_tokens: Vec<String>,
}

impl AwsKmsKeysBuilder {
    /// No key yet.
    pub fn new(clients: &AwsKmsClients) -> Self {
        let clients = clients.clone();
        Self { clients, keys: Vec::new(), multi_region_aware: false, grant_tokens: Vec::new() }
    }

    /// With one more key, by its ARN or that of an alias.
    pub fn key(mut self, arn: impl Into<String>) -> Self {
        self.keys.push(arn.into());
        self
    }

    /// Takes the replicas of each multi-Region key for the same key.
    pub fn multi_region_aware(mut self) -> Self {
        self.multi_region_aware = true;
        self
    }

    /// Sends these grant tokens with every call.
    pub fn grant_tokens<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.grant_tokens = tokens.into_iter().map(Into::into).collect();
        self
    }

    /// The provider.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is no key, one is not named by an ARN, or one is there twice
    /// (also in two regions, with [`multi_region_aware`](Self::multi_region_aware)), or there are
    /// more than ten grant tokens.
    pub fn build(self) -> Result<MultiProvider> {
        let ids = self.keys.iter().map(|key| KmsKeyId::parse(key)).collect::<Result<Vec<_>>>()?;
        for (index, id) in ids.iter().enumerate() {
            let arn = id.arn().ok_or_else(|| {
                Error::invalid_input(format!("{id} is not an ARN: several keys need their regions"))
            })?;
            if ids[..index].iter().filter_map(KmsKeyId::arn).any(|other| self.is_same(arn, other)) {
                let message = format!("the key {arn} is there twice");
                return Err(Error::invalid_input(message));
            }
        }
        let mut keys = self.keys.iter().map(|key| self.provider(key));
        let generator =
            keys.next().ok_or_else(|| Error::invalid_input("no KMS key is given"))??;
        keys.try_fold(MultiProvider::new(generator), |all, key| Ok(all.with_child(key?)))
    }

    fn is_same(&self, one: &AwsKmsArn, other: &AwsKmsArn) -> bool {
        one == other || self.multi_region_aware && one.is_same_key(other)
    }

    fn provider(&self, key: &str) -> Result<AwsKmsProvider> {
        let provider = AwsKmsProvider::new(&self.clients, key)?;
        let provider = provider.with_grant_tokens(self.grant_tokens.clone())?;
        Ok(if self.multi_region_aware { provider.multi_region_aware() } else { provider })
    }
}
