//! Branch keys in a table of DynamoDB.

mod item;
mod table;

use std::fmt;

use aws_sdk_dynamodb::Client;
use crypto_envelope::{
    EncryptionContext, Error, Result,
    provider::{ProviderError, ProviderErrorKind, async_trait},
};

use self::{
    item::{Item, Kind},
    table::{Condition, Table},
};
use super::{BranchKeyMaterial, BranchKeySource, BranchKeyVersion};
use crate::{
    AwsKmsArn, AwsKmsClients,
    arn::{self, KmsKeyId},
    calls::{Calls, Unwrap},
    wrapped_key,
};

/// Branch keys in a table of DynamoDB, wrapped by KMS, as the official SDKs have them (AWS Encryption SDK specification, "Branch
/// Key Store"). The table has the hash key `branch-key-id` and the range key `type`, both strings.
///
/// # Security
///
/// KMS binds each branch key to all that its item says, and to the logical name of the store: an item that is changed or
/// exchanged does not open, as long as the store [names the KMS key](Self::new). One that [discovers](Self::discovering) it takes
/// what whoever can write to the table wrapped with a KMS key of his own: he then knows the branch key. Whoever can write to the
/// table can put old items back, and make an older version the active one.
///
/// Branch keys are of the version 1 of hierarchies, which the official SDKs make.
///
/// ```no_run
/// use std::time::Duration;
///
/// use crypto_envelope::{EncryptionContext, Encryptor, Result};
/// use crypto_envelope_aws_kms::{
///     AwsBranchKeyStore, AwsKmsClients, AwsKmsHierarchyProvider, aws_sdk_dynamodb::Client,
/// };
///
/// async fn of_a_tenant(clients: &AwsKmsClients, dynamodb: Client, key_arn: &str) -> Result<Encryptor> {
///     let store = AwsBranchKeyStore::new(clients, dynamodb, "branch-keys", "branch-keys", key_arn)?;
///     let id = store.create().await?; // once: keep it beside the tenant
///     let provider = AwsKmsHierarchyProvider::new(store, id, Duration::from_mins(10))?;
///     Ok(Encryptor::new(provider))
/// }
/// ```
#[derive(Clone)]
pub struct AwsBranchKeyStore {
    table: Table,
    logical_name: String,
    keys: Keys,
    calls: Calls,
}

/// The KMS keys that branch keys may be under.
#[derive(Clone, Debug)]
enum Keys {
    One(AwsKmsArn),
    OneInAllRegions(AwsKmsArn),
    /// Whatever an item says.
    Discovered,
    /// The same, as replicas in a region.
    DiscoveredIn(String),
}

impl AwsBranchKeyStore {
    /// With branch keys under one KMS key. `logical_name` is what KMS binds them to; it stays the same if the table is
    /// restored under another name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not the ARN of a key.
    pub fn new(
        clients: &AwsKmsClients,
        dynamodb: Client,
        table: impl Into<String>,
        logical_name: impl Into<String>,
        key_arn: &str,
    ) -> Result<Self> {
        let keys = Keys::One(wrapped_key::key_arn(key_arn)?);
        Ok(Self::of(clients, dynamodb, table.into(), logical_name.into(), keys))
    }

    /// With branch keys under whatever KMS key the table names, as far as the credentials may use it. Makes none.
    ///
    /// **Whoever can write to the table can put a branch key there that he knows**, under a KMS key of his own, and read what
    /// is encrypted from then on: grant `kms:Decrypt` on the right keys alone.
    pub fn discovering(
        clients: &AwsKmsClients,
        dynamodb: Client,
        table: impl Into<String>,
        logical_name: impl Into<String>,
    ) -> Self {
        Self::of(clients, dynamodb, table.into(), logical_name.into(), Keys::Discovered)
    }

