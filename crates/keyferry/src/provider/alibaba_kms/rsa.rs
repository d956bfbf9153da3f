//! `alibaba-kms-rsa:KEY_ID`.

use std::path::{Path, PathBuf};

use crypto_envelope::{blocking, provider::KeyProvider};
use crypto_envelope_alibaba_kms::AlibabaKmsRsaProvider;

use super::take_way;
use crate::{
    alibaba_kms::{Gateway, Way},
    failure::Failure,
    key_file,
    provider::{Opening, Spec, options::Options},
    report::Operation,
};

/// One RSA key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rsa {
    key_id: String,
    /// The one that encrypts.
    version: Option<String>,
    public_key: Option<PathBuf>,
    way: Way,
}

impl Rsa {
    pub(super) fn parse(key_id: &str, mut options: Options) -> Result<Self, String> {
        if key_id.is_empty() {
            return Err("the key is missing: alibaba-kms-rsa:KEY_ID".to_owned());
        }
        let (version, public_key) = (options.take("version"), options.take("public-key"));
        if public_key.is_some() && version.is_none() {
            return Err(
                "public-key is that of a version of the key, which version names".to_owned()
            );
        }
        let way = take_way(&mut options)?;
        options.none_left(
            "version, public-key, endpoint, client-key, password-file, region, profile, ca",
        )?;
        let public_key = public_key.map(PathBuf::from);
        Ok(Self { key_id: key_id.to_owned(), version, public_key, way })
    }

    fn online(&self, opening: &mut Opening) -> Result<AlibabaKmsRsaProvider, Failure> {
        Ok(match opening.alibaba_kms.gateway(&self.way)? {
            Gateway::Instance(instance) => {
                AlibabaKmsRsaProvider::by_instance(&instance, &self.key_id)
            }
            Gateway::OpenApi(kms) => AlibabaKmsRsaProvider::by_openapi(&kms, &self.key_id),
        }?)
    }

    fn encrypting(&self, opening: &mut Opening) -> Result<AlibabaKmsRsaProvider, Failure> {
        Ok(match (&self.version, &self.public_key) {
            // Without credentials and network.
            (Some(version), Some(path)) => {
                let about = |error| Failure::from(error).about(&path.display().to_string());
                let key = key_file::read_rsa_key(path)?;
                AlibabaKmsRsaProvider::offline(&self.key_id, version, &key).map_err(about)?
            }
            (Some(version), None) => {
                let provider = self.online(opening)?;
                blocking::wait(provider.with_public_key_of_version(version))?
            }
            (None, _) => blocking::wait(self.online(opening)?.with_public_key_of_kms())?,
        })
    }
}

impl Spec for Rsa {
    fn files(&self) -> Vec<&Path> {
        self.public_key.as_deref().into_iter().chain(self.way.files()).collect()
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        Ok(Box::new(match opening.operation {
            Operation::Decrypt => self.online(opening)?,
            Operation::Encrypt => self.encrypting(opening)?,
        }))
    }
}
