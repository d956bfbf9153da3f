//! `--provider`, as text and as a key provider.

use std::{path::PathBuf, str::FromStr};

use crypto_envelope::{
    SecretBytes,
    provider::{KeyProvider, RawAesProvider},
};
use hkdf::Hkdf;
use sha2::Sha256;

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
}

/// `KIND:REST[?KEY=VALUE&KEY=VALUE]`; values may be percent-encoded. The file name is taken as it
/// is, up to the first `?`.
impl FromStr for ProviderSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) =
            text.split_once(':').ok_or("expected KIND:..., for example raw-aes:FILE")?;
        if kind != "raw-aes" {
            return Err(format!("unknown key provider {kind:?}; there is: raw-aes"));
        }
        let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
        if file.is_empty() {
            return Err("the file name is missing: raw-aes:FILE".into());
        }
        let (mut namespace, mut name, mut encoding) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or(format!("expected KEY=VALUE: {pair}"))?;
            let value = percent_decode(value)?;
            let again = match key {
                "namespace" => namespace.replace(value).is_some(),
                "name" => name.replace(value).is_some(),
                "encoding" => encoding.replace(value.parse()?).is_some(),
                _ => {
                    return Err(format!(
                        "unknown option {key:?}; there are: namespace, name, encoding"
                    ));
                }
            };
            if again {
                return Err(format!("the option {key} is given twice"));
            }
        }
        Ok(Self::RawAes { file: file.into(), namespace, name, encoding })
    }
}

/// The provider to encrypt with. The local key is made if there is none yet, and `created` is
/// told where.
pub(crate) fn for_encryption(
    spec: Option<&ProviderSpec>,
    created: impl FnOnce(&str),
) -> Result<Box<dyn KeyProvider>, Failure> {
    if let Some(spec) = spec {
        return open(spec);
    }
    let store = Store::of_user()?;
    let id = store.default_or_create(created)?;
    Ok(Box::new(LocalKeys::encrypting(store, &id)?))
}

/// The provider to decrypt with. Never makes a key.
pub(crate) fn for_decryption(spec: Option<&ProviderSpec>) -> Result<Box<dyn KeyProvider>, Failure> {
    match spec {
        Some(spec) => open(spec),
        None => Ok(Box::new(LocalKeys::decrypting(Store::of_user()?))),
    }
}

fn open(spec: &ProviderSpec) -> Result<Box<dyn KeyProvider>, Failure> {
    let ProviderSpec::RawAes { file, namespace, name, encoding } = spec;
    let key = key_file::read(file, *encoding)?;
    let namespace = namespace.as_deref().unwrap_or(RAW_AES_NAMESPACE);
    let name = match name {
        Some(name) => name.clone(),
        None => name_of_key(&key)?,
    };
    Ok(Box::new(RawAesProvider::new(namespace, name, &key)?))
}

/// A name for a key that nobody named: the same wherever the key is, and telling nothing about
/// it. Written down in docs/formats/provider-ids.md; messages depend on it.
fn name_of_key(key: &SecretBytes) -> Result<String, Failure> {
    let mut name = [0; 8];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand(b"keyferry raw-aes key name v1", &mut name)
        .map_err(|_| Failure::new(Code::Internal, "cannot derive the name of the key"))?;
    Ok(hex(&name))
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
        let name = name_of_key(&SecretBytes::from((0..32).collect::<Vec<u8>>()))?;
        assert_eq!(name, "28fee11a76ef146c");
        Ok(())
    }
}
