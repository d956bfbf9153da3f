//! `cos-aes:FILE`.

use std::path::{Path, PathBuf};

use crypto_envelope::{key_file::KeyEncoding, provider::KeyProvider};
use crypto_envelope_tencent_cos::{CosAesProvider, CosAesWrapping};

use crate::{
    failure::Failure,
    key_file,
    provider::{Opening, Spec, options::Options},
};

/// An AES master key of COS objects, in a file.
#[derive(Clone, Debug)]
pub(super) struct CosAes {
    file: PathBuf,
    wrapping: CosAesWrapping,
    encoding: Option<KeyEncoding>,
}

impl CosAes {
    pub(super) fn parse(file: &str, mut options: Options) -> Result<Self, String> {
        if file.is_empty() {
            return Err("the file name is missing: cos-aes:FILE".to_owned());
        }
        let wrapping = options.take("wrapping");
        let parsed = Self {
            file: file.into(),
            wrapping: wrapping
                .map_or(Ok(CosAesWrapping::JavaKeyWrap), |name| wrapping_of(&name))?,
            encoding: options.take("encoding").map(|text| key_file::encoding(&text)).transpose()?,
        };
        options.none_left("wrapping, encoding")?;
        Ok(parsed)
    }
}

impl Spec for CosAes {
    fn files(&self) -> Vec<&Path> {
        vec![&self.file]
    }

    fn open(&self, _: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let key = key_file::read(&self.file, self.encoding)?;
        Ok(Box::new(CosAesProvider::new(&key, self.wrapping)?))
    }
}

fn wrapping_of(name: &str) -> Result<CosAesWrapping, String> {
    match name {
        "java" => Ok(CosAesWrapping::JavaKeyWrap),
        "python-master-iv" => Ok(CosAesWrapping::PythonMasterIv),
        "danger-python-fixed" => Ok(CosAesWrapping::DangerPythonFixedKeystream),
        other => Err(format!(
            "unknown wrapping {other:?}; there are: java, python-master-iv, danger-python-fixed"
        )),
    }
}
