//! Kinds of keys, and what each is for.

use super::error::KmsError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySpec {
    SymmetricDefault,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    EccP256,
    EccP384,
    EccP521,
}

impl KeySpec {
    pub(super) const ALL: [Self; 7] = [
        Self::SymmetricDefault,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EccP256,
        Self::EccP384,
        Self::EccP521,
    ];

    /// Those with a public and a private half.
    pub(super) const PAIRS: [Self; 6] =
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::EccP256, Self::EccP384, Self::EccP521];

    pub(super) const RSA: [Self; 3] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// With its name, as one to choose.
    pub(super) fn named(self) -> (&'static str, Self) {
        (self.name(), self)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccP256 => "ECC_NIST_P256",
            Self::EccP384 => "ECC_NIST_P384",
            Self::EccP521 => "ECC_NIST_P521",
        }
    }

    pub(super) fn usage(self) -> KeyUsage {
        match self {
            Self::EccP256 | Self::EccP384 | Self::EccP521 => KeyUsage::KeyAgreement,
            _ => KeyUsage::EncryptDecrypt,
        }
    }

    /// What it can encrypt with.
    fn algorithms(self) -> &'static [EncryptionAlgorithm] {
        match (self, self.usage()) {
            (_, KeyUsage::KeyAgreement) => &[],
            (Self::SymmetricDefault, _) => &[EncryptionAlgorithm::SymmetricDefault],
            _ => &EncryptionAlgorithm::OAEP,
        }
    }

    /// What lists the algorithms of such a key in an answer, and the list.
    pub(super) fn listed_algorithms(self) -> (&'static str, Vec<&'static str>) {
        match self.usage() {
            KeyUsage::KeyAgreement => ("KeyAgreementAlgorithms", vec!["ECDH"]),
            KeyUsage::EncryptDecrypt => {
                let algorithms = self.algorithms().iter().map(|algorithm| algorithm.name());
                ("EncryptionAlgorithms", algorithms.collect())
            }
        }
    }

    pub(super) fn is_symmetric(self) -> bool {
        self == Self::SymmetricDefault
    }

    /// Refuses an `algorithm` of another kind of keys.
    pub(super) fn check(self, algorithm: EncryptionAlgorithm) -> Result<(), KmsError> {
        if self.algorithms().contains(&algorithm) {
            return Ok(());
        }
        let (algorithm, spec) = (algorithm.name(), self.name());
        Err(KmsError::wrong_usage(format!(
            "Algorithm {algorithm} is incompatible with key spec {spec}."
        )))
    }

    /// Refuses a plaintext that does not fit.
    pub(super) fn check_size(
        self,
        algorithm: EncryptionAlgorithm,
        size: usize,
    ) -> Result<(), KmsError> {
        let modulus = match self {
            Self::Rsa2048 => 256,
            Self::Rsa3072 => 384,
            Self::Rsa4096 => 512,
            Self::SymmetricDefault | Self::EccP256 | Self::EccP384 | Self::EccP521 => {
                return Ok(());
            }
        };
        let hash = if algorithm == EncryptionAlgorithm::OaepSha1 { 20 } else { 32 };
        // RFC 8017, 7.1.1: two hashes and two bytes go to the padding.
        let most = modulus - 2 * hash - 2;
        if size <= most {
            return Ok(());
        }
        let (algorithm, spec) = (algorithm.name(), self.name());
        Err(KmsError::validation(format!(
            "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} \
             bytes."
        )))
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyUsage {
    EncryptDecrypt,
    KeyAgreement,
}

impl KeyUsage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::KeyAgreement => "KEY_AGREEMENT",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EncryptionAlgorithm {
    SymmetricDefault,
    OaepSha1,
    OaepSha256,
}

impl EncryptionAlgorithm {
    pub(super) const ALL: [Self; 3] = [Self::SymmetricDefault, Self::OaepSha1, Self::OaepSha256];

    /// Those of RSA keys.
    pub(super) const OAEP: [Self; 2] = [Self::OaepSha1, Self::OaepSha256];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::OaepSha1 => "RSAES_OAEP_SHA_1",
            Self::OaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// With its name, as one to choose.
    pub(super) fn named(self) -> (&'static str, Self) {
        (self.name(), self)
    }
}
