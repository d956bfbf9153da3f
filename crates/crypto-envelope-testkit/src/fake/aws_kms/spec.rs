//! Kinds of keys, and what each encrypts with.

use super::error::KmsError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySpec {
    SymmetricDefault,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl KeySpec {
    pub(super) const ALL: [Self; 4] =
        [Self::SymmetricDefault, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
        }
    }

    /// What it can encrypt with.
    pub(super) fn algorithms(self) -> &'static [EncryptionAlgorithm] {
        match self {
            Self::SymmetricDefault => &[EncryptionAlgorithm::SymmetricDefault],
            _ => &[EncryptionAlgorithm::OaepSha1, EncryptionAlgorithm::OaepSha256],
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
            Self::SymmetricDefault => return Ok(()),
            Self::Rsa2048 => 256,
            Self::Rsa3072 => 384,
            Self::Rsa4096 => 512,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EncryptionAlgorithm {
    SymmetricDefault,
    OaepSha1,
    OaepSha256,
}

impl EncryptionAlgorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::OaepSha1 => "RSAES_OAEP_SHA_1",
            Self::OaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// The algorithm of this name; without one it is that of symmetric keys.
    pub(super) fn of(member: &str, name: Option<&str>) -> Result<Self, KmsError> {
        let Some(name) = name else { return Ok(Self::SymmetricDefault) };
        let mut all = [Self::SymmetricDefault, Self::OaepSha1, Self::OaepSha256].into_iter();
        all.find(|algorithm| algorithm.name() == name).ok_or_else(|| {
            KmsError::constraint(
                member,
                Some(name),
                "satisfy enum value set: [RSAES_OAEP_SHA_1, SM2PKE, SYMMETRIC_DEFAULT, \
                 RSAES_OAEP_SHA_256]",
            )
        })
    }
}
