//! Both backends against each other: what one makes the other takes, what one refuses the other
//! refuses. Needs both, so it runs with all features only.

#[cfg(feature = "hazmat")]
mod aes;
mod aes_gcm;
mod ecdh;
mod ecdsa;
#[cfg(feature = "rustcrypto-rsa")]
mod rsa;

use super::{Curve, Failed, IV_LENGTH, TAG_LENGTH, aws_lc, rust_crypto};

/// Which one computes. For these tests alone: the crate itself chooses when it is compiled.
#[derive(Clone, Copy, Debug)]
enum Backend {
    AwsLc,
    RustCrypto,
}

/// Who makes, and who checks.
const BOTH_WAYS: [(Backend, Backend); 2] =
    [(Backend::AwsLc, Backend::RustCrypto), (Backend::RustCrypto, Backend::AwsLc)];

impl Backend {
    const ALL: [Self; 2] = [Self::AwsLc, Self::RustCrypto];

    fn random(self, bytes: &mut [u8]) -> Result<(), Failed> {
        match self {
            Self::AwsLc => aws_lc::random(bytes),
            Self::RustCrypto => rust_crypto::random(bytes),
        }
    }

    fn aes_gcm(self, key: &[u8]) -> Result<AesGcm, Failed> {
        Ok(match self {
            Self::AwsLc => AesGcm::AwsLc(aws_lc::AesGcm::new(key)?),
            Self::RustCrypto => AesGcm::RustCrypto(rust_crypto::AesGcm::new(key)?),
        })
    }

    fn ecdsa_key(self, curve: Curve) -> Result<EcdsaKey, Failed> {
        Ok(match self {
            Self::AwsLc => EcdsaKey::AwsLc(aws_lc::EcdsaKey::generate(curve)?),
            Self::RustCrypto => EcdsaKey::RustCrypto(rust_crypto::EcdsaKey::generate(curve)?),
        })
    }

    fn verify_ecdsa(
        self,
        curve: Curve,
        point: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Failed> {
        match self {
            Self::AwsLc => aws_lc::verify_ecdsa(curve, point, digest, signature),
            Self::RustCrypto => rust_crypto::verify_ecdsa(curve, point, digest, signature),
        }
    }
}

enum AesGcm {
    AwsLc(aws_lc::AesGcm),
    RustCrypto(rust_crypto::AesGcm),
}

impl AesGcm {
    fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        match self {
            Self::AwsLc(key) => key.seal(iv, aad, plaintext, ciphertext, tag),
            Self::RustCrypto(key) => key.seal(iv, aad, plaintext, ciphertext, tag),
        }
    }

    fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        plaintext: &mut [u8],
    ) -> Result<(), Failed> {
        match self {
            Self::AwsLc(key) => key.open(iv, aad, ciphertext, tag, plaintext),
            Self::RustCrypto(key) => key.open(iv, aad, ciphertext, tag, plaintext),
        }
    }
}

enum EcdsaKey {
    AwsLc(aws_lc::EcdsaKey),
    RustCrypto(rust_crypto::EcdsaKey),
}

impl EcdsaKey {
    fn public_point(&self) -> &[u8] {
        match self {
            Self::AwsLc(key) => key.public_point(),
            Self::RustCrypto(key) => key.public_point(),
        }
    }

    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Failed> {
        match self {
            Self::AwsLc(key) => key.sign(digest),
            Self::RustCrypto(key) => key.sign(digest),
        }
    }
}

#[test]
fn randomness_of_any_length() -> Result<(), Failed> {
    for backend in Backend::ALL {
        backend.random(&mut [])?;
        let [mut one, mut other] = [[0; 5000]; 2];
        backend.random(&mut one)?;
        backend.random(&mut other)?;
        assert_ne!(one, other);
        assert!(one.windows(8).all(|window| window != [0; 8]), "{backend:?}");
    }
    Ok(())
}
