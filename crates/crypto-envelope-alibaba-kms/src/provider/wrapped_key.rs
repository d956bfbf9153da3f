//! What a key that KMS wrapped looks like in a message: see `docs/formats/provider-ids.md`.

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes,
    provider::{KeyDescription, ProviderError, ProviderErrorKind, Target},
};
use sha2::{Digest as _, Sha256};

/// The provider id of symmetric keys.
const SYMMETRIC: &str = "alibaba-kms";
const VERSION: u8 = 1;

/// Which calls made the ciphertext, and which open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `AdvanceEncrypt`: begins with three bytes of its own, and says the version of the key.
    Advance = 1,
    /// `Encrypt`, with the first version of the key: the IV stands beside it.
    InitialVersion = 2,
    /// Of the OpenAPI: the base64 text of the key, and no three bytes.
    Text = 3,
}

/// The provider info, apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) kind: Kind,
    pub(crate) key_id: String,
    /// Of the version of the key, if the service said it.
    pub(crate) version_id: String,
    pub(crate) iv: Vec<u8>,
}

impl WrappedKey {
    /// As it stands in a message.
    pub(crate) fn store(&self, ciphertext: Vec<u8>) -> Result<EncryptedDataKey> {
        let Self { kind, key_id, version_id, iv } = self;
        let info = Info { kind: *kind as u8, key_id, version_id, iv };
        EncryptedDataKey::new(SYMMETRIC, info.to_bytes()?, ciphertext)
    }

    /// What `key` says, if a symmetric key of KMS wrapped it.
    pub(crate) fn of(key: &EncryptedDataKey) -> Option<Self> {
        if key.provider_id() != SYMMETRIC {
            return None;
        }
        let Info { kind, key_id, version_id, iv } = Info::of_bytes(key.provider_info())?;
        let kind = match kind {
            1 => Kind::Advance,
            2 => Kind::InitialVersion,
            3 => Kind::Text,
            _ => return None,
        };
        let has_iv = iv.len() == if kind == Kind::InitialVersion { IV_LENGTH } else { 0 };
        let (key_id, version_id) = (key_id.to_owned(), version_id.to_owned());
        has_iv.then(|| Self { kind, key_id, version_id, iv: iv.to_vec() })
    }

    /// Whether the ciphertext is of the version of the key that is stated beside it.
    pub(crate) fn fits(&self, ciphertext: &[u8]) -> bool {
        let version = match self.kind {
            Kind::Advance => {
                ciphertext.strip_prefix(&ADVANCE).and_then(|blob| blob.get(..VERSION_ID_LENGTH))
            }
            Kind::InitialVersion => Some(&[][..]),
            Kind::Text => ciphertext.get(..VERSION_ID_LENGTH),
        };
        version == Some(self.version_id.as_bytes())
    }

    pub(crate) fn describe(&self) -> KeyDescription {
        KeyDescription::new().with_key_id(&self.key_id).with_algorithm("AES_GCM")
    }
}

/// What a symmetric key and an RSA key of KMS wrote into a message alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Info<'a> {
    pub(crate) kind: u8,
    pub(crate) key_id: &'a str,
    pub(crate) version_id: &'a str,
    pub(crate) iv: &'a [u8],
}

impl<'a> Info<'a> {
    pub(crate) fn to_bytes(self) -> Result<Vec<u8>> {
        let mut bytes = vec![VERSION, self.kind];
        for text in [self.key_id, self.version_id] {
            let length = u16::try_from(text.len())
                .map_err(|_| Error::invalid_input("the id of a key is too long"))?;
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        let length = u8::try_from(self.iv.len())
            .map_err(|_| Error::invalid_input("the IV of a wrapped key is too long"))?;
        bytes.push(length);
        bytes.extend(self.iv);
        Ok(bytes)
    }

    /// None if this is something else, or names no key.
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (&[version, kind], rest) = bytes.split_first_chunk()?;
        let (key_id, rest) = text(rest)?;
        let (version_id, rest) = text(rest)?;
        let (length, iv) = rest.split_first()?;
        let is_whole = version == VERSION && iv.len() == usize::from(*length);
        (is_whole && !key_id.is_empty()).then_some(Self { kind, key_id, version_id, iv })
    }
}

