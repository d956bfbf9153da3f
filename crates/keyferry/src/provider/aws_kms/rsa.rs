//! `aws-kms-rsa:ARN`.

use std::path::{Path, PathBuf};

use crypto_envelope::{
    blocking,
    provider::{KeyProvider, RsaPadding},
};
use crypto_envelope_aws_kms::{AwsKmsArn, AwsKmsRsaProvider};

use super::{access::Settings, said};
use crate::{
    failure::Failure,
    key_file,
    provider::{Opening, Spec, options::Options},
    report::Operation,
};

/// One RSA key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rsa {
    key_arn: String,
    padding: RsaPadding,
    public_key: Option<PathBuf>,
    settings: Settings,
}

impl Rsa {
    pub(super) fn parse(key_arn: &str, mut options: Options) -> Result<Self, String> {
        if key_arn.is_empty() {
            return Err("the key is missing: aws-kms-rsa:ARN".to_owned());
        }
        if !AwsKmsArn::parse(key_arn).map_err(said)?.is_key() {
            return Err("messages name the key itself, not an alias: aws-kms-rsa:ARN".to_owned());
        }
        let padding = options.take("padding");
        let parsed = Self {
            key_arn: key_arn.to_owned(),
            padding: padding.map_or(Ok(RsaPadding::OaepSha256), |name| padding_of(&name))?,
            public_key: options.take("public-key").map(PathBuf::from),
            settings: Settings::take(&mut options),
        };
        options
            .none_left("padding, public-key, profile, endpoint, grant-token, grant-token-file")?;
        Ok(parsed)
    }

    fn online(&self, opening: &mut Opening) -> Result<AwsKmsRsaProvider, Failure> {
        let tokens = self.settings.grant_tokens()?;
        let clients = opening.aws_kms.clients(&self.settings, None)?;
        let provider = AwsKmsRsaProvider::new(&clients, &self.key_arn, self.padding)?;
        Ok(provider.with_grant_tokens(tokens)?)
    }

    /// Without credentials and network.
    fn offline(&self, public_key: &Path) -> Result<AwsKmsRsaProvider, Failure> {
        let about = |error| Failure::from(error).about(&public_key.display().to_string());
        let key = key_file::read_rsa_key(public_key)?;
        AwsKmsRsaProvider::offline(&self.key_arn, self.padding, &key).map_err(about)
    }
}

impl Spec for Rsa {
    fn files(&self) -> Vec<&Path> {
        [self.public_key.as_deref(), self.settings.file()].into_iter().flatten().collect()
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        Ok(Box::new(match (opening.operation, &self.public_key) {
            (Operation::Decrypt, _) => self.online(opening)?,
            (Operation::Encrypt, Some(public_key)) => self.offline(public_key)?,
            (Operation::Encrypt, None) => {
                blocking::wait(self.online(opening)?.with_public_key_of_kms())?
            }
        }))
    }
}

fn padding_of(name: &str) -> Result<RsaPadding, String> {
    match name {
        "oaep-sha256" => Ok(RsaPadding::OaepSha256),
        "oaep-sha1" => Ok(RsaPadding::OaepSha1),
        other => Err(format!("unknown padding {other:?}; KMS has: oaep-sha256, oaep-sha1")),
    }
}
