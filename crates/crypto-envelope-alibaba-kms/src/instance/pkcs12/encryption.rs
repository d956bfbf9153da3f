//! Private keys under a password: with 3DES as PKCS#12 had it at first (RFC 7292, appendix C), and PBES2
//! (RFC 8018).

use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
        UnboundCipherKey,
    },
    iv::FixedLength,
    pbkdf2,
};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use crypto_envelope::SecretBytes;
use des::TdesEde3;
use zeroize::Zeroizing;

use super::{
    Password, Refused,
    kdf::{self, Hash, Purpose},
    reader::{Der, OCTET_STRING},
};

/// What is in an `EncryptedPrivateKeyInfo` (RFC 5208). Its MAC was checked: padding tells nothing.
pub(super) fn decrypted(key: &[u8], password: &Password) -> Result<SecretBytes, Refused> {
    let mut key = Der::only_sequence(key)?;
    let mut algorithm = key.sequence()?;
    let mut bytes = Zeroizing::new(key.value(OCTET_STRING)?.to_vec());
    key.all()?;
    let scheme = algorithm.oid()?;
    let parameters = algorithm.sequence()?;
    algorithm.all()?;
    match scheme {
        PBE_SHA1_3DES => pbe_sha1_3des(parameters, password, &mut bytes),
        PBES2 => pbes2(parameters, password, &mut bytes),
        _ => Err(Refused::Unsupported("how the private key in PKCS#12 is encrypted")),
    }
}

fn pbe_sha1_3des(
    mut parameters: Der<'_>,
    password: &Password,
    bytes: &mut [u8],
) -> Result<SecretBytes, Refused> {
    let (salt, iterations) = (parameters.value(OCTET_STRING)?, parameters.iterations()?);
    parameters.all()?;
    let mut key = Zeroizing::new([0; TRIPLE_DES_KEY_LENGTH]);
    let mut iv = [0; TRIPLE_DES_BLOCK_LENGTH];
    kdf::derive(Hash::Sha1, Purpose::Key, password, salt, iterations, &mut *key)?;
    kdf::derive(Hash::Sha1, Purpose::Iv, password, salt, iterations, &mut iv)?;
    triple_des(&key[..], &iv, bytes)
}

fn pbes2(
    mut parameters: Der<'_>,
    password: &Password,
    bytes: &mut [u8],
) -> Result<SecretBytes, Refused> {
    let (mut derivation, mut cipher) = (parameters.sequence()?, parameters.sequence()?);
    parameters.all()?;
    if derivation.oid()? != PBKDF2 {
        return Err(Refused::Unsupported("a derivation of keys other than PBKDF2"));
    }
    let pbkdf2 = Pbkdf2::read(derivation.sequence()?)?;
    derivation.all()?;
    let (algorithm, iv) = (cipher.oid()?, cipher.value(OCTET_STRING)?);
    cipher.all()?;
    let (cipher, key_length) = match algorithm {
        AES_128_CBC => (&AES_128, 16),
        AES_192_CBC => (&AES_192, 24),
        AES_256_CBC => (&AES_256, 32),
        DES_EDE3_CBC => {
            let key = pbkdf2.key(TRIPLE_DES_KEY_LENGTH, password)?;
            return triple_des(&key, iv, bytes);
        }
        _ => return Err(Refused::Unsupported("the cipher of the private key in PKCS#12")),
    };
    aes(cipher, &pbkdf2.key(key_length, password)?, iv, bytes)
}

fn aes(
    cipher: &'static Algorithm,
    key: &[u8],
    iv: &[u8],
    bytes: &mut [u8],
) -> Result<SecretBytes, Refused> {
    let iv = <&[u8; 16]>::try_from(iv).map_err(|_| Refused::Damaged)?;
    let iv = DecryptionContext::Iv128(FixedLength::from(iv));
    let key = UnboundCipherKey::new(cipher, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let plain = key.and_then(|key| key.decrypt(bytes, iv).map(|plain| SecretBytes::from(&*plain)));
    plain.map_err(|_| Refused::Damaged)
}

fn triple_des(key: &[u8], iv: &[u8], bytes: &mut [u8]) -> Result<SecretBytes, Refused> {
    let cipher = cbc::Decryptor::<TdesEde3>::new_from_slices(key, iv);
    let cipher = cipher.map_err(|_| Refused::Damaged)?;
    let plain = cipher.decrypt_padded::<Pkcs7>(bytes);
    plain.map(SecretBytes::from).map_err(|_| Refused::Damaged)
}

/// How a key is made from a password (RFC 8018, appendix A.2).
struct Pbkdf2<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
    key_length: Option<u32>,
    function: pbkdf2::Algorithm,
}