/// A text of which the length stands before it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let text = str::from_utf8(text).ok()?;
    // They go into logs.
    text.bytes().all(|byte| byte.is_ascii_graphic()).then_some((text, rest))
}

/// What an OpenAPI gateway is given as encryption context, for the one of the message.
pub(crate) fn service_context(context: &EncryptionContext) -> Result<EncryptionContext> {
    Ok(EncryptionContext::from([(NAME, digest(context)?)]))
}

/// What an instance is given as Aad: what the service makes of the same.
pub(crate) fn aad(context: &EncryptionContext) -> Result<Vec<u8>> {
    Ok(Sha256::digest(format!("{NAME}={}", digest(context)?)).to_vec())
}

fn digest(context: &EncryptionContext) -> Result<String> {
    let digest = Sha256::digest(context.serialize()?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Of the one pair that stands for a whole context.
const NAME: &str = "crypto-envelope";

/// Refuses what is no id of a key, such as an alias: messages name the key itself.
pub(crate) fn check_key_id(key_id: &str) -> Result<()> {
    if key_id.starts_with("alias/") {
        let message = format!("{key_id} is an alias: messages name the key itself, by its id");
        return Err(Error::invalid_input(message));
    }
    if !is_id(key_id) {
        return Err(Error::invalid_input(format!("{key_id:?} is not the id of a key")));
    }
    Ok(())
}

/// Refuses what is no id of a version.
pub(crate) fn check_version_id(version_id: &str) -> Result<()> {
    if !is_id(version_id) {
        let message = format!("{version_id:?} is not the id of the version of a key");
        return Err(Error::invalid_input(message));
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_fit)
}

/// Refuses what KMS does not wrap.
pub(crate) fn check_secret(secret: &SecretBytes) -> Result<()> {
    if secret.is_empty() || secret.len() > LONGEST_SECRET {
        let message = format!("KMS wraps secrets of 1 to {LONGEST_SECRET} bytes");
        return Err(Error::invalid_input(message));
    }
    Ok(())
}

/// The length of a data key, if KMS makes such.
pub(crate) fn data_key_length(length: usize) -> Result<u32> {
    let number = u32::try_from(length).ok().filter(|_| (1..=LONGEST_KEY).contains(&length));
    number
        .ok_or_else(|| Error::invalid_input(format!("KMS makes keys of 1 to {LONGEST_KEY} bytes")))
}

/// A data key of a message has the length that its suite says, and no secret is empty.
pub(crate) fn check_length(secret: &SecretBytes, target: Target, key_id: &str) -> Result<()> {
    if secret.is_empty() {
        let message = format!("{key_id} unwrapped nothing");
        return Err(ProviderError::new(ProviderErrorKind::Other, message).into());
    }
    match target {
        Target::Message(suite) if secret.len() != suite.data_key_length() => {
            let (found, needed) = (secret.len(), suite.data_key_length());
            let message =
                format!("{key_id} unwrapped {found} bytes, where the suite needs {needed}");
            Err(ProviderError::new(ProviderErrorKind::Other, message).into())
        }
        _ => Ok(()),
    }
}

const LONGEST_ID: usize = 200;
/// Bounds of KMS, in bytes. What is encrypted may have 6 KB, as base64 too.
const LONGEST_KEY: usize = 1024;
const LONGEST_SECRET: usize = 4096;
/// In bytes: what AES-GCM takes.
pub(crate) const IV_LENGTH: usize = 12;
/// What the ciphertext of an Advance call begins with: the version of its layout, and AES-GCM.
pub(crate) const ADVANCE: [u8; 3] = [0x24, 0, 2];
/// What stands before the ciphertext in a blob of the OpenAPI: the version of the key.
pub(crate) const VERSION_ID_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    fn example(kind: Kind) -> WrappedKey {
        let iv = if kind == Kind::InitialVersion { vec![7; IV_LENGTH] } else { Vec::new() };
        WrappedKey { kind, key_id: "key-1".to_owned(), version_id: "v".to_owned(), iv }
    }

    #[test]
    fn the_layout_is_as_written_down() -> Result<()> {
        let stored = example(Kind::InitialVersion).store(vec![1, 2])?;
        assert_eq!(stored.provider_id(), "alibaba-kms");
        let mut expected = b"\x01\x02\x00\x05key-1\x00\x01v\x0c".to_vec();
        expected.extend([7; IV_LENGTH]);
        assert_eq!(stored.provider_info(), expected);
        let stored = example(Kind::Advance).store(vec![1])?;
        assert_eq!(stored.provider_info(), b"\x01\x01\x00\x05key-1\x00\x01v\x00");
        Ok(())
    }

    #[test]
    fn the_version_stands_twice() {
        let key = |kind, version_id: &str| WrappedKey {
            version_id: version_id.to_owned(),
            ..example(kind)
        };
        let (version, other) = ("1".repeat(VERSION_ID_LENGTH), "2".repeat(VERSION_ID_LENGTH));
        let blob = [version.as_bytes(), b"rest"].concat();
        let advance = [&ADVANCE, &blob[..]].concat();
        assert!(key(Kind::Advance, &version).fits(&advance));
        assert!(key(Kind::Text, &version).fits(&blob));
        assert!(key(Kind::InitialVersion, "").fits(&blob));
        for (key, ciphertext) in [
            (key(Kind::Advance, &other), &advance[..]),
            (key(Kind::Advance, ""), &advance),
            (key(Kind::Advance, &version), &blob),
            (key(Kind::Advance, &version), b""),
            (key(Kind::Text, &other), &blob),
            (key(Kind::Text, &version), &advance),
            (key(Kind::InitialVersion, &version), &blob),
        ] {
            assert!(!key.fits(ciphertext), "{key:?}");
        }
    }

    #[test]
    fn what_was_stored_is_read() -> Result<()> {
        for kind in [Kind::Advance, Kind::InitialVersion, Kind::Text] {
            let key = example(kind);
            let stored = key.store(vec![1, 2, 3])?;
            assert_eq!(WrappedKey::of(&stored), Some(key));
            let info = stored.provider_info();
            for length in 0..info.len() {
                let cut = EncryptedDataKey::new(SYMMETRIC, info[..length].to_vec(), vec![1])?;
                assert_eq!(WrappedKey::of(&cut), None, "{length}");
            }
            let longer = EncryptedDataKey::new(SYMMETRIC, [info, &[0]].concat(), vec![1])?;
            assert_eq!(WrappedKey::of(&longer), None);
            for (place, other) in [(0, 2), (1, 0), (1, 4)] {
                let mut info = info.to_vec();
                info[place] = other;
                let other = EncryptedDataKey::new(SYMMETRIC, info, vec![1])?;
                assert_eq!(WrappedKey::of(&other), None);
            }
            let foreign = EncryptedDataKey::new("aws-kms", info.to_vec(), vec![1])?;
            assert_eq!(WrappedKey::of(&foreign), None);
        }
        Ok(())
    }

    /// `printf ''` and the serialised context of one pair, by `sha256sum`.
    #[test]
    fn contexts_are_bound_by_a_digest() -> Result<()> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let none = aad(&EncryptionContext::new())?;
        let one = aad(&EncryptionContext::from([("a", "1")]))?;
        assert_eq!(hex(&none), NONE);
        assert_eq!(hex(&one), ONE);
        Ok(())
    }

    const NONE: &str = "86fa1c77a263e8a842c477df4fd5a50a49744a027f4884fdcf3d672a7e3632fd";
    const ONE: &str = "4ecef1b510c4b4ff75d97707abae5534096c0aa4d2ded05bb7f322ae8e3d3752";
}
