//! `aws-kms:discovery`.

use std::path::Path;

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_aws_kms::{AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider};

use super::{access::Settings, said, strict::unknown_multi_region};
use crate::{
    failure::Failure,
    provider::{Opening, Spec, options::Options},
    report::Operation,
};

/// Whatever keys of KMS a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Discovery {
    /// Whose keys; without one, anybody's.
    filter: Option<AwsKmsDiscoveryFilter>,
    /// Of which the keys must be.
    key_regions: Option<Vec<String>>,
    place: Place,
    settings: Settings,
}

/// Where KMS is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In the region of each key.
    OfKey,
    /// Here, for all keys.
    One(String),
    /// In one after the other, for replicas of multi-Region keys.
    Replicas(Vec<String>),
}

impl Discovery {
    pub(super) fn parse(mut options: Options) -> Result<Self, String> {
        let (partition, accounts) = (options.take("partition"), options.take_list("accounts"));
        let parsed = Self {
            filter: filter(partition, accounts)?,
            key_regions: options.take_list("key-regions"),
            place: Place::take(&mut options)?,
            settings: Settings::take(&mut options),
        };
        options.none_left(
            "accounts, partition, key-regions, region, multi-region, profile, endpoint, \
             grant-token, grant-token-file",
        )?;
        Ok(parsed)
    }
}

/// That there is none has to be said.
fn filter(
    partition: Option<String>,
    accounts: Option<Vec<String>>,
) -> Result<Option<AwsKmsDiscoveryFilter>, String> {
    let accounts = accounts.ok_or(
        "whose keys? accounts=ID,ID says it; or accounts=any, also those of whoever wrote the \
         message",
    )?;
    if accounts == ["any"] {
        return match partition {
            None => Ok(None),
            Some(_) => Err("accounts=any is of all partitions".to_owned()),
        };
    }
    let partition = partition.unwrap_or_else(|| "aws".to_owned());
    AwsKmsDiscoveryFilter::new(partition, accounts).map(Some).map_err(said)
}

impl Place {
    fn take(options: &mut Options) -> Result<Self, String> {
        let regions = options.take_list("region").unwrap_or_default();
        match (&regions[..], options.take("multi-region").as_deref()) {
            ([], None) => Ok(Self::OfKey),
            ([region], None) => Ok(Self::One(region.clone())),
            (_, None) => {
                Err("one region to ask in; key-regions=REGION,REGION says of which regions \
                              keys may be"
                    .to_owned())
            }
            ([], Some("aware")) => {
                Err("where to look for multi-Region keys? region=REGION,REGION says it".to_owned())
            }
            (_, Some("aware")) => Ok(Self::Replicas(regions)),
            (_, Some(other)) => Err(unknown_multi_region(other)),
        }
    }
}

impl Spec for Discovery {
    fn files(&self) -> Vec<&Path> {
        self.settings.file().into_iter().collect()
    }

    fn check(&self, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::Decrypt => Ok(()),
            Operation::Encrypt => Err(Failure::usage(
                "aws-kms:discovery only decrypts: it takes the keys that a \
                                    message names",
            )
            .hint("name the key to encrypt with: --provider aws-kms:ARN")),
        }
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let tokens = self.settings.grant_tokens()?;
        let clients = opening.aws_kms.clients(&self.settings, None)?;
        let discovery = match &self.filter {
            Some(filter) => AwsKmsDiscoveryProvider::new(&clients, filter.clone()),
            None => AwsKmsDiscoveryProvider::any_account(&clients),
        };
        let discovery = discovery.with_grant_tokens(tokens)?;
        let discovery = match &self.key_regions {
            Some(regions) => discovery.only_keys_of(regions)?,
            None => discovery,
        };
        Ok(match &self.place {
            Place::OfKey => Box::new(discovery),
            Place::One(region) => Box::new(discovery.asking_in(region)?),
            Place::Replicas(regions) => Box::new(discovery.replicas_in_each(regions)?),
        })
    }
}