impl<'a> Pbkdf2<'a> {
    fn read(mut parameters: Der<'a>) -> Result<Self, Refused> {
        let salt = parameters.value(OCTET_STRING)?;
        let iterations = NonZeroU32::new(parameters.iterations()?).ok_or(Refused::Damaged)?;
        let key_length = parameters.optional_number()?;
        let function = if parameters.is_at_end() {
            pbkdf2::PBKDF2_HMAC_SHA1
        } else {
            match parameters.algorithm()? {
                [front @ .., 7] if front == HMAC => pbkdf2::PBKDF2_HMAC_SHA1,
                [front @ .., 9] if front == HMAC => pbkdf2::PBKDF2_HMAC_SHA256,
                [front @ .., 10] if front == HMAC => pbkdf2::PBKDF2_HMAC_SHA384,
                [front @ .., 11] if front == HMAC => pbkdf2::PBKDF2_HMAC_SHA512,
                _ => return Err(Refused::Unsupported("the function of PBKDF2 in PKCS#12")),
            }
        };
        parameters.all()?;
        Ok(Self { salt, iterations, key_length, function })
    }

    fn key(&self, length: usize, password: &Password) -> Result<Zeroizing<Vec<u8>>, Refused> {
        if self.key_length.is_some_and(|said| usize::try_from(said) != Ok(length)) {
            return Err(Refused::Damaged);
        }
        let mut key = Zeroizing::new(vec![0; length]);
        pbkdf2::derive(self.function, self.iterations, self.salt, &password.utf8, &mut key);
        Ok(key)
    }
}

const TRIPLE_DES_KEY_LENGTH: usize = 24;
const TRIPLE_DES_BLOCK_LENGTH: usize = 8;
/// 1.2.840.113549.1.12.1.3
const PBE_SHA1_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// 1.2.840.113549.1.5.12
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// 1.2.840.113549.2, whose members 7 and 9 to 11 are HMAC with SHA-1, SHA-256, SHA-384 and SHA-512.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
/// 1.2.840.113549.3.7
const DES_EDE3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07];
/// 2.16.840.1.101.3.4.1.2
const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02];
/// 2.16.840.1.101.3.4.1.22
const AES_192_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16];
/// 2.16.840.1.101.3.4.1.42
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_keys_may_be_written_down() -> Result<(), Refused> {
        let password = Password::new(&SecretBytes::from(&b"password"[..])).expect("UTF-8");
        // RFC 6070, the first.
        let parameters = [&[4, 4][..], b"salt", &[2, 1, 1]].concat();
        let expected = Pbkdf2::read(Der::new(&parameters))?.key(20, &password)?;
        assert_eq!(expected[..4], [0x0c, 0x60, 0xc8, 0x0f]);
        let with_length = [&parameters[..], &[2, 1, 20]].concat();
        assert_eq!(Pbkdf2::read(Der::new(&with_length))?.key(20, &password)?, expected);
        let other = Pbkdf2::read(Der::new(&with_length))?.key(24, &password);
        assert_eq!(other, Err(Refused::Damaged));

        let sha1 = [&[0x30, 12, 6, 8][..], HMAC, &[7, 5, 0]].concat();
        let with_function = [&with_length[..], &sha1].concat();
        assert_eq!(Pbkdf2::read(Der::new(&with_function))?.key(20, &password)?, expected);
        let unknown = [&parameters[..], &[0x30, 10, 6, 8], HMAC, &[6]].concat();
        assert!(matches!(Pbkdf2::read(Der::new(&unknown)), Err(Refused::Unsupported(_))));
        let longer = [&with_function[..], &[5, 0]].concat();
        assert!(matches!(Pbkdf2::read(Der::new(&longer)), Err(Refused::Damaged)));
        Ok(())
    }
}
