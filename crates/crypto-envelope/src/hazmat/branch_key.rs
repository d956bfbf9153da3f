//! Wrapping keys with a branch key.

use crate::{
    EncryptionContext, Error, Result, SecretBytes,
    crypto::{self, AesGcm, Hash, IV_LENGTH, TAG_LENGTH, counter_kdf},
};

/// A version of a branch key, which wraps data keys (AWS Encryption SDK specification, "AWS KMS Hierarchical Keyring"). Each
/// is wrapped with a key of its own, which is derived from the branch key.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever has the parts makes one")]
pub struct BranchKey<'a> {
    /// The name of all versions.
    pub id: &'a str,
    /// A UUID.
    pub version: [u8; VERSION_LENGTH],
    /// 32 bytes.
    pub key: &'a SecretBytes,
}

impl BranchKey<'_> {
    /// The version that wrapped a data key, as its ciphertext says.
    #[must_use]
    pub fn version_of(ciphertext: &[u8]) -> Option<[u8; VERSION_LENGTH]> {
        Parts::of(ciphertext).map(|parts| *parts.version)
    }

    /// Wraps a secret.
    ///
    /// # Errors
    ///
    /// As far as one can see, none but that no randomness can be had.
    pub fn wrap(self, secret: &SecretBytes, context: &EncryptionContext) -> Result<Vec<u8>> {
        let (mut salt, mut iv) = ([0; SALT_LENGTH], [0; IV_LENGTH]);
        crypto::random(&mut salt)
            .and_then(|()| crypto::random(&mut iv))
            .map_err(|_| Error::no_randomness())?;
        let mut ciphertext = vec![0; secret.len()];
        let mut tag = [0; TAG_LENGTH];
        let aad = self.aad(context)?;
        self.wrapping_key(&salt)?
            .seal(&iv, &aad, secret.expose(), &mut ciphertext, &mut tag)
            .map_err(|_| Error::Internal { what: "wrapping the data key failed" })?;
        Ok([&salt[..], &iv, &self.version, &ciphertext, &tag].concat())
    }

    /// The secret that was wrapped.
    ///
    /// # Errors
    ///
    /// [`Error::unauthentic_key`] if it was not wrapped with this version, or under another context.
    pub fn unwrap(self, ciphertext: &[u8], context: &EncryptionContext) -> Result<SecretBytes> {
        let parts = Parts::of(ciphertext).ok_or_else(Error::unauthentic_key)?;
        let aad = self.aad(context)?;
        let key = self.wrapping_key(parts.salt)?;
        SecretBytes::filled_by(parts.ciphertext.len(), |secret| {
            key.open(parts.iv, &aad, parts.ciphertext, parts.tag, secret)
                .map_err(|_| Error::unauthentic_key())
        })
    }

    fn aad(self, context: &EncryptionContext) -> Result<Vec<u8>> {
        Ok([LABEL, self.id.as_bytes(), &self.version, context.serialize()?].concat())
    }

    fn wrapping_key(self, salt: &[u8]) -> Result<AesGcm> {
        const FAILED: Error = Error::Internal { what: "deriving the wrapping key failed" };
        let key = SecretBytes::filled_by(KEY_LENGTH, |key| {
            counter_kdf(Hash::Sha256, self.key.expose(), LABEL, salt, key).map_err(|_| FAILED)
        })?;
        AesGcm::new(key.expose()).map_err(|_| FAILED)
    }
}

struct Parts<'c> {
    salt: &'c [u8; SALT_LENGTH],
    iv: &'c [u8; IV_LENGTH],
    version: &'c [u8; VERSION_LENGTH],
    ciphertext: &'c [u8],
    tag: &'c [u8; TAG_LENGTH],
}

impl<'c> Parts<'c> {
    fn of(bytes: &'c [u8]) -> Option<Self> {
        let (salt, rest) = bytes.split_first_chunk()?;
        let (iv, rest) = rest.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_last_chunk()?;
        Some(Self { salt, iv, version, ciphertext, tag })
    }
}

const LABEL: &[u8] = b"aws-kms-hierarchy";
const SALT_LENGTH: usize = 16;
const VERSION_LENGTH: usize = 16;
const KEY_LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_is_bound() -> Result<()> {
        let (key, other_key) = (SecretBytes::from(vec![1; 32]), SecretBytes::from(vec![2; 32]));
        let branch = BranchKey { id: "tenant", version: [3; 16], key: &key };
        let context = EncryptionContext::from([("a", "b")]);
        let secret = SecretBytes::random(32)?;
        let wrapped = branch.wrap(&secret, &context)?;
        assert_eq!(wrapped.len(), 16 + 12 + 16 + 32 + 16);
        assert_eq!(BranchKey::version_of(&wrapped), Some([3; 16]));
        assert!(branch.unwrap(&wrapped, &context)?.equals(secret.expose()));
        assert!(branch.unwrap(&wrapped, &EncryptionContext::new()).is_err());
        for other in [
            BranchKey { id: "other", ..branch },
            BranchKey { version: [4; 16], ..branch },
            BranchKey { key: &other_key, ..branch },
        ] {
            assert!(other.unwrap(&wrapped, &context).is_err());
        }
        for place in 0..wrapped.len() {
            // What stands for the version is for those who look for it.
            if !(28..44).contains(&place) {
                let mut changed = wrapped.clone();
                changed[place] ^= 1;
                assert!(branch.unwrap(&changed, &context).is_err(), "{place}");
            }
            assert!(branch.unwrap(&wrapped[..place], &context).is_err(), "{place}");
        }
        Ok(())
    }
}
