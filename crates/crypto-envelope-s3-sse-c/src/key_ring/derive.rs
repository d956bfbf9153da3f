//! What is derived from a root.

use crypto_envelope::{Error, Result, SecretBytes};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroize as _;

use crate::SseCustomerKey;

/// Of roots, and of all that is derived from them, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// The key of an object.
pub(crate) fn customer_key(
    root: &SecretBytes,
    bucket: &str,
    object: &str,
) -> Result<SseCustomerKey> {
    if bucket.is_empty() || object.is_empty() {
        return Err(Error::invalid_input("a key is of a bucket and an object with names"));
    }
    let (bucket_length, object_length) = (length(bucket)?, length(object)?);
    let info: [&[u8]; 5] =
        [OBJECT_LABEL, &bucket_length, bucket.as_bytes(), &object_length, object.as_bytes()];
    SseCustomerKey::from_bytes(expand(root, &info))
}

/// The MAC of a key ring.
pub(crate) fn mac(root: &SecretBytes, authenticated: &[u8]) -> [u8; KEY_LENGTH] {
    keyed(root, authenticated).finalize().into_bytes().into()
}

/// Takes the same time wherever it differs.
pub(crate) fn is_mac(root: &SecretBytes, authenticated: &[u8], mac: &[u8; KEY_LENGTH]) -> bool {
    keyed(root, authenticated).verify_slice(mac).is_ok()
}

fn keyed(root: &SecretBytes, authenticated: &[u8]) -> Hmac<Sha256> {
    let key = expand(root, &[MAC_LABEL]);
    let mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes any key");
    mac.chain_update(authenticated)
}

/// HKDF (RFC 5869) without salt; the parts of `info` count as one text.
fn expand(root: &SecretBytes, info: &[&[u8]]) -> SecretBytes {
    let (mut prk, hkdf) = Hkdf::<Sha256>::extract(None, root.expose());
    prk.as_mut_slice().zeroize();
    SecretBytes::filled_by(KEY_LENGTH, |key| {
        hkdf.expand_multi_info(info, key).expect("HKDF makes 32 bytes of any root");
        Ok(())
    })
    .expect("what fills it does not fail")
}

fn length(name: &str) -> Result<[u8; 2]> {
    let length = u16::try_from(name.len()).map_err(|_| {
        Error::invalid_input("the name of a bucket or an object is over 65535 bytes")
    })?;
    Ok(length.to_be_bytes())
}

const OBJECT_LABEL: &[u8] = b"crypto-envelope sse-c object key v1";
const MAC_LABEL: &[u8] = b"crypto-envelope sse-c key ring mac v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_apart() -> Result<()> {
        let root = SecretBytes::random(KEY_LENGTH)?;
        let digest = |root: &SecretBytes, bucket: &str, object: &str| {
            customer_key(root, bucket, object).map(|key| key.digest().to_string())
        };
        let key = digest(&root, "bucket", "object")?;
        assert_eq!(digest(&root, "bucket", "object")?, key);
        for (bucket, object) in [
            ("bucketo", "bject"),
            ("Bucket", "object"),
            ("bucket", "object/"),
            ("object", "bucket"),
        ] {
            assert_ne!(digest(&root, bucket, object)?, key, "{bucket} {object}");
        }
        assert_ne!(digest(&SecretBytes::random(KEY_LENGTH)?, "bucket", "object")?, key);
        Ok(())
    }

    #[test]
    fn there_is_no_key_without_names_or_for_names_that_are_too_long() -> Result<()> {
        let root = SecretBytes::random(KEY_LENGTH)?;
        assert!(customer_key(&root, "b", &"o".repeat(65_535)).is_ok());
        let long = "o".repeat(65_536);
        for (bucket, object) in [("", "o"), ("b", ""), ("", ""), ("b", &*long), (&*long, "o")] {
            assert!(customer_key(&root, bucket, object).is_err());
        }
        Ok(())
    }

    #[test]
    fn a_mac_is_of_one_root_and_one_text() -> Result<()> {
        let (root, other) = (SecretBytes::random(KEY_LENGTH)?, SecretBytes::random(KEY_LENGTH)?);
        let mut text_mac = mac(&root, b"text");
        assert!(is_mac(&root, b"text", &text_mac));
        assert!(!is_mac(&other, b"text", &text_mac));
        assert!(!is_mac(&root, b"texts", &text_mac));
        text_mac[31] ^= 1;
        assert!(!is_mac(&root, b"text", &text_mac));
        Ok(())
    }
}
