//! RSA: each decrypts what the other encrypts, and both refuse the same ciphertexts and keys.
//!
//! Two kinds of keys that nobody makes are known to be taken by AWS-LC alone: with primes of
//! different lengths, and with a private exponent beyond the modulus, which then decrypts nothing.

use std::sync::LazyLock;

use ::rsa::{
    BoxedUint, hazmat::rsa_encrypt, pkcs8::DecodePublicKey, rand_core::UnwrapErr,
    traits::PublicKeyParts,
};
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeySize, PrivateDecryptingKey},
};
use getrandom::SysRng;
use proptest::prelude::*;

use super::{BOTH_WAYS, Backend};
use crate::{
    Error, SecretBytes,
    crypto::{self, Failed, RsaPadding, aws_lc, rust_crypto},
    der,
};

/// A key pair in the forms that are imported.
struct KeyPair {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
}

impl KeyPair {
    fn generate(size: KeySize) -> Self {
        let key = PrivateDecryptingKey::generate(size).expect("a key");
        let spki = key.public_key().as_der().expect("SPKI").as_ref().to_vec();
        Self { pkcs8: key.as_der().expect("PKCS#8").as_ref().to_vec(), spki }
    }

    fn public(&self) -> ::rsa::RsaPublicKey {
        ::rsa::RsaPublicKey::from_public_key_der(&self.spki).expect("a public key")
    }

    /// Encrypts as it is, without a padding.
    fn encrypt_bare(&self, padded: &[u8]) -> Vec<u8> {
        let key = self.public();
        let number = BoxedUint::from_be_slice(padded, key.n_bits_precision()).expect("short");
        let number = rsa_encrypt(&key, &number).expect("below the modulus");
        number.to_be_bytes().to_vec()
    }
}

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048));

enum PublicKey {
    AwsLc(aws_lc::RsaPublicKey),
    RustCrypto(rust_crypto::RsaPublicKey),
}

impl PublicKey {
    fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
        match self {
            Self::AwsLc(key) => key.encrypt(plaintext),
            Self::RustCrypto(key) => key.encrypt(plaintext),
        }
    }
}

enum PrivateKey {
    AwsLc(aws_lc::RsaPrivateKey),
    RustCrypto(rust_crypto::RsaPrivateKey),
}

impl PrivateKey {
    fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        match self {
            Self::AwsLc(key) => key.decrypt(ciphertext),
            Self::RustCrypto(key) => key.decrypt(ciphertext),
        }
    }
}

impl Backend {
    /// As the seam does it: only what has the right form gets to a backend.
    fn public_key(self, der: &[u8], padding: RsaPadding) -> Result<PublicKey, Failed> {
        der::rsa::of_spki(der).ok_or(Failed)?;
        Ok(match self {
            Self::AwsLc => PublicKey::AwsLc(aws_lc::RsaPublicKey::from_spki(der, padding)?),
            Self::RustCrypto => {
                PublicKey::RustCrypto(rust_crypto::RsaPublicKey::from_spki(der, padding.into())?)
            }
        })
    }

    fn private_key(
        self,
        der: &[u8],
        padding: RsaPadding,
    ) -> Result<(PrivateKey, PublicKey), Failed> {
        der::rsa::of_pkcs8(der).ok_or(Failed)?;
        Ok(match self {
            Self::AwsLc => {
                let (private, public) = aws_lc::RsaPrivateKey::from_pkcs8(der, padding)?;
                (PrivateKey::AwsLc(private), PublicKey::AwsLc(public))
            }
            Self::RustCrypto => {
                let (private, public) =
                    rust_crypto::RsaPrivateKey::from_pkcs8(der, padding.into())?;
                (PrivateKey::RustCrypto(private), PublicKey::RustCrypto(public))
            }
        })
    }
}

/// Whether both take the key, if they agree.
fn takes_public(der: &[u8]) -> bool {
    let [one, other] =
        Backend::ALL.map(|backend| backend.public_key(der, RsaPadding::OaepSha256).is_ok());
    assert_eq!(one, other, "{der:02x?}");
    one
}

