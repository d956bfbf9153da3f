//! `--provider`, as text and as a key provider. A new kind is a file beside the others, a variant, and
//! a line in each of the two `match`es.

mod key_name;
mod options;
mod raw_aes;
mod raw_rsa;

use std::{path::Path, str::FromStr};

use crypto_envelope::provider::{KeyProvider, MultiProvider};

use self::{options::Options, raw_aes::RawAes, raw_rsa::RawRsa};
use crate::{
    failure::Failure,
    local_keys::{LocalKeys, Store},
};

/// What `--provider` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProviderSpec {
    RawAes(RawAes),
    RawRsa(RawRsa),
}

/// `KIND:REST[?KEY=VALUE&KEY=VALUE]`. The file name is taken as it is, up to the first `?`.
impl FromStr for ProviderSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) =
            text.split_once(':').ok_or("expected KIND:..., for example raw-aes:FILE")?;
        let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
        let options = Options::parse(query)?;
        if file.is_empty() && KINDS.contains(&kind) {
            return Err(format!("the file name is missing: {kind}:FILE"));
        }
        match kind {
            "raw-aes" => RawAes::parse(file, options).map(Self::RawAes),
            "raw-rsa" => RawRsa::parse(file, options).map(Self::RawRsa),
            _ => Err(format!("unknown key provider {kind:?}; there are: {}", KINDS.join(", "))),
        }
    }
}

impl ProviderSpec {
    /// The file that holds the key.
    pub(crate) fn file(&self) -> &Path {
        match self {
            Self::RawAes(spec) => spec.file(),
            Self::RawRsa(spec) => spec.file(),
        }
    }

    fn open(&self) -> Result<Box<dyn KeyProvider>, Failure> {
        match self {
            Self::RawAes(spec) => spec.open(),
            Self::RawRsa(spec) => spec.open(),
        }
    }
}

const KINDS: [&str; 2] = ["raw-aes", "raw-rsa"];

/// The provider to encrypt with; of several the first one generates. Without any it is the local
/// key, which is made if there is none yet, and `created` is told where.
pub(crate) fn for_encryption(
    specs: &[ProviderSpec],
    created: impl FnOnce(&str),
) -> Result<Box<dyn KeyProvider>, Failure> {
    if let Some(provider) = all_of(specs)? {
        return Ok(provider);
    }
    let store = Store::of_user()?;
    let id = store.default_or_create(created)?;
    Ok(Box::new(LocalKeys::encrypting(store, &id)?))
}

/// The provider to decrypt with. Never makes a key.
pub(crate) fn for_decryption(specs: &[ProviderSpec]) -> Result<Box<dyn KeyProvider>, Failure> {
    match all_of(specs)? {
        Some(provider) => Ok(provider),
        None => Ok(Box::new(LocalKeys::decrypting(Store::of_user()?))),
    }
}

fn all_of(specs: &[ProviderSpec]) -> Result<Option<Box<dyn KeyProvider>>, Failure> {
    let Some((generator, children)) = specs.split_first() else { return Ok(None) };
    let generator = generator.open()?;
    if children.is_empty() {
        return Ok(Some(generator));
    }
    let several = children
        .iter()
        .try_fold(MultiProvider::new(generator), |all, child| Ok(all.with_child(child.open()?)));
    several.map(|several| Some(Box::new(several) as Box<dyn KeyProvider>))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        for (text, mistake) in [
            ("x", "expected KIND:"),
            ("foo:x", "unknown key provider"),
            ("raw-aes:", "file name is missing"),
            ("raw-aes:f?colour=red", "unknown option"),
            ("raw-aes:f?padding=oaep-sha1", "unknown option"),
            ("raw-rsa:f?name=n&padding=none", "unknown padding"),
            ("raw-rsa:f?name=n&encoding=hex", "unknown option"),
            ("raw-aes:f?name", "expected KEY=VALUE"),
            ("raw-aes:f?name=%zz", "two digits"),
            ("raw-aes:f?name=%f", "two digits"),
            ("raw-aes:f?name=%+1", "two digits"),
            ("raw-aes:f?name=a&name=b", "given twice"),
            ("raw-aes:f?name=%ff", "not UTF-8"),
            ("raw-aes:f?encoding=morse", "unknown encoding"),
        ] {
            let error = text.parse::<ProviderSpec>().expect_err(text);
            assert!(error.contains(mistake), "{text}: {error}");
        }
    }
}
