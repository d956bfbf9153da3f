//! ECDH on the curves of NIST.

use aws_lc_rs::{
    agreement::{
        self, Algorithm, ParsedPublicKey, ParsedPublicKeyFormat, PrivateKey, UnparsedPublicKey,
    },
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
};

use super::internal;
use crate::fake::aws_kms::error::KmsError;

pub(in crate::fake::aws_kms) struct EccKey(PrivateKey);

impl EccKey {
    pub(super) fn generate(curve: &'static Algorithm) -> Result<Self, KmsError> {
        PrivateKey::generate(curve).map(Self).map_err(internal)
    }

    /// The x coordinate of the shared point. There is none with whatever is not the DER of a
    /// `SubjectPublicKeyInfo` of a point on the same curve, nor with the point at infinity.
    pub(super) fn agree(&self, public_key: &[u8]) -> Option<Vec<u8>> {
        let peer = UnparsedPublicKey::new(self.0.algorithm(), public_key);
        let peer = ParsedPublicKey::try_from(peer).ok()?;
        // AWS-LC would take a bare point as well, and stops reading where the first value ends.
        if peer.format() != ParsedPublicKeyFormat::X509 || !is_one_value(public_key) {
            return None;
        }
        agreement::agree(&self.0, peer, (), |secret| Ok(secret.to_vec())).ok()
    }

    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        let public = self.0.compute_public_key().map_err(internal)?;
        let der: PublicKeyX509Der<'_> = public.as_der().map_err(internal)?;
        Ok(der.as_ref().to_vec())
    }

    pub(super) fn private_key(&self) -> Result<Vec<u8>, KmsError> {
        let der: Pkcs8V1Der<'_> = self.0.as_der().map_err(internal)?;
        Ok(der.as_ref().to_vec())
    }
}

/// Whether this is one value of DER from beginning to end. The public keys of all our curves have
/// less than 256 bytes.
fn is_one_value(der: &[u8]) -> bool {
    match der {
        [_, length @ 0..=0x7F, content @ ..] | [_, 0x81, length, content @ ..] => {
            content.len() == usize::from(*length)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::agreement::ECDH_P256;

    use super::*;

    /// A point is its tag and its coordinates, and one in 256 looks like DER by its length. What else
    /// is refused stands in the table of the tests over the wire.
    #[test]
    fn a_point_that_looks_like_a_value_is_refused() -> Result<(), KmsError> {
        let key = EccKey::generate(&ECDH_P256)?;
        loop {
            let peer = EccKey::generate(&ECDH_P256)?.0.compute_public_key().map_err(internal)?;
            if is_one_value(peer.as_ref()) {
                assert_eq!(key.agree(peer.as_ref()), None);
                return Ok(());
            }
        }
    }
}
