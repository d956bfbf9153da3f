//! `aws-kms:KEY`.

use std::path::Path;

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_aws_kms::{AwsKmsArn, AwsKmsProvider};

use super::{access::Settings, said};
use crate::{
    failure::Failure,
    provider::{Opening, Spec, options::Options},
    report::Operation,
};

/// One symmetric key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strict {
    key_id: String,
    /// Of keys that name none.
    region: Option<String>,
    matching: Matching,
    settings: Settings,
}

/// Which wrapped keys are of this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matching {
    Exactly,
    MultiRegionAware,
}

impl Strict {
    pub(super) fn parse(key_id: &str, mut options: Options) -> Result<Self, String> {
        if key_id.is_empty() {
            return Err("the key is missing: aws-kms:ARN".to_owned());
        }
        let parsed = Self {
            key_id: key_id.to_owned(),
            region: options.take("region"),
            matching: match options.take("multi-region").as_deref() {
                None => Matching::Exactly,
                Some("aware") => Matching::MultiRegionAware,
                Some(other) => return Err(unknown_multi_region(other)),
            },
            settings: Settings::take(&mut options),
        };
        options
            .none_left("profile, region, endpoint, multi-region, grant-token, grant-token-file")?;
        if parsed.is_arn() {
            AwsKmsArn::parse(key_id).map_err(said)?;
            if parsed.region.is_some() {
                return Err("the ARN says the region already".to_owned());
            }
        }
        Ok(parsed)
    }

    fn is_arn(&self) -> bool {
        self.key_id.starts_with("arn:")
    }

    /// Whether messages name the key like this.
    fn is_key_itself(&self) -> bool {
        AwsKmsArn::parse(&self.key_id).is_ok_and(|arn| arn.is_key())
    }
}

impl Spec for Strict {
    fn files(&self) -> Vec<&Path> {
        self.settings.file().into_iter().collect()
    }

    fn check(&self, operation: Operation) -> Result<(), Failure> {
        if operation == Operation::Encrypt || self.is_key_itself() {
            return Ok(());
        }
        let key_id = &self.key_id;
        Err(Failure::usage(format!("aws-kms:{key_id} only encrypts: messages name the key itself"))
            .hint("decrypt with the ARN of the key, which keyferry inspect shows"))
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let tokens = self.settings.grant_tokens()?;
        let clients = opening.aws_kms.clients(&self.settings, self.region.as_deref())?;
        let provider = AwsKmsProvider::new(&clients, &self.key_id)?.with_grant_tokens(tokens)?;
        Ok(Box::new(match self.matching {
            Matching::Exactly => provider,
            Matching::MultiRegionAware => provider.multi_region_aware(),
        }))
    }
}

pub(super) fn unknown_multi_region(found: &str) -> String {
    format!("unknown value {found:?} of multi-region; there is: aware")
}