    /// Takes the replicas of a multi-Region key for the same key, and asks for the one of its own ARN.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the store discovers its KMS keys.
    pub fn multi_region_aware(mut self) -> Result<Self> {
        let (Keys::One(arn) | Keys::OneInAllRegions(arn)) = self.keys else {
            return Err(Error::invalid_input("a store that discovers its KMS keys names none"));
        };
        self.keys = Keys::OneInAllRegions(arn);
        Ok(self)
    }

    /// Looks for the replicas of discovered multi-Region keys in this region.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it cannot be the name of a region, or the store names its KMS key.
    pub fn replicas_in(mut self, region: &str) -> Result<Self> {
        arn::check_region(region)?;
        if let Keys::One(_) | Keys::OneInAllRegions(_) = self.keys {
            return Err(Error::invalid_input("a store that names its KMS key discovers none"));
        }
        self.keys = Keys::DiscoveredIn(region.to_owned());
        Ok(self)
    }

    /// Sends these grant tokens with every call of KMS.
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

    /// Makes a branch key with a random id, which is returned.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`] if KMS or DynamoDB refuses; [`Error::InvalidInput`] if the store discovers its keys.
    pub async fn create(&self) -> Result<String> {
        let id = BranchKeyVersion::random()?.to_string();
        self.create_items(&id, &EncryptionContext::new()).await?;
        Ok(id)
    }

    /// Makes a branch key with this id, and binds it to a context of its own, which must not be empty.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); [`Error::InvalidInput`] if the context or the id is empty; a [`ProviderError`] if there
    /// is such a branch key.
    pub async fn create_named(&self, id: &str, context: &EncryptionContext) -> Result<()> {
        super::check_id(id)?;
        if context.is_empty() {
            return Err(Error::invalid_input(
                "a branch key with an id of one's choice needs a context of its own",
            ));
        }
        self.create_items(id, context).await
    }

    /// Makes a new version of a branch key, which wraps from now on. Those who keep the old one go on with that for its
    /// time to live.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); a [`ProviderError`] if there is no such branch key, or another one made a version at the
    /// same time.
    pub async fn rotate(&self, id: &str) -> Result<BranchKeyVersion> {
        self.named_key()?;
        let active = self.table.get(id, Kind::Active).await?;
        let arn = self.key_of(id, &active)?;
        // Nobody is to build on what somebody else wrote.
        self.re_encrypt(&arn, &active, &active).await?;
        let version = BranchKeyVersion::random()?;
        let [newest, next] = self.versions(&arn, &active.renewed(), version).await?;
        let replaces = Condition::Replaces(active.ciphertext().to_vec());
        self.table.put_all(id, vec![(newest, Condition::IsNew), (next, replaces)]).await?;
        Ok(version)
    }

    fn of(
        clients: &AwsKmsClients,
        dynamodb: Client,
        table: String,
        logical_name: String,
        keys: Keys,
    ) -> Self {
        let (table, calls) = (Table::new(dynamodb, table), Calls::new(clients));
        Self { table, logical_name, keys, calls }
    }

    async fn create_items(&self, id: &str, context: &EncryptionContext) -> Result<()> {
        let arn = self.named_key()?;
        let item = Item::new(id, arn, context);
        let [first, active] = self.versions(arn, &item, BranchKeyVersion::random()?).await?;
        let beacon = item.of_kind(Kind::Beacon, None);
        let wrapped = self.generate(arn, &beacon).await?;
        let puts = [first, active, beacon.with_ciphertext(wrapped)];
        self.table.put_all(id, puts.map(|item| (item, Condition::IsNew)).into()).await
    }

    /// A new version, with a key that KMS made, and the same one as the active one.
    async fn versions(
        &self,
        arn: &AwsKmsArn,
        item: &Item,
        version: BranchKeyVersion,
    ) -> Result<[Item; 2]> {
        let newest = item.of_kind(Kind::Version(version), None);
        let wrapped = self.generate(arn, &newest).await?;
        let newest = newest.with_ciphertext(wrapped);
        let active = item.of_kind(Kind::Active, Some(version));
        let wrapped = self.re_encrypt(arn, &newest, &active).await?;
        Ok([newest, active.with_ciphertext(wrapped)])
    }

