//! `--provider`, as text and as a key provider.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use crypto_envelope::{
    SecretBytes,
    provider::{KeyProvider, MultiProvider, RawAesProvider, RawRsaProvider, RsaKey, RsaPadding},
};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

use crate::{
    failure::{Code, Failure},
    key_file::{self, Encoding},
    local_keys::{LocalKeys, Store},
    text::hex,
};

/// What `--provider` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProviderSpec {
    RawAes {
        file: PathBuf,
        namespace: Option<String>,
        name: Option<String>,
        encoding: Option<Encoding>,
    },
    RawRsa {
        file: PathBuf,
        namespace: Option<String>,
        name: Option<String>,
        padding: RsaPadding,
    },
}

/// `KIND:REST[?KEY=VALUE&KEY=VALUE]`; values may be percent-encoded. The file name is taken as it
/// is, up to the first `?`.
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
            "raw-aes" => raw_aes(file, options),
            "raw-rsa" => raw_rsa(file, options),
            _ => Err(format!("unknown key provider {kind:?}; there are: {}", KINDS.join(", "))),
        }
    }
}

const KINDS: [&str; 2] = ["raw-aes", "raw-rsa"];

fn raw_aes(file: &str, mut options: Options) -> Result<ProviderSpec, String> {
    let spec = ProviderSpec::RawAes {
        file: file.into(),
        namespace: options.take("namespace"),
        name: options.take("name"),
        encoding: options.take("encoding").map(|encoding| encoding.parse()).transpose()?,
    };
    options.none_left("namespace, name, encoding")?;
    Ok(spec)
}

fn raw_rsa(file: &str, mut options: Options) -> Result<ProviderSpec, String> {
    let padding = match options.take("padding").as_deref() {
        None | Some("oaep-sha256") => RsaPadding::OaepSha256,
        Some("oaep-sha1") => RsaPadding::OaepSha1,
        Some("oaep-sha384") => RsaPadding::OaepSha384,
        Some("oaep-sha512") => RsaPadding::OaepSha512,
        Some("danger-pkcs1") => RsaPadding::DangerPkcs1V15,
        Some(other) => {
            return Err(format!(
                "unknown padding {other:?}; there are: oaep-sha256, oaep-sha1, oaep-sha384, \
                 oaep-sha512, danger-pkcs1"
            ));
        }
    };
    let spec = ProviderSpec::RawRsa {
        file: file.into(),
        namespace: options.take("namespace"),
        name: options.take("name"),
        padding,
    };
    options.none_left("namespace, name, padding")?;
    Ok(spec)
}

/// What follows the `?`.
struct Options(BTreeMap<String, String>);

impl Options {
    fn parse(query: &str) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or(format!("expected KEY=VALUE: {pair}"))?;
            if options.insert(key.to_owned(), percent_decode(value)?).is_some() {
                return Err(format!("the option {key} is given twice"));
            }
        }
        Ok(Self(options))
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    fn none_left(&self, known: &str) -> Result<(), String> {
        match self.0.keys().next() {
            Some(key) => Err(format!("unknown option {key:?}; there are: {known}")),
            None => Ok(()),
        }
    }
}

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
    let generator = open(generator)?;
    if children.is_empty() {
        return Ok(Some(generator));
    }
    let several = children
        .iter()
        .try_fold(MultiProvider::new(generator), |all, child| Ok(all.with_child(open(child)?)));
    several.map(|several| Some(Box::new(several) as Box<dyn KeyProvider>))
}

fn open(spec: &ProviderSpec) -> Result<Box<dyn KeyProvider>, Failure> {
    match spec {
        ProviderSpec::RawAes { file, namespace, name, encoding } => {
            let key = key_file::read(file, *encoding)?;
            let namespace = namespace.as_deref().unwrap_or(RAW_AES_NAMESPACE);
            let name = match name {
                Some(name) => name.clone(),
                None => name_of_aes_key(&key)?,
            };
            Ok(Box::new(RawAesProvider::new(namespace, name, &key)?))
        }
        ProviderSpec::RawRsa { file, namespace, name, padding } => {
            let namespace = namespace.as_deref().unwrap_or(RAW_RSA_NAMESPACE);
            let about = |error| Failure::from(error).about(&file.display().to_string());
            let file = key_file::read_rsa(file)?;
            let key = RsaKey::parse(file.bytes()).map_err(about)?;
            // A public key may be read by everybody, a private one may not.
            if key.is_private() {
                file.check_private()?;
            }
            let name = name.clone().unwrap_or_else(|| name_of_rsa_key(&key));
            let provider = RawRsaProvider::new(namespace, name, *padding, &key).map_err(about)?;
            Ok(Box::new(provider))
        }
    }
}

/// A name for a key that nobody named: the same wherever the key is, and telling nothing about
/// it. Written down in docs/formats/provider-ids.md; messages depend on it.
fn name_of_aes_key(key: &SecretBytes) -> Result<String, Failure> {
    let mut name = [0; 8];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand(b"keyferry raw-aes key name v1", &mut name)
        .map_err(|_| Failure::new(Code::Internal, "cannot derive the name of the key"))?;
    Ok(hex(&name))
}

/// The same for RSA keys, from what everybody may know: both halves have the same name.
fn name_of_rsa_key(key: &RsaKey) -> String {
    hex(&Sha256::digest(key.public_key())[..8])
}

fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2).ok_or("a % needs two digits")?;
        let digit = |digit: &u8| char::from(*digit).to_digit(16).ok_or("a % needs two digits");
        let value = digit(&digits[0])? << 4 | digit(&digits[1])?;
        bytes.extend(u8::try_from(value));
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| format!("not UTF-8: {text}"))
}

const RAW_AES_NAMESPACE: &str = "raw-aes";
const RAW_RSA_NAMESPACE: &str = "raw-rsa";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_apart() -> Result<(), String> {
        let spec: ProviderSpec =
            "raw-aes:a/b.key?namespace=n%20s&name=k%26&encoding=hex".parse()?;
        assert_eq!(
            spec,
            ProviderSpec::RawAes {
                file: "a/b.key".into(),
                namespace: Some("n s".into()),
                name: Some("k&".into()),
                encoding: Some(Encoding::Hex),
            }
        );
        Ok(())
    }

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

    /// A permanent format: messages name their key by it.
    #[test]
    fn names_of_keys_never_change() -> Result<(), Failure> {
        let name = name_of_aes_key(&SecretBytes::from((0..32).collect::<Vec<u8>>()))?;
        assert_eq!(name, "28fee11a76ef146c");
        let pem = include_bytes!("../../../tests/vectors/rsa/public.spki.pem");
        assert_eq!(name_of_rsa_key(&RsaKey::parse(pem)?), "69ac3e40db602195");
        Ok(())
    }
}
