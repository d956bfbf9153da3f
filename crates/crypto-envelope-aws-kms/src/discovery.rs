//! Whatever KMS keys a message names.

use std::collections::BTreeSet;

use crypto_envelope::{
    EncryptedDataKey, Error, Result,
    provider::{
        KeyDescription, KeyProvider, MultiProvider, Properties, ProviderError, ProviderErrorKind,
        RewrapRequest, Target, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use crate::{
    AwsKmsArn, AwsKmsClients, AwsKmsProvider,
    arn::{check_region, partition_has},
    calls::{Calls, Unwrap},
    rewrap, wrapped_key,
};

/// Unwraps with whatever symmetric KMS keys a message names, and cannot encrypt (AWS Encryption SDK
/// specification, "AWS KMS Discovery Keyring" and "AWS KMS MRK Discovery Keyring").
///
/// A message names its keys before anything of it is verified: the [`AwsKmsDiscoveryFilter`] says whose
/// keys may be asked for at all. Keys that it does not accept, and those of regions that their
/// partition does not have, cause no call. How many failed calls one message may cause is
/// [`Limits::with_max_failed_unwraps`](crypto_envelope::Limits::with_max_failed_unwraps).
///
/// KMS is called in the region of each key. [`only_keys_of`](Self::only_keys_of) leaves out keys of
/// other regions: services that decrypt what strangers send should say it. Where KMS is called is
/// changed by [`asking_in`](Self::asking_in) or [`replicas_in`](Self::replicas_in), of which the last
/// one counts.
///
/// # Security
///
/// A message that opens was wrapped under *some* key of these accounts that the credentials may use:
/// whoever can encrypt under any of them can write it. Where the keys are known, [`AwsKmsProvider`]
/// is the better choice.
#[derive(Clone, Debug)]
pub struct AwsKmsDiscoveryProvider {
    filter: Option<AwsKmsDiscoveryFilter>,
    /// Of which the keys must be, by their ARNs.
    key_regions: Option<BTreeSet<String>>,
    place: Place,
    calls: Calls,
}

/// Whose keys may be asked for: those of one partition and of any of some accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsKmsDiscoveryFilter {
    partition: String,
    accounts: BTreeSet<String>,
}

/// The region in which KMS is called.
#[derive(Clone, Debug)]
enum Place {
    /// That of each key.
    OfKey,
    /// This one, for all keys.
    One(String),
    /// This one; replicas of multi-Region keys are looked for there, other keys have to be there.
    OneWithReplicas(String),
}

impl AwsKmsDiscoveryFilter {
    /// Keys of these accounts in this partition, such as `aws` or `aws-cn`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is no partition, or no account, or one is not of twelve
    /// digits.
    pub fn new<A: Into<String>>(
        partition: impl Into<String>,
        accounts: impl IntoIterator<Item = A>,
    ) -> Result<Self> {
        let partition = partition.into();
        let accounts: BTreeSet<String> = accounts.into_iter().map(Into::into).collect();
        if partition.is_empty() || accounts.is_empty() {
            return Err(Error::invalid_input(
                "a discovery filter needs a partition, such as aws, and at least one account",
            ));
        }
        let is_account = |text: &String| {
            text.len() == ACCOUNT_LENGTH && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if let Some(other) = accounts.iter().find(|account| !is_account(account)) {
            let message =
                format!("{other:?} is not the id of an account, which has {ACCOUNT_LENGTH} digits");
            return Err(Error::invalid_input(message));
        }
        Ok(Self { partition, accounts })
    }

    fn accepts(&self, arn: &AwsKmsArn) -> bool {
        arn.partition() == self.partition && self.accounts.contains(arn.account())
    }
}

impl AwsKmsDiscoveryProvider {
    /// With the keys that `filter` accepts.
    #[must_use]
    pub fn new(clients: &AwsKmsClients, filter: AwsKmsDiscoveryFilter) -> Self {
        Self { filter: Some(filter), ..Self::any_account(clients) }
    }

    /// With the keys of anybody who lets these credentials use them: also of those who wrote the
    /// message to be opened with a key of theirs.
    #[must_use]
    pub fn any_account(clients: &AwsKmsClients) -> Self {
        Self { filter: None, key_regions: None, place: Place::OfKey, calls: Calls::new(clients) }
    }

    /// Only keys that are of these regions, by their ARNs; those of others cause no call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is none, or one cannot be the name of a region.
    pub fn only_keys_of<R: Into<String>>(
        self,
        regions: impl IntoIterator<Item = R>,
    ) -> Result<Self> {
        let regions: BTreeSet<String> = regions.into_iter().map(Into::into).collect();
        if regions.is_empty() {
            return Err(no_region());
        }
        regions.iter().try_for_each(|region| check_region(region))?;
        Ok(Self { key_regions: Some(regions), ..self })
    }

    /// Calls KMS in this region only, for keys of all regions of its partition: those of others are not
    /// found there. This is what the official discovery keyring does with its one client.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if no partition names its regions like this.
    pub fn asking_in(self, region: &str) -> Result<Self> {
        Self::check_place(region)?;
        Ok(Self { place: Place::One(region.to_owned()), ..self })
    }

    /// Multi-Region keys are asked for in this region, wherever they were used; other keys only if
    /// they are of this region. This is what the official multi-Region discovery keyring does.
    ///
    /// # Errors
    ///
    /// As [`asking_in`](Self::asking_in).
    pub fn replicas_in(self, region: &str) -> Result<Self> {
        Self::check_place(region)?;
        Ok(Self { place: Place::OneWithReplicas(region.to_owned()), ..self })
    }

    /// As [`replicas_in`](Self::replicas_in) for one region after the other, until a key was
    /// unwrapped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is none; as [`asking_in`](Self::asking_in).
    pub fn replicas_in_each<R: AsRef<str>>(
        self,
        regions: impl IntoIterator<Item = R>,
    ) -> Result<MultiProvider> {
        let mut each = regions.into_iter().map(|region| self.clone().replicas_in(region.as_ref()));
        let first = each.next().ok_or_else(no_region)??;
        each.try_fold(MultiProvider::new(first), |all, one| Ok(all.with_child(one?)))
    }

    /// Sends these grant tokens with every call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more than ten.
    pub fn with_grant_tokens<T: Into<String>>(
        mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        self.calls.set_grant_tokens(tokens)?;
        Ok(self)
    }

    /// A misspelt region would have no keys at all.
    fn check_place(region: &str) -> Result<()> {
        check_region(region)?;
        if PARTITIONS.iter().any(|partition| partition_has(partition, region)) {
            return Ok(());
        }
        Err(Error::invalid_input(format!(
            "{region} is not the name of a region, such as eu-west-1"
        )))
    }

    /// The ARN to ask for, and where, if there is something to be asked.
    fn own(&self, key: &EncryptedDataKey) -> Option<(AwsKmsArn, String)> {
        let arn = wrapped_key::arn(key, wrapped_key::SYMMETRIC).filter(AwsKmsArn::is_plausible)?;
        if self.filter.as_ref().is_some_and(|filter| !filter.accepts(&arn)) {
            return None;
        }
        let region = arn.region().to_owned();
        if self.key_regions.as_ref().is_some_and(|regions| !regions.contains(&region)) {
            return None;
        }
        match &self.place {
            Place::OfKey => Some((arn, region)),
            // Credentials of one partition do not travel to another.
            Place::One(one) | Place::OneWithReplicas(one)
                if !partition_has(arn.partition(), one) =>
            {
                None
            }
            Place::One(one) => Some((arn, one.clone())),
            Place::OneWithReplicas(one) if arn.is_multi_region() => {
                Some((arn.in_region(one.clone()), one.clone()))
            }
            Place::OneWithReplicas(one) => (region == *one).then_some((arn, region)),
        }
    }
}

#[async_trait]
impl KeyProvider for AwsKmsDiscoveryProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let message = "discovery only decrypts: encrypt with AwsKmsProvider, which names the key";
        Err(ProviderError::new(ProviderErrorKind::Unsupported, message).into())
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some((arn, region)) = self.own(request.key) else { return Ok(Unwrapped::NotMine) };
        let unwrap = Unwrap::new(request.key, &arn, &region, request.context);
        let secret = self.calls.decrypt(unwrap, None).await?;
        wrapped_key::check_length(&secret, request.target, &arn)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.own(key).and_then(|_| AwsKmsProvider::recognize(key))
    }

    /// Without a filter it does not authenticate the wrapper: anybody can let everybody use a key.
    fn properties(&self) -> Properties {
        match self.filter {
            Some(_) => AwsKmsProvider::PROPERTIES,
            None => Properties::new(AwsKmsProvider::PROPERTIES.targets).binding_context(),
        }
    }

    /// By `kms:ReEncrypt` where [`AwsKmsProvider`] would.
    async fn rewrap_natively(
        &self,
        request: RewrapRequest<'_>,
    ) -> Result<Option<Vec<EncryptedDataKey>>> {
        self.properties().check(Target::Detached(request.source))?;
        let Some((arn, region)) = self.own(request.key) else { return Ok(None) };
        let source = Unwrap::new(request.key, &arn, &region, request.source_context);
        rewrap::natively(&self.calls, source, &request).await
    }
}

const ACCOUNT_LENGTH: usize = 12;
const PARTITIONS: [&str; 5] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso"];

fn no_region() -> Error {
    Error::invalid_input("at least one region is needed")
}
