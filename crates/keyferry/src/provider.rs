//! `--provider`, as text and as a key provider. A new kind is a file beside the others and a line in
//! [`KINDS`]; one of a key service a line in the list of its service and in [`KINDS_OF_SERVICES`].

#[cfg(feature = "alibaba-kms")]
mod alibaba_kms;
#[cfg(feature = "aws-kms")]
mod aws_kms;
mod key_name;
mod options;
mod raw_aes;
mod raw_ecdh;
mod raw_rsa;
#[cfg(feature = "tencent-cos")]
mod tencent_cos;

use std::{fmt::Debug, path::Path, str::FromStr, sync::Arc};

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, KeyProvider, MultiProvider, RawEcdhProvider},
};

use self::{options::Options, raw_aes::RawAes, raw_ecdh::RawEcdh, raw_rsa::RawRsa};
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

/// Makes one of what stands behind `KIND:`.
type Parse = fn(&str, Options) -> Result<Arc<dyn Spec>, String>;

/// A key service, with what it has for keyferry.
struct Service {
    kinds: &'static [(&'static str, Parse)],
    /// What a wrapped key is, if a key of this service wrapped it.
    recognize: fn(&EncryptedDataKey) -> Option<KeyDescription>,
    /// What to do about an error of this service, where the provider cannot say it as well.
    hint_for: fn(&Error) -> Option<&'static str>,
}

/// What the providers of one run have in common while they are opened.
#[derive(Debug)]
struct Opening {
    operation: Operation,
    #[cfg(feature = "alibaba-kms")]
    alibaba_kms: crate::alibaba_kms::Access,
    #[cfg(feature = "aws-kms")]
    aws_kms: aws_kms::Access,
}

impl Opening {
    fn new(operation: Operation) -> Self {
        Self {
            operation,
            #[cfg(feature = "alibaba-kms")]
            alibaba_kms: crate::alibaba_kms::Access::default(),
            #[cfg(feature = "aws-kms")]
            aws_kms: aws_kms::Access::default(),
        }
    }
}

/// `KIND:REST[?KEY=VALUE&KEY=VALUE]`. The rest is taken as it is, up to the first `?`.
impl FromStr for ProviderSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) =
            text.split_once(':').ok_or("expected KIND:..., for example raw-aes:FILE")?;
        let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
        let options = Options::parse(query)?;
        parse_of(kind)?(name, options).map(Self)
    }
}

fn parse_of(kind: &str) -> Result<Parse, String> {
    let services = SERVICES.iter().flat_map(|service| service.kinds);
    if let Some((_, parse)) = KINDS.iter().chain(services).find(|(name, _)| *name == kind) {
        return Ok(*parse);
    }
    if let Some((_, feature)) = KINDS_OF_SERVICES.iter().find(|(name, _)| *name == kind) {
        return Err(format!("this keyferry was built without the feature {feature}"));
    }
    let kinds = KINDS.iter().map(|(name, _)| *name);
    let kinds: Vec<_> = kinds.chain(KINDS_OF_SERVICES.iter().map(|(name, _)| *name)).collect();
    Err(format!("unknown key provider {kind:?}; there are: {}", kinds.join(", ")))
}

/// Those of keys in files.
const KINDS: &[(&str, Parse)] = &[
    ("raw-aes", |name, options| Ok(Arc::new(RawAes::parse(name, options)?))),
    ("raw-ecdh", |name, options| Ok(Arc::new(RawEcdh::parse(name, options)?))),
    ("raw-rsa", |name, options| Ok(Arc::new(RawRsa::parse(name, options)?))),
];
/// Those of key services, and the feature that brings them.
const KINDS_OF_SERVICES: &[(&str, &str)] = &[
    ("aws-kms", "aws-kms"),
    ("aws-kms-rsa", "aws-kms"),
    ("alibaba-kms", "alibaba-kms"),
    ("alibaba-kms-rsa", "alibaba-kms"),
    ("cos-aes", "tencent-cos"),
    ("cos-rsa", "tencent-cos"),
];
const SERVICES: &[Service] = &[
    #[cfg(feature = "alibaba-kms")]
    alibaba_kms::SERVICE,
    #[cfg(feature = "aws-kms")]
    aws_kms::SERVICE,
    #[cfg(feature = "tencent-cos")]
    tencent_cos::SERVICE,
];

impl ProviderSpec {
    /// The files that it takes something from, such as the key.
    pub(crate) fn files(&self) -> Vec<&Path> {
        self.0.files()
    }
}

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
    let mut opening = Opening::new(operation);
    let generator = generator.0.open(&mut opening)?;
    if children.is_empty() {
        return Ok(Some(generator));
    }
    let several = children.iter().try_fold(MultiProvider::new(generator), |all, child| {
        Ok(all.with_child(child.0.open(&mut opening)?))
    });
    several.map(|several| Some(Box::new(several) as Box<dyn KeyProvider>))
}

/// What a wrapped key says of what made it, if it is not a key with a name.
pub(crate) fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    let of_services = || SERVICES.iter().find_map(|service| (service.recognize)(key));
    RawEcdhProvider::recognize(key).or_else(of_services)
}

/// The next step after an error of a key service, in the words of the command line.
pub(crate) fn hint_for(error: &Error) -> Option<&'static str> {
    SERVICES.iter().find_map(|service| (service.hint_for)(error))
}

/// The words of an error about something that was said wrongly.
#[cfg(feature = "aws-kms")]
fn said(error: Error) -> String {
    match error {
        Error::InvalidInput { what, .. } => what,
        error => error.to_string(),
    }
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
            ("raw-ecdh:", "file name is missing"),
            ("raw-ecdh:f?name=n", "unknown option"),
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

    #[test]
    fn every_kind_of_a_service_is_known_with_and_without_it() {
        let built = SERVICES.iter().flat_map(|service| service.kinds);
        for (kind, _) in built {
            assert!(KINDS_OF_SERVICES.iter().any(|(known, _)| known == kind), "{kind}");
        }
        for (kind, feature) in KINDS_OF_SERVICES {
            let error = format!("{kind}:?x=y").parse::<ProviderSpec>().expect_err(kind);
            let is_built = SERVICES.iter().flat_map(|service| service.kinds).any(|k| k.0 == *kind);
            let expected = format!("without the feature {feature}");
            assert_eq!(error.contains(&expected), !is_built, "{kind}: {error}");
        }
    }
}
