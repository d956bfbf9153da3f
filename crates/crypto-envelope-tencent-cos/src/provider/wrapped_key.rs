//! What stands in the *encrypted data keys* that are made of the metadata of an object.
//!
//! The formats name no key. What has to be known to unwrap one, and does not stand in the ciphertext
//! itself, is in the provider info: `docs/formats/provider-ids.md`.

use crypto_envelope::{EncryptedDataKey, Result};

/// How a key was wrapped, as far as the object says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// The key stream of the master key from the counter zero on: data key and IV together.
    AesFixedKeystream,
    /// The key stream of the master key from this counter on: data key and IV together.
    AesMasterIv([u8; 16]),
    /// AES Key Wrap (RFC 3394).
    AesKeyWrap,
    /// AES in ECB mode with padding.
    AesEcb,
    /// RSA by the SDK for Python, with a padding that the object does not say, of a secret of so many
    /// bytes.
    RsaPython { length: u8 },
    /// RSA-OAEP with SHA-256 by the SDK for Java, with a hash of MGF1 that the object does not say.
    RsaJava { length: u8 },
    /// RSA with PKCS#1 v1.5, by old SDKs for Java.
    RsaLegacy { length: u8 },
    /// By Tencent Cloud KMS, under this encryption context, as it is written.
    Kms { context: String },
}

impl Wrapping {
    /// A wrapped key in the form of key providers.
    pub(crate) fn wrapped(&self, ciphertext: impl Into<Vec<u8>>) -> Result<EncryptedDataKey> {
        EncryptedDataKey::new(self.provider_id(), self.provider_info(), ciphertext)
    }

    /// Of a wrapped key; none if it is not for the providers of this crate, also if only its provider info is
    /// none of theirs.
    pub(crate) fn of(key: &EncryptedDataKey) -> Option<Self> {
        match (key.provider_id(), key.provider_info()) {
            (AES, [VERSION, 1]) => Some(Self::AesFixedKeystream),
            (AES, [VERSION, 2, iv @ ..]) => iv.try_into().ok().map(Self::AesMasterIv),
            (AES, [VERSION, 3]) => Some(Self::AesKeyWrap),
            (AES, [VERSION, 4]) => Some(Self::AesEcb),
            (RSA, [VERSION, 1, length]) => Some(Self::RsaPython { length: *length }),
            (RSA, [VERSION, 2, length]) => Some(Self::RsaJava { length: *length }),
            (RSA, [VERSION, 3, length]) => Some(Self::RsaLegacy { length: *length }),
            (KMS, [VERSION, 1, context @ ..]) => str::from_utf8(context)
                .ok()
                .map(|context| Self::Kms { context: context.to_owned() }),
            _ => None,
        }
    }

    fn provider_id(&self) -> &'static str {
        match self {
            Self::AesFixedKeystream | Self::AesMasterIv(_) | Self::AesKeyWrap | Self::AesEcb => AES,
            Self::RsaPython { .. } | Self::RsaJava { .. } | Self::RsaLegacy { .. } => RSA,
            Self::Kms { .. } => KMS,
        }
    }

    fn provider_info(&self) -> Vec<u8> {
        match self {
            Self::AesFixedKeystream => vec![VERSION, 1],
            Self::AesMasterIv(iv) => [&[VERSION, 2], &iv[..]].concat(),
            Self::AesKeyWrap => vec![VERSION, 3],
            Self::AesEcb => vec![VERSION, 4],
            Self::RsaPython { length } => vec![VERSION, 1, *length],
            Self::RsaJava { length } => vec![VERSION, 2, *length],
            Self::RsaLegacy { length } => vec![VERSION, 3, *length],
            Self::Kms { context } => [&[VERSION, 1], context.as_bytes()].concat(),
        }
    }
}

const AES: &str = "tencent-cos-aes";
const RSA: &str = "tencent-cos-rsa";
const KMS: &str = "tencent-cos-kms";
/// Of the layout of the provider info.
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapping_leads_back_to_itself() -> Result<()> {
        for wrapping in [
            Wrapping::AesFixedKeystream,
            Wrapping::AesMasterIv([7; 16]),
            Wrapping::AesKeyWrap,
            Wrapping::AesEcb,
            Wrapping::RsaPython { length: 32 },
            Wrapping::RsaJava { length: 16 },
            Wrapping::RsaLegacy { length: 32 },
            Wrapping::Kms { context: "{}".to_owned() },
            Wrapping::Kms { context: String::new() },
        ] {
            assert_eq!(Wrapping::of(&wrapping.wrapped([1, 2])?), Some(wrapping));
        }
        Ok(())
    }

    #[test]
    fn others_are_others_and_so_are_unknown_ones() -> Result<()> {
        for id in ["aws-kms", "tencent-cos", "tencent-cos-aes-2", ""] {
            assert_eq!(Wrapping::of(&EncryptedDataKey::new(id, [1, 1], [])?), None, "{id}");
        }
        for (id, info) in [
            (AES, &[][..]),
            (AES, &[1]),
            (AES, &[2, 1]),
            (AES, &[1, 5]),
            (AES, &[1, 1, 0]),
            (AES, &[1, 2, 0]),
            (RSA, &[1, 1]),
            (RSA, &[1, 4, 32]),
            (RSA, &[1, 1, 32, 0]),
            (KMS, &[1]),
            (KMS, &[1, 1, 0xff]),
        ] {
            assert_eq!(Wrapping::of(&EncryptedDataKey::new(id, info, [])?), None, "{id} {info:?}");
        }
        Ok(())
    }
}
