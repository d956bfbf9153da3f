//! Old names of metadata, and the same in instruction files. The IV is in clear there.

use crypto_envelope::{EncryptedDataKey, Result};

use super::{
    CosCarrier,
    cipher::{BodyCipher, KEY_LENGTH},
    envelope::{CosEnvelope, WrappedKeys},
    java::{WrapAlgorithm, check_tag_length},
    names::{
        LENGTH, Pairs,
        legacy::{CONTENT_ALGORITHM, DESCRIPTION, IV, KEY, OLD_KEY, WRAP_ALGORITHM},
    },
};
use crate::{CosObjectError, provider::wrapped_key::Wrapping};

pub(super) fn parse(pairs: &Pairs, carrier: CosCarrier) -> Result<CosEnvelope> {
    let key = match (pairs.value(KEY), pairs.value(OLD_KEY)) {
        (Some(_), Some(_)) => {
            return Err(CosObjectError::Mixed { names: [KEY, OLD_KEY] }.into());
        }
        (None, Some(_)) => pairs.bytes(OLD_KEY)?,
        _ => pairs.bytes(KEY)?,
    };
    let cipher = match pairs.value(CONTENT_ALGORITHM) {
        Some(value) => BodyCipher::of_java(CONTENT_ALGORITHM, value)?,
        // Before there was a choice.
        None => BodyCipher::Cbc,
    };
    check_tag_length(cipher, pairs)?;
    let iv = pairs.bytes(IV)?;
    if iv.len() != cipher.iv_length() {
        let what = "it has not the length of an IV";
        return Err(CosObjectError::Malformed { name: IV, what }.into());
    }
    let key = wrapped(pairs, key)?;
    let keys = WrappedKeys::PlainIv { key, iv };
    Ok(CosEnvelope::new(cipher.java_format(), carrier, cipher, keys)
        .described(pairs.value(DESCRIPTION))
        .of_length(pairs.length(LENGTH)))
}

fn wrapped(pairs: &Pairs, key: Vec<u8>) -> Result<EncryptedDataKey> {
    let wrapping = match pairs.value(WRAP_ALGORITHM) {
        Some(value) => {
            WrapAlgorithm::of(WRAP_ALGORITHM, value)?.wrapping(pairs.value(DESCRIPTION), KEY_LENGTH)
        }
        // Bare `AES` and `RSA` of Java.
        None if key.len() == KEY_LENGTH + 16 => Wrapping::AesEcb,
        None => Wrapping::RsaLegacy { length: u8::try_from(KEY_LENGTH).unwrap_or(u8::MAX) },
    };
    wrapping.wrapped(key)
}
