//! What the SDK for Python puts into metadata.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptedDataKey, Result};

use super::{
    CosCarrier, CosFormat,
    cipher::{BodyCipher, KEY_LENGTH},
    envelope::{CosEnvelope, WrappedKeys},
    names::{IV, KEY, MASTER_IV, Pairs},
};
use crate::{CosObjectError, provider::wrapped_key::Wrapping};

pub(super) fn parse(pairs: &Pairs) -> Result<CosEnvelope> {
    let (key, iv) = (pairs.bytes(KEY)?, pairs.bytes(IV)?);
    let master_iv = pairs.value(MASTER_IV).map(|_| pairs.bytes(MASTER_IV)).transpose()?;
    let (format, keys) = match (key.len(), iv.len()) {
        (KEY_LENGTH, IV_LENGTH) => together(&key, &iv, master_iv)?,
        (key_length, iv_length) if key_length == iv_length && key_length >= SHORTEST_MODULUS => {
            if master_iv.is_some() {
                return Err(CosObjectError::Mixed { names: [MASTER_IV, KEY] }.into());
            }
            let key = Wrapping::RsaPython { length: byte(KEY_LENGTH) }.wrapped(key)?;
            let iv = Wrapping::RsaPython { length: byte(IV_LENGTH) }.wrapped(iv)?;
            (CosFormat::UnauthenticatedPythonRsa, WrappedKeys::Apart { key, iv })
        }
        _ => {
            let what = "with the IV, it is neither 32 and 16 bytes nor two of an RSA key";
            return Err(CosObjectError::Malformed { name: KEY, what }.into());
        }
    };
    let cipher = BodyCipher::Ctr;
    Ok(CosEnvelope::new(format, CosCarrier::Metadata, cipher, keys))
}

fn together(key: &[u8], iv: &[u8], master_iv: Option<Vec<u8>>) -> Result<(CosFormat, WrappedKeys)> {
    let both = [key, iv].concat();
    let (format, wrapping) = match master_iv {
        None => (CosFormat::UnauthenticatedPythonAes, Wrapping::AesFixedKeystream),
        Some(iv) => {
            let iv = iv.try_into().map_err(|_| CosObjectError::Malformed {
                name: MASTER_IV,
                what: "it is not 16 bytes",
            })?;
            (CosFormat::UnauthenticatedPythonAesMasterIv, Wrapping::AesMasterIv(iv))
        }
    };
    Ok((format, WrappedKeys::Together(wrapping.wrapped(both)?)))
}

/// The metadata of keys that are wrapped together. None if they are wrapped in another way.
pub(super) fn pairs_together(
    format: CosFormat,
    keys: &EncryptedDataKey,
) -> Option<Vec<(&'static str, String)>> {
    let (key, iv) = keys.ciphertext().split_at_checked(KEY_LENGTH)?;
    let mut pairs = vec![(KEY, BASE64.encode(key)), (IV, BASE64.encode(iv))];
    match (format, Wrapping::of(keys)?) {
        (CosFormat::UnauthenticatedPythonAes, Wrapping::AesFixedKeystream) => {}
        (CosFormat::UnauthenticatedPythonAesMasterIv, Wrapping::AesMasterIv(iv)) => {
            pairs.push((MASTER_IV, BASE64.encode(iv)));
        }
        _ => return None,
    }
    Some(pairs)
}

/// The metadata of keys that are wrapped one by one. None if they are wrapped in another way.
pub(super) fn pairs_apart(
    key: &EncryptedDataKey,
    iv: &EncryptedDataKey,
) -> Option<Vec<(&'static str, String)>> {
    let is_rsa = |key| matches!(Wrapping::of(key), Some(Wrapping::RsaPython { .. }));
    let pairs = [(KEY, key), (IV, iv)].map(|(name, key)| (name, BASE64.encode(key.ciphertext())));
    (is_rsa(key) && is_rsa(iv)).then(|| pairs.to_vec())
}

fn byte(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

const IV_LENGTH: usize = 16;
/// That of 1024 bits.
const SHORTEST_MODULUS: usize = 128;
