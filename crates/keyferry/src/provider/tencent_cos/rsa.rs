//! `cos-rsa:PEM`.

use std::path::{Path, PathBuf};

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_tencent_cos::{CosRsaProvider, CosRsaWrapping};

use crate::{
    failure::Failure,
    key_file,
    provider::{Opening, Spec, options::Options},
};

/// An RSA key of COS objects, in a file.
#[derive(Clone, Debug)]
pub(super) struct CosRsa {
    file: PathBuf,
    wrapping: CosRsaWrapping,
    passphrase_file: Option<PathBuf>,
}

impl CosRsa {
    pub(super) fn parse(file: &str, mut options: Options) -> Result<Self, String> {
        if file.is_empty() {
            return Err("the file name is missing: cos-rsa:PEM".to_owned());
        }
        let wrapping = options.take("wrapping");
        let parsed = Self {
            file: file.into(),
            wrapping: wrapping
                .map_or(Ok(CosRsaWrapping::PythonOaepSha1), |name| wrapping_of(&name))?,
            passphrase_file: options.take("passphrase-file").map(PathBuf::from),
        };
        options.none_left("wrapping, passphrase-file")?;
        Ok(parsed)
    }
}

impl Spec for CosRsa {
    fn files(&self) -> Vec<&Path> {
        let passphrase_file = self.passphrase_file.as_deref();
        [Some(self.file.as_path()), passphrase_file].into_iter().flatten().collect()
    }

    fn open(&self, _: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let about = |error| Failure::from(error).about(&self.file.display().to_string());
        let passphrase = self.passphrase_file.as_deref().map(key_file::read_line).transpose()?;
        let key = key_file::read_rsa_key_by(&self.file, |text| {
            CosRsaProvider::key_of(text, passphrase.as_ref())
        })?;
        Ok(Box::new(CosRsaProvider::new(&key, self.wrapping).map_err(about)?))
    }
}

fn wrapping_of(name: &str) -> Result<CosRsaWrapping, String> {
    match name {
        "python-oaep" => Ok(CosRsaWrapping::PythonOaepSha1),
        "java" => Ok(CosRsaWrapping::JavaOaepSha256Mgf1Sha1),
        "java-bouncycastle" => Ok(CosRsaWrapping::JavaOaepSha256),
        "danger-python-pkcs1-v15" => Ok(CosRsaWrapping::DangerPythonPkcs1V15),
        other => Err(format!(
            "unknown wrapping {other:?}; there are: python-oaep, java, java-bouncycastle, \
             danger-python-pkcs1-v15"
        )),
    }
}