/// Whether both take the key, if they agree.
fn takes_private(der: &[u8]) -> bool {
    let [one, other] =
        Backend::ALL.map(|backend| backend.private_key(der, RsaPadding::OaepSha256).is_ok());
    assert_eq!(one, other, "{der:02x?}");
    one
}

/// What both decrypt, if they agree.
fn decrypted(ciphertext: &[u8], padding: RsaPadding) -> Option<Vec<u8>> {
    let [one, other] = Backend::ALL.map(|backend| {
        let (key, _) = backend.private_key(&KEY.pkcs8, padding).expect("a key");
        key.decrypt(ciphertext).ok().map(|secret| secret.expose().to_vec())
    });
    assert_eq!(one, other, "{padding:?} {ciphertext:02x?}");
    one
}

#[test]
fn each_decrypts_the_other() -> Result<(), Failed> {
    for size in [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096] {
        let pair = KeyPair::generate(size);
        for &padding in RsaPadding::ALL {
            for (maker, reader) in BOTH_WAYS {
                let public = maker.public_key(&pair.spki, padding)?;
                let (_, public_of_private) = maker.private_key(&pair.pkcs8, padding)?;
                let (private, _) = reader.private_key(&pair.pkcs8, padding)?;
                let longest = public.encrypt(&[])?.len() - padding.overhead();
                for length in [0, 1, 16, 24, 32, longest] {
                    let plaintext = vec![0; length];
                    for public in [&public, &public_of_private] {
                        let ciphertext = public.encrypt(&plaintext)?;
                        assert!(private.decrypt(&ciphertext)?.equals(&plaintext));
                    }
                }
                assert!(public.encrypt(&vec![0; longest + 1]).is_err(), "{maker:?} {padding:?}");
            }
        }
    }
    Ok(())
}

/// What decrypts to something else is a right PKCS#1 v1.5 padding once in a great while; both must
/// agree then too.
fn is_refused(ciphertext: &[u8], padding: RsaPadding) -> bool {
    decrypted(ciphertext, padding).is_none() || padding == RsaPadding::DangerPkcs1V15
}

#[test]
fn damaged_ciphertexts_are_refused() -> Result<(), Failed> {
    for &padding in RsaPadding::ALL {
        for (maker, _) in BOTH_WAYS {
            let good = maker.public_key(&KEY.spki, padding)?.encrypt(&[7; 32])?;
            assert_eq!(decrypted(&good, padding), Some(vec![7; 32]));
            for place in [0, 1, 100, good.len() - 1] {
                let mut damaged = good.clone();
                damaged[place] ^= 1;
                assert!(is_refused(&damaged, padding));
            }
            for &other in RsaPadding::ALL.iter().filter(|other| **other != padding) {
                assert!(is_refused(&good, other));
            }
        }
        let modulus = KEY.public().n_bytes().to_vec();
        let one = [&[0; 255][..], &[1]].concat();
        for odd in [&[][..], &[0; 1], &[0; 255], &[0; 256], &[0xff; 256], &[0; 257], &modulus, &one]
        {
            assert_eq!(decrypted(odd, padding), None);
        }
    }
    Ok(())
}

/// Everything that can be wrong with EME-PKCS1-v1_5 (RFC 8017, section 7.2.2).
#[test]
fn every_wrong_padding_of_pkcs1_is_refused() {
    let padded = |start: &[u8], padding: usize, end: &[u8]| {
        [start, &vec![0xff; padding], &vec![0; 256 - start.len() - padding - end.len()], end]
            .concat()
    };
    let decrypt = |padded: &[u8]| decrypted(&KEY.encrypt_bare(padded), RsaPadding::DangerPkcs1V15);
    assert_eq!(decrypt(&padded(&[0, 2], 253, &[])), Some(vec![]));
    assert_eq!(decrypt(&padded(&[0, 2], 252, &[9])), Some(vec![9]));
    assert_eq!(decrypt(&padded(&[0, 2], 221, &[7; 32])), Some(vec![7; 32]));
    assert_eq!(decrypt(&padded(&[0, 2], 8, &[7; 32])), Some([&[0; 213][..], &[7; 32]].concat()));
    for (start, length) in [
        (&[0, 2][..], 254),
        (&[0, 2], 7),
        (&[0, 2], 0),
        (&[0, 1], 221),
        (&[0, 0], 221),
        (&[0, 3], 221),
        (&[1, 2], 221),
        (&[0, 0x82], 221),
        (&[0, 2, 0], 221),
        (&[0, 2, 1, 1, 1, 1, 1, 1, 1, 0], 200),
    ] {
        assert_eq!(decrypt(&padded(start, length, &[])), None, "{start:?} {length}");
    }
}

