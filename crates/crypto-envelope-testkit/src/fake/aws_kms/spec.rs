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

    /// That of `specs` which `member` of a request names. AWS has `others` as well.
    pub(super) fn of(
        member: &str,
        name: &str,
        specs: &[Self],
        others: &[&str],
    ) -> Result<Self, KmsError> {
        if let Some(spec) = specs.iter().find(|spec| spec.name() == name) {
            return Ok(*spec);
        }
        if others.contains(&name) {
            return Err(KmsError::unsupported(format!("This fake has no keys of {name}.")));
        }
        let known = specs.iter().map(|spec| spec.name()).chain(others.iter().copied());
        let known = known.collect::<Vec<_>>().join(", ");
        let constraint = format!("satisfy enum value set: [{known}]");
        Err(KmsError::constraint(member, Some(name), &constraint))
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
            _ => &[EncryptionAlgorithm::OaepSha1, EncryptionAlgorithm::OaepSha256],
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
