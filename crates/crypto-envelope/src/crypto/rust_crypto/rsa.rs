//! RSA encryption by the crate `rsa`. It is known to leak about private keys by how long it takes
//! (RUSTSEC-2023-0071); blinding makes that harder and not impossible.

use getrandom::SysRng;
use rsa::{
    BoxedUint, Oaep, Pkcs1v15Encrypt,
    hazmat::rsa_decrypt_and_check,
    pkcs1::{RsaPrivateKey as Pkcs1, UintRef},
    pkcs8::{DecodePublicKey, PrivateKeyInfoRef},
    traits::{PaddingScheme, PrivateKeyParts, PublicKeyParts},
};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use super::assert_wiped;
use crate::{
    SecretBytes,
    crypto::{Failed, RsaPadding, RsaScheme},
};

/// A public RSA key of 1024 to 8192 bits, with its scheme (RFC 8017).
pub(crate) struct RsaPublicKey {
    key: rsa::RsaPublicKey,
    scheme: RsaScheme,
}

impl RsaPublicKey {
    /// Takes a `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_spki(der: &[u8], scheme: RsaScheme) -> Result<Self, Failed> {
        let key = rsa::RsaPublicKey::from_public_key_der(der).map_err(|_| Failed)?;
        Ok(Self { key, scheme })
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
        let (key, random) = (&self.key, &mut SysRng);
        match self.scheme {
            RsaScheme::Padding(RsaPadding::DangerPkcs1V15) => {
                Pkcs1v15Encrypt.encrypt(random, key, plaintext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha1) => {
                Oaep::<Sha1>::new().encrypt(random, key, plaintext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha256) => {
                Oaep::<Sha256>::new().encrypt(random, key, plaintext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha384) => {
                Oaep::<Sha384>::new().encrypt(random, key, plaintext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha512) => {
                Oaep::<Sha512>::new().encrypt(random, key, plaintext)
            }
            RsaScheme::OaepSha256Mgf1Sha1 => {
                Oaep::<Sha256, Sha1>::new_with_mgf_hash().encrypt(random, key, plaintext)
            }
        }
        .map_err(|_| Failed)
    }
}

/// A private RSA key of 1024 to 8192 bits, with its scheme. Wiped on drop.
pub(crate) struct RsaPrivateKey {
    key: Box<rsa::RsaPrivateKey>,
    scheme: RsaScheme,
}

impl RsaPrivateKey {
    /// Takes a `PrivateKeyInfo` (PKCS#8) in DER; also gives the public key.
    pub(crate) fn from_pkcs8(
        der: &[u8],
        scheme: RsaScheme,
    ) -> Result<(Self, RsaPublicKey), Failed> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Failed)?;
        let parts = Pkcs1::try_from(info.private_key).map_err(|_| Failed)?;
        let key = rsa::RsaPrivateKey::try_from(parts.clone()).map_err(|_| Failed)?;
        check_precomputed(&key, &parts)?;
        let public = RsaPublicKey { key: key.to_public_key(), scheme };
        Ok((Self { key: Box::new(key), scheme }, public))
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        let (key, blinding) = (&self.key, Some(&mut SysRng));
        match self.scheme {
            RsaScheme::Padding(RsaPadding::DangerPkcs1V15) => {
                return self.decrypt_pkcs1(ciphertext);
            }
            RsaScheme::Padding(RsaPadding::OaepSha1) => {
                Oaep::<Sha1>::new().decrypt(blinding, key, ciphertext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha256) => {
                Oaep::<Sha256>::new().decrypt(blinding, key, ciphertext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha384) => {
                Oaep::<Sha384>::new().decrypt(blinding, key, ciphertext)
            }
            RsaScheme::Padding(RsaPadding::OaepSha512) => {
                Oaep::<Sha512>::new().decrypt(blinding, key, ciphertext)
            }
            RsaScheme::OaepSha256Mgf1Sha1 => {
                Oaep::<Sha256, Sha1>::new_with_mgf_hash().decrypt(blinding, key, ciphertext)
            }
        }
        .map(SecretBytes::from)
        .map_err(|_| Failed)
    }

    /// The crate's own decryption rejects implicitly: a wrong padding gives a random plaintext of a
    /// random length. About one in two hundred would pass for a data key, so that a message with
    /// several wrapped keys might not open, and never would. AWS-LC rejects with an error, and both
    /// must do the same: hence the bare RSA operation, and the padding removed here.
    fn decrypt_pkcs1(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        if ciphertext.len() != self.key.size() {
            return Err(Failed);
        }
        let precision = self.key.n_bits_precision();
        let number = BoxedUint::from_be_slice(ciphertext, precision).map_err(|_| Failed)?;
        let decrypted = rsa_decrypt_and_check(&*self.key, Some(&mut SysRng), &number)
            .map(Zeroizing::new)
            .map_err(|_| Failed)?;
        let padded = Zeroizing::new(decrypted.to_be_bytes());
        unpad(&padded[padded.len() - self.key.size()..])
    }
}

/// EME-PKCS1-v1_5 decoding (RFC 8017, section 7.2.2). Takes the same time for every padding that is
/// wrong; the length of a right one is no secret, as with AWS-LC.
fn unpad(padded: &[u8]) -> Result<SecretBytes, Failed> {
    let [zero, two, rest @ ..] = padded else { return Err(Failed) };
    let mut end = 0;
    let mut is_ended = Choice::from(0);
    for (place, byte) in (0_u32..).zip(rest) {
        let ends_here = byte.ct_eq(&0) & !is_ended;
        end.conditional_assign(&place, ends_here);
        is_ended |= ends_here;
    }
    let is_padded = zero.ct_eq(&0) & two.ct_eq(&2) & is_ended & !end.ct_lt(&MIN_PADDING);
    if bool::from(is_padded) {
        Ok(SecretBytes::from(&rest[end as usize + 1..]))
    } else {
        Err(Failed)
    }
}

/// Refuses keys whose values for the Chinese remainder theorem are not theirs, as AWS-LC does. The
/// crate computes its own, and would take a key file that is damaged there.
fn check_precomputed(key: &rsa::RsaPrivateKey, parts: &Pkcs1<UintRef<'_>>) -> Result<(), Failed> {
    let coefficient = key.crt_coefficient().map(Zeroizing::new);
    let is_right = is_same(parts.exponent1, key.dp())
        && is_same(parts.exponent2, key.dq())
        && is_same(parts.coefficient, coefficient.as_deref());
    if is_right { Ok(()) } else { Err(Failed) }
}

fn is_same(stored: UintRef<'_>, computed: Option<&BoxedUint>) -> bool {
    computed.is_some_and(|computed| {
        BoxedUint::from_be_slice(stored.as_bytes(), computed.bits_precision())
            .is_ok_and(|stored| *Zeroizing::new(stored) == *computed)
    })
}

const MIN_PADDING: u32 = 8;
const _: () = assert_wiped::<rsa::RsaPrivateKey>();
