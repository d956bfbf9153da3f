//! Names for keys that nobody named: the same wherever the key is, and telling nothing about it.
//! Written down in docs/formats/provider-ids.md; messages depend on them.

use crypto_envelope::{SecretBytes, provider::RsaKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

use crate::{
    failure::{Code, Failure},
    text::hex,
};

/// The name of an AES key.
pub(super) fn of_aes(key: &SecretBytes) -> Result<String, Failure> {
    let mut name = [0; LENGTH];
    Hkdf::<Sha256>::new(None, key.expose())
        .expand(b"keyferry raw-aes key name v1", &mut name)
        .map_err(|_| Failure::new(Code::Internal, "cannot derive the name of the key"))?;
    Ok(hex(&name))
}

/// The name of an RSA key, from what everybody may know: both halves have the same.
pub(super) fn of_rsa(key: &RsaKey) -> String {
    hex(&Sha256::digest(key.public_key())[..LENGTH])
}

/// In bytes.
const LENGTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// A permanent format: messages name their key by it.
    #[test]
    fn names_of_keys_never_change() -> Result<(), Failure> {
        let name = of_aes(&SecretBytes::from((0..32).collect::<Vec<u8>>()))?;
        assert_eq!(name, "28fee11a76ef146c");
        let pem = include_bytes!("../../../../tests/vectors/rsa/public.spki.pem");
        assert_eq!(of_rsa(&RsaKey::parse(pem)?), "69ac3e40db602195");
        Ok(())
    }
}
