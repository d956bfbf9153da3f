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
pub(in crate::provider) struct Discovery {
    /// Whose keys; without one, anybody's.
    filter: Option<AwsKmsDiscoveryFilter>,
    regions: Regions,
    settings: Settings,
}

/// Where KMS is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Regions {
    /// In that of each key.
    OfKeys,
    /// In that of each key, if it is one of these.
    OfKeysIn(Vec<String>),
    /// Here, for all keys.
    One(String),
    /// In one after the other, for multi-Region keys of whatever region.
    MultiRegion(Vec<String>),
}

impl Discovery {
    pub(in crate::provider) fn parse(mut options: Options) -> Result<Self, String> {
        let (partition, accounts) = (options.take("partition"), options.take_list("accounts"));
        let parsed = Self {
            filter: filter(partition, accounts)?,
            regions: Regions::take(&mut options)?,
            settings: Settings::take(&mut options),
        };
        options.none_left(
            "accounts, partition, profile, region, regions, endpoint, multi-region, grant-token, \
             grant-token-file",
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
    let is_id = |text: &&String| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(other) = accounts.iter().find(|account| !is_id(account)) {
        return Err(format!("{other:?} is not the id of an account, which has 12 digits"));
    }
    let partition = partition.unwrap_or_else(|| "aws".to_owned());
    AwsKmsDiscoveryFilter::new(partition, accounts).map(Some).map_err(said)
}

impl Regions {
    fn take(options: &mut Options) -> Result<Self, String> {
        let (region, regions) = (options.take("region"), options.take_list("regions"));
        match (region, regions, options.take("multi-region").as_deref()) {
            (Some(_), Some(_), _) => Err("either region or regions".to_owned()),
            (None, None, None) => Ok(Self::OfKeys),
            (None, Some(regions), None) => Ok(Self::OfKeysIn(regions)),
            (Some(region), None, None) => Ok(Self::One(region)),
            (None, None, Some("aware")) => {
                Err("where to look for multi-Region keys? region=REGION says it".to_owned())
            }
            (None, Some(regions), Some("aware")) => Ok(Self::MultiRegion(regions)),
            (Some(region), None, Some("aware")) => Ok(Self::MultiRegion(vec![region])),
            (_, _, Some(other)) => Err(unknown_multi_region(other)),
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
        let clients = opening.kms.clients(&self.settings, None)?;
        let discovery = match &self.filter {
            Some(filter) => AwsKmsDiscoveryProvider::new(&clients, filter.clone()),
            None => AwsKmsDiscoveryProvider::any_account(&clients),
        };
        let discovery = discovery.with_grant_tokens(tokens)?;
        Ok(match &self.regions {
            Regions::OfKeys => Box::new(discovery),
            Regions::OfKeysIn(regions) => Box::new(discovery.in_regions(regions)?),
            Regions::One(region) => Box::new(discovery.in_region(region)?),
            Regions::MultiRegion(regions) => Box::new(discovery.multi_region_in_each(regions)?),
        })
    }
}
