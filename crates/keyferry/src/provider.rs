//! `--provider`, as text and as a key provider. A new kind is a file beside the others, a line in the
//! `match` below, and one in the lists of kinds.

#[cfg(feature = "aws-kms")]
mod aws_kms;
mod key_name;
mod options;
mod raw_aes;
mod raw_rsa;

use std::{fmt::Debug, path::Path, str::FromStr, sync::Arc};

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, KeyProvider, MultiProvider},
};

use self::{options::Options, raw_aes::RawAes, raw_rsa::RawRsa};
use crate::{
    failure::Failure,
    local_keys::{LocalKeys, Store},
    report::Operation,
};

/// What `--provider` says.
#[derive(Clone, Debug)]
pub(crate) struct ProviderSpec(Arc<dyn Spec>);

/// The same for one kind of keys.
trait Spec: Debug + Send + Sync {
    /// The files that it takes something from.
    fn files(&self) -> Vec<&Path>;

    /// Refuses what this key cannot do, before anything is opened.
    fn check(&self, _: Operation) -> Result<(), Failure> {
        Ok(())
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure>;
}

/// What the providers of one run have in common while they are opened.
#[derive(Debug)]
struct Opening {
    #[cfg_attr(not(feature = "aws-kms"), expect(dead_code, reason = "for keys in a service"))]
    operation: Operation,
    #[cfg(feature = "aws-kms")]
    kms: aws_kms::Access,
}

/// `KIND:REST[?KEY=VALUE&KEY=VALUE]`. The rest is taken as it is, up to the first `?`.
impl FromStr for ProviderSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) =
            text.split_once(':').ok_or("expected KIND:..., for example raw-aes:FILE")?;
        let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
        let options = Options::parse(query)?;
        let spec: Arc<dyn Spec> = match kind {
            "raw-aes" => Arc::new(RawAes::parse(name, options)?),
            "raw-rsa" => Arc::new(RawRsa::parse(name, options)?),
            #[cfg(feature = "aws-kms")]
            "aws-kms" if name == "discovery" => Arc::new(aws_kms::Discovery::parse(options)?),
            #[cfg(feature = "aws-kms")]
            "aws-kms" => Arc::new(aws_kms::Strict::parse(name, options)?),
            #[cfg(feature = "aws-kms")]
            "aws-kms-rsa" => Arc::new(aws_kms::Rsa::parse(name, options)?),
            kind if KINDS.contains(&kind) => {
                return Err("this keyferry was built without the feature aws-kms".to_owned());
            }
            _ => {
                let kinds = KINDS.join(", ");
                return Err(format!("unknown key provider {kind:?}; there are: {kinds}"));
            }
        };
        Ok(Self(spec))
    }
}

impl ProviderSpec {
    /// The files that it takes something from, such as the key.
    pub(crate) fn files(&self) -> Vec<&Path> {
        self.0.files()
    }
}

const KINDS: [&str; 4] = ["raw-aes", "raw-rsa", "aws-kms", "aws-kms-rsa"];

/// Refuses keys that cannot do this at all.
pub(crate) fn check(specs: &[ProviderSpec], operation: Operation) -> Result<(), Failure> {
    specs.iter().try_for_each(|spec| spec.0.check(operation))
}

/// The provider to encrypt with; of several the first one generates. Without any it is the local
/// key, which is made if there is none yet, and `created` is told where.
pub(crate) fn for_encryption(
    specs: &[ProviderSpec],
    created: impl FnOnce(&str),
) -> Result<Box<dyn KeyProvider>, Failure> {
    if let Some(provider) = all_of(specs, Operation::Encrypt)? {
        return Ok(provider);
    }
    let store = Store::of_user()?;
    let id = store.default_or_create(created)?;
    Ok(Box::new(LocalKeys::encrypting(store, &id)?))
}

/// The provider to decrypt with. Never makes a key.
pub(crate) fn for_decryption(specs: &[ProviderSpec]) -> Result<Box<dyn KeyProvider>, Failure> {
    match all_of(specs, Operation::Decrypt)? {
        Some(provider) => Ok(provider),
        None => Ok(Box::new(LocalKeys::decrypting(Store::of_user()?))),
    }
}

fn all_of(
    specs: &[ProviderSpec],
    operation: Operation,
) -> Result<Option<Box<dyn KeyProvider>>, Failure> {
    let Some((generator, children)) = specs.split_first() else { return Ok(None) };
    let mut opening = Opening {
        operation,
        #[cfg(feature = "aws-kms")]
        kms: aws_kms::Access::default(),
    };
    let generator = generator.0.open(&mut opening)?;
    if children.is_empty() {
        return Ok(Some(generator));
    }
    let several = children.iter().try_fold(MultiProvider::new(generator), |all, child| {
        Ok(all.with_child(child.0.open(&mut opening)?))
    });
    several.map(|several| Some(Box::new(several) as Box<dyn KeyProvider>))
}

/// What a wrapped key says of the key service that made it.
pub(crate) fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    RECOGNIZING.iter().find_map(|recognize| recognize(key))
}

/// The next step after an error of a key service, in the words of the command line.
pub(crate) fn hint_for(error: &Error) -> Option<&'static str> {
    HINTING.iter().find_map(|hint_for| hint_for(error))
}

const RECOGNIZING: &[fn(&EncryptedDataKey) -> Option<KeyDescription>] = &[
    #[cfg(feature = "aws-kms")]
    aws_kms::recognize,
];
const HINTING: &[fn(&Error) -> Option<&'static str>] = &[
    #[cfg(feature = "aws-kms")]
    aws_kms::hint_for,
];

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

    #[cfg(not(feature = "aws-kms"))]
    #[test]
    fn a_kind_that_was_left_out_is_named() {
        for text in ["aws-kms:alias/name", "aws-kms-rsa:x"] {
            let error = text.parse::<ProviderSpec>().expect_err(text);
            assert!(error.contains("feature aws-kms"), "{text}: {error}");
        }
    }
}