#[test]
fn keys_in_other_forms_are_refused() {
    let KeyPair { pkcs8, spki } = &*KEY;
    assert!(takes_public(spki) && takes_private(pkcs8));
    for other in [&[][..], &[0x30], &[0x30, 0], b"no key", pkcs8, &spki[1..]] {
        assert!(!takes_public(other));
    }
    for other in [&[][..], &[0x30], &[0x30, 0], b"no key", spki, &pkcs8[1..]] {
        assert!(!takes_private(other));
    }
    for cut in (0..spki.len()).step_by(7) {
        assert!(!takes_public(&spki[..cut]));
    }
    for cut in (0..pkcs8.len()).step_by(13) {
        assert!(!takes_private(&pkcs8[..cut]));
    }
    assert!(!takes_public(&[spki, &[0][..]].concat()));
    assert!(!takes_private(&[pkcs8, &[0][..]].concat()));
}

/// They stand behind the key, where nobody needs them.
#[test]
fn attributes_are_ignored() {
    let with = |addition: &[u8]| {
        let mut pkcs8 = [&KEY.pkcs8, addition].concat();
        let length = u16::try_from(pkcs8.len() - 4).expect("short");
        pkcs8[2..4].copy_from_slice(&length.to_be_bytes());
        pkcs8
    };
    assert!(takes_private(&with(&[])));
    assert!(takes_private(&with(&[0xa0, 0])));
    for other in [&[0][..], &[5, 0], &[0xa0], &[0xa0, 1], &[0xa0, 0, 0], &[0xa1, 0]] {
        assert!(!takes_private(&with(other)), "{other:?}");
    }
}

#[test]
fn lengths_decide_who_computes() -> Result<(), Error> {
    let mut random = UnwrapErr(SysRng);
    for (bits, is_aws_lc) in [(1024, false), (1536, false), (2047, false), (2056, true)] {
        use ::rsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
        let key = ::rsa::RsaPrivateKey::new(&mut random, bits).expect("a key");
        let pkcs8 = key.to_pkcs8_der().expect("PKCS#8");
        let spki = key.to_public_key().to_public_key_der().expect("SPKI");
        for &padding in RsaPadding::ALL {
            let public = crypto::rsa::RsaPublicKey::from_spki(spki.as_bytes(), padding.into())?;
            assert_eq!(matches!(public, crypto::rsa::RsaPublicKey::AwsLc(_)), is_aws_lc, "{bits}");
            let (private, _) =
                crypto::rsa::RsaPrivateKey::from_pkcs8(pkcs8.as_bytes(), padding.into())?;
            // The hashes of OAEP-SHA-512 do not fit into 1024 bits.
            if let Ok(ciphertext) = public.encrypt(&[7; 16]) {
                let decrypted = private.decrypt(&ciphertext).expect("decrypted");
                assert!(decrypted.equals(&[7; 16]));
            } else {
                assert_eq!((bits, padding), (1024, RsaPadding::OaepSha512));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn damaged_public_keys_are_judged_the_same(
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let mut spki = KEY.spki.clone();
        let place = place.index(spki.len());
        spki[place] ^= change;
        // Most of the bytes are the modulus, of which any odd number of the length is one.
        takes_public(&spki);
    }

    #[test]
    fn damaged_private_keys_are_refused(
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let mut pkcs8 = KEY.pkcs8.clone();
        let place = place.index(pkcs8.len());
        pkcs8[place] ^= change;
        prop_assert!(!takes_private(&pkcs8), "byte {}", place);
    }
}
