//! What a key that an RSA key of KMS wrapped looks like in a message: see `docs/formats/provider-ids.md`.

use crypto_envelope::{EncryptedDataKey, Result, provider::KeyDescription};

use super::wrapped_key::Info;

/// The provider info, apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedRsaKey {
    pub(crate) key_id: String,
    /// The version of the key has a key pair of its own.
    pub(crate) version_id: String,
}

impl WrappedRsaKey {
    /// As it stands in a message.
    pub(crate) fn store(&self, ciphertext: Vec<u8>) -> Result<EncryptedDataKey> {
        let Self { key_id, version_id } = self;
        let info = Info { kind: KIND, key_id, version_id, iv: &[] };
        EncryptedDataKey::new(RSA, info.to_bytes()?, ciphertext)
    }

    /// What `key` says, if an RSA key of KMS wrapped it.
    pub(crate) fn of(key: &EncryptedDataKey) -> Option<Self> {
        if key.provider_id() != RSA {
            return None;
        }
        let Info { kind, key_id, version_id, iv } = Info::of_bytes(key.provider_info())?;
        let (key_id, version_id) = (key_id.to_owned(), version_id.to_owned());
        let is_whole = kind == KIND && iv.is_empty() && !version_id.is_empty();
        is_whole.then_some(Self { key_id, version_id })
    }

    pub(crate) fn describe(&self) -> KeyDescription {
        KeyDescription::new().with_key_id(&self.key_id).with_algorithm(ALGORITHM)
    }
}

/// The provider id.
const RSA: &str = "alibaba-kms-rsa";
const KIND: u8 = 4;
/// As KMS calls it.
pub(crate) const ALGORITHM: &str = "RSAES_OAEP_SHA_256";

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> WrappedRsaKey {
        WrappedRsaKey { key_id: "key-1".to_owned(), version_id: "v".to_owned() }
    }

    #[test]
    fn the_layout_is_as_written_down() -> Result<()> {
        let stored = example().store(vec![1, 2])?;
        assert_eq!(stored.provider_id(), "alibaba-kms-rsa");
        assert_eq!(stored.provider_info(), INFO);
        assert_eq!(stored.ciphertext(), [1, 2]);
        assert_eq!(WrappedRsaKey::of(&stored), Some(example()));
        Ok(())
    }

    #[test]
    fn what_is_something_else_is_not_read() -> Result<()> {
        let of = |id: &str, info: &[u8]| {
            EncryptedDataKey::new(id, info, vec![1]).map(|key| WrappedRsaKey::of(&key))
        };
        for length in 0..INFO.len() {
            assert_eq!(of(RSA, &INFO[..length])?, None, "{length}");
        }
        for (id, info) in [
            ("alibaba-kms", INFO),
            ("aws-kms-rsa", INFO),
            (RSA, &[INFO, b"\0"].concat()),
            (RSA, b"\x02\x04\x00\x05key-1\x00\x01v\x00"),
            (RSA, b"\x01\x03\x00\x05key-1\x00\x01v\x00"),
            (RSA, b"\x01\x04\x00\x00\x00\x01v\x00"),
            (RSA, b"\x01\x04\x00\x05key-1\x00\x00\x00"),
            (RSA, b"\x01\x04\x00\x05key-1\x00\x01\n\x00"),
            (RSA, b"\x01\x04\x00\x05key-1\x00\x01v\x011"),
        ] {
            assert_eq!(of(id, info)?, None, "{id} {info:?}");
        }
        Ok(())
    }

    const INFO: &[u8] = b"\x01\x04\x00\x05key-1\x00\x01v\x00";
}
