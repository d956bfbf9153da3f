//! `raw-ecdh:PEM`.

use std::path::{Path, PathBuf};

use crypto_envelope::provider::{KeyProvider, RawEcdhProvider};

use super::{Opening, Spec, options::Options};
use crate::{failure::Failure, key_file, report::Operation};

/// A key on an elliptic curve in a file, alone or with the one of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawEcdh {
    file: PathBuf,
    peer: Option<PathBuf>,
}

impl RawEcdh {
    pub(super) fn parse(file: &str, mut options: Options) -> Result<Self, String> {
        if file.is_empty() {
            return Err("the file name is missing: raw-ecdh:FILE".to_owned());
        }
        let parsed = Self { file: file.into(), peer: options.take("peer").map(PathBuf::from) };
        options.none_left("peer")?;
        Ok(parsed)
    }
}

impl Spec for RawEcdh {
    fn files(&self) -> Vec<&Path> {
        [&self.file].into_iter().chain(&self.peer).map(PathBuf::as_path).collect()
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        let about = |error| Failure::from(error).about(&self.file.display().to_string());
        let key = key_file::read_ec_key(&self.file)?;
        let provider = match &self.peer {
            Some(peer) => RawEcdhProvider::between(&key, &key_file::read_ec_key(peer)?),
            None if opening.operation == Operation::Decrypt && key.is_private() => {
                RawEcdhProvider::discovery(&key)
            }
            None => RawEcdhProvider::to(&key),
        };
        Ok(Box::new(provider.map_err(about)?))
    }
}
