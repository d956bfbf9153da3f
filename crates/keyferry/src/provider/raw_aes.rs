//! `raw-aes:FILE`.

use std::path::{Path, PathBuf};

use crypto_envelope::{
    key_file::KeyEncoding,
    provider::{KeyProvider, RawAesProvider},
};

use super::{Opening, Spec, key_name, options::Options};
use crate::{failure::Failure, key_file};

/// An AES key in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawAes {
    file: PathBuf,
    namespace: Option<String>,
    name: Option<String>,
    encoding: Option<KeyEncoding>,
}

impl RawAes {
    pub(super) fn parse(file: &str, mut options: Options) -> Result<Self, String> {
        if file.is_empty() {
            return Err("the file name is missing: raw-aes:FILE".to_owned());
        }
        let parsed = Self {
            file: file.into(),
            namespace: options.take("namespace"),
            name: options.take("name"),
            encoding: options.take("encoding").map(|text| key_file::encoding(&text)).transpose()?,
        };
        options.none_left("namespace, name, encoding")?;
        Ok(parsed)
    }
}

impl Spec for RawAes {
    fn files(&self) -> Vec<&Path> {
        vec![&self.file]
    }

    fn open(&self, _: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let key = key_file::read(&self.file, self.encoding)?;
        let namespace = self.namespace.as_deref().unwrap_or(NAMESPACE);
        let name = match &self.name {
            Some(name) => name.clone(),
            None => key_name::of_aes(&key)?,
        };
        Ok(Box::new(RawAesProvider::new(namespace, name, &key)?))
    }
}

const NAMESPACE: &str = "raw-aes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_apart() -> Result<(), String> {
        let options = Options::parse("namespace=n%20s&name=k%26&encoding=hex")?;
        assert_eq!(
            RawAes::parse("a/b.key", options)?,
            RawAes {
                file: "a/b.key".into(),
                namespace: Some("n s".into()),
                name: Some("k&".into()),
                encoding: Some(KeyEncoding::Hex),
            }
        );
        Ok(())
    }
}
