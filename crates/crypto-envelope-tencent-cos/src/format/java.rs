//! What the SDKs for Java and Go put into metadata.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptedDataKey, Result};

use super::{
    CosCarrier,
    cipher::{BodyCipher, KEY_LENGTH},
    envelope::{CosEnvelope, WrappedKeys},
    names::{
        CONTENT_ALGORITHM, DATA_SIZE, DESCRIPTION, KEY, LENGTH, PART_SIZE, Pairs, START,
        TAG_LENGTH, WRAP_ALGORITHM,
    },
};
use crate::{CosObjectError, provider::wrapped_key::Wrapping};

pub(super) fn parse(pairs: &Pairs) -> Result<CosEnvelope> {
    let cipher = pairs.required(CONTENT_ALGORITHM)?;
    let cipher = BodyCipher::of_java(CONTENT_ALGORITHM, cipher)?;
    check_tag_length(cipher, pairs)?;
    let wrapping = WrapAlgorithm::of(WRAP_ALGORITHM, pairs.required(WRAP_ALGORITHM)?)?;
    let (key, iv) = (pairs.bytes(KEY)?, pairs.bytes(START)?);
    let description = pairs.value(DESCRIPTION);
    let wrapped = |bytes: Vec<u8>, length| wrapping.wrapping(description, length).wrapped(bytes);
    let key = wrapped(key, KEY_LENGTH)?;
    // What is wrapped is longer.
    let (carrier, keys) = if iv.len() == cipher.iv_length() {
        (CosCarrier::AndroidMetadata, WrappedKeys::PlainIv { key, iv })
    } else {
        let iv = wrapped(iv, cipher.iv_length())?;
        (CosCarrier::Metadata, WrappedKeys::Apart { key, iv })
    };
    Ok(CosEnvelope::new(cipher.java_format(), carrier, cipher, keys)
        .described(description)
        .of_length(pairs.length(LENGTH).or_else(|| pairs.length(DATA_SIZE))))
}

/// The metadata of keys that are wrapped one by one. None if they are wrapped in another way.
pub(super) fn pairs(
    cipher: BodyCipher,
    key: &EncryptedDataKey,
    iv: &EncryptedDataKey,
) -> Option<Vec<(&'static str, String)>> {
    let algorithm = WrapAlgorithm::of_wrapped(key).filter(|of_key| {
        WrapAlgorithm::of_wrapped(iv).is_some_and(|of_iv| of_iv.name() == of_key.name())
    })?;
    let mut pairs = vec![
        (KEY, BASE64.encode(key.ciphertext())),
        (START, BASE64.encode(iv.ciphertext())),
        (CONTENT_ALGORITHM, cipher.name().to_owned()),
        (WRAP_ALGORITHM, algorithm.name().to_owned()),
    ];
    if cipher == BodyCipher::Gcm {
        pairs.push((TAG_LENGTH, TAG_BITS.to_owned()));
    }
    Some(pairs)
}

/// What else stands in the metadata, of an object that is written as a whole.
pub(super) fn length_pair(length: u64) -> (&'static str, String) {
    (LENGTH, length.to_string())
}

/// What else stands in the metadata, of an object that is written in parts.
pub(super) fn parts_pairs(
    length: Option<u64>,
    part: Option<u64>,
) -> impl Iterator<Item = (&'static str, String)> {
    let length = length.map(|length| (DATA_SIZE, length.to_string()));
    let part = part.map(|part| (PART_SIZE, part.to_string()));
    length.into_iter().chain(part)
}

pub(super) fn check_tag_length(cipher: BodyCipher, pairs: &Pairs) -> Result<(), CosObjectError> {
    match (cipher, pairs.value(TAG_LENGTH)) {
        (_, None) | (BodyCipher::Gcm, Some(TAG_BITS)) => Ok(()),
        (BodyCipher::Gcm, Some(_)) => {
            Err(CosObjectError::Malformed { name: TAG_LENGTH, what: "it is not 128" })
        }
        (_, Some(_)) => Err(CosObjectError::Mixed { names: [TAG_LENGTH, CONTENT_ALGORITHM] }),
    }
}

/// How a key is wrapped, as Java names it.
#[derive(Clone, Copy)]
pub(super) enum WrapAlgorithm {
    AesKeyWrap,
    Rsa,
    Kms,
}

impl WrapAlgorithm {
    pub(super) fn of(name: &'static str, value: &str) -> Result<Self, CosObjectError> {
        match value {
            AES => Ok(Self::AesKeyWrap),
            RSA => Ok(Self::Rsa),
            KMS | "kms" => Ok(Self::Kms),
            _ => Err(CosObjectError::unknown(name, value)),
        }
    }

    fn of_wrapped(key: &EncryptedDataKey) -> Option<Self> {
        match Wrapping::of(key)? {
            Wrapping::AesKeyWrap => Some(Self::AesKeyWrap),
            Wrapping::RsaJava { .. } => Some(Self::Rsa),
            Wrapping::Kms { .. } => Some(Self::Kms),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::AesKeyWrap => AES,
            Self::Rsa => RSA,
            Self::Kms => KMS,
        }
    }

    /// Of a secret of so many bytes.
    pub(super) fn wrapping(self, description: Option<&str>, length: usize) -> Wrapping {
        let length = u8::try_from(length).unwrap_or(u8::MAX);
        match self {
            Self::AesKeyWrap => Wrapping::AesKeyWrap,
            Self::Rsa => Wrapping::RsaJava { length },
            Self::Kms => {
                let context = description.unwrap_or(NO_DESCRIPTION).to_owned();
                Wrapping::Kms { context }
            }
        }
    }
}

const AES: &str = "AESWrap";
const RSA: &str = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding";
const KMS: &str = "KMS/TencentCloud";
/// What Java sends to KMS then.
const NO_DESCRIPTION: &str = "{}";
const TAG_BITS: &str = "128";