    /// The key in clear of an item.
    async fn open(&self, id: &str, kind: Kind) -> Result<BranchKeyMaterial> {
        let item = self.table.get(id, kind).await?;
        let version = item.version(kind).ok_or_else(|| self.table.broken(id, "version"))?;
        let arn = self.key_of(id, &item)?;
        let context = item.context(&self.logical_name);
        let key = self.calls.decrypt(unwrap_of(&arn, &item, &context), None).await?;
        BranchKeyMaterial::new(version, key).map_err(|_| self.table.broken(id, "enc"))
    }

    /// The KMS key to ask for the key of an item.
    fn key_of(&self, id: &str, item: &Item) -> Result<AwsKmsArn> {
        let arn = wrapped_key::key_arn(item.kms_arn())?;
        let own = match &self.keys {
            Keys::One(own) if *own == arn => Some(arn),
            Keys::OneInAllRegions(own) if arn.is_same_key(own) => Some(own.clone()),
            Keys::One(_) | Keys::OneInAllRegions(_) => None,
            Keys::DiscoveredIn(region) if arn.is_multi_region() => {
                Some(arn.in_region(region.clone()))
            }
            Keys::Discovered | Keys::DiscoveredIn(_) => Some(arn),
        };
        own.filter(AwsKmsArn::is_plausible).ok_or_else(|| {
            let message = format!(
                "the branch key {id:?} is under the KMS key {}, and not under that of this store",
                item.kms_arn()
            );
            ProviderError::new(ProviderErrorKind::Denied, message).into()
        })
    }

    /// The KMS key that branch keys are made under.
    fn named_key(&self) -> Result<&AwsKmsArn> {
        match &self.keys {
            Keys::One(arn) | Keys::OneInAllRegions(arn) => Ok(arn),
            Keys::Discovered | Keys::DiscoveredIn(_) => Err(Error::invalid_input(
                "a store that discovers its KMS keys makes no branch keys: name the KMS key",
            )),
        }
    }

    async fn generate(&self, arn: &AwsKmsArn, item: &Item) -> Result<Vec<u8>> {
        let (key, context) = (KmsKeyId::Arn(arn.clone()), item.context(&self.logical_name));
        let length = super::source::KEY_LENGTH;
        let wrapped = self.calls.generate_without_plaintext(&key, length, &context).await?;
        Ok(wrapped.ciphertext)
    }

    /// The key of one item, bound to another one.
    async fn re_encrypt(&self, arn: &AwsKmsArn, from: &Item, to: &Item) -> Result<Vec<u8>> {
        let (source, target) = (from.context(&self.logical_name), to.context(&self.logical_name));
        let key = KmsKeyId::Arn(arn.clone());
        let from = unwrap_of(arn, from, &source);
        Ok(self.calls.re_encrypt(from, &self.calls, &key, &target).await?.ciphertext)
    }
}

fn unwrap_of<'a>(arn: &'a AwsKmsArn, item: &'a Item, context: &'a EncryptionContext) -> Unwrap<'a> {
    let (region, ciphertext) = (arn.region(), item.ciphertext());
    Unwrap { arn, region, ciphertext, context: Some(context) }
}

#[async_trait]
impl BranchKeySource for AwsBranchKeyStore {
    async fn active(&self, id: &str) -> Result<BranchKeyMaterial> {
        self.open(id, Kind::Active).await
    }

    async fn version(&self, id: &str, version: BranchKeyVersion) -> Result<BranchKeyMaterial> {
        self.open(id, Kind::Version(version)).await
    }

    fn authenticates(&self) -> bool {
        matches!(self.keys, Keys::One(_) | Keys::OneInAllRegions(_))
    }
}

impl fmt::Debug for AwsBranchKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsBranchKeyStore")
            .field("table", &self.table.name())
            .field("logical_name", &self.logical_name)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
