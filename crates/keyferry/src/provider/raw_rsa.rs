//! `raw-rsa:PEM`.

use std::path::{Path, PathBuf};

use crypto_envelope::provider::{KeyProvider, RawRsaProvider, RsaPadding};

use super::{Opening, Spec, key_name, options::Options};
use crate::{failure::Failure, key_file};

/// An RSA key in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawRsa {
    file: PathBuf,
    namespace: Option<String>,
    name: Option<String>,
    padding: RsaPadding,
}

impl RawRsa {
    pub(super) fn parse(file: &str, mut options: Options) -> Result<Self, String> {
        if file.is_empty() {
            return Err("the file name is missing: raw-rsa:FILE".to_owned());
        }
        let padding = options.take("padding");
        let parsed = Self {
            file: file.into(),
            namespace: options.take("namespace"),
            name: options.take("name"),
            padding: padding.map_or(Ok(RsaPadding::OaepSha256), |name| padding_of(&name))?,
        };
        options.none_left("namespace, name, padding")?;
        Ok(parsed)
    }
}

impl Spec for RawRsa {
    fn files(&self) -> Vec<&Path> {
        vec![&self.file]
    }

    fn open(&self, _: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let about = |error| Failure::from(error).about(&self.file.display().to_string());
        let key = key_file::read_rsa_key(&self.file)?;
        let namespace = self.namespace.as_deref().unwrap_or(NAMESPACE);
        let name = self.name.clone().unwrap_or_else(|| key_name::of_rsa(&key));
        let provider = RawRsaProvider::new(namespace, name, self.padding, &key).map_err(about)?;
        Ok(Box::new(provider))
    }
}

fn padding_of(name: &str) -> Result<RsaPadding, String> {
    match name {
        "oaep-sha1" => Ok(RsaPadding::OaepSha1),
        "oaep-sha256" => Ok(RsaPadding::OaepSha256),
        "oaep-sha384" => Ok(RsaPadding::OaepSha384),
        "oaep-sha512" => Ok(RsaPadding::OaepSha512),
        "danger-pkcs1" => Ok(RsaPadding::DangerPkcs1V15),
        other => Err(format!(
            "unknown padding {other:?}; there are: oaep-sha256, oaep-sha1, oaep-sha384, oaep-sha512, \
             danger-pkcs1"
        )),
    }
}

const NAMESPACE: &str = "raw-rsa";
