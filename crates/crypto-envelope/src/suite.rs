//! The algorithm suites, in one table, and the commitment policies over them.

use std::fmt;

use crate::{
    Error, PolicyViolation, Result,
    crypto::{Curve, Hash},
};

/// An algorithm suite: cipher, key derivation, commitment and signature of a message.
///
/// The names are those of the AWS Encryption SDK. The suite's id is stored in the message header
/// and bound into the derived key. All suites encrypt with AES-GCM, 12-byte IVs and 16-byte tags.
///
/// | id | key | derives its key by | commits | signs with |
/// |---|---|---|---|---|
/// | `0014`, `0046`, `0078` | 128, 192, 256 bits | – | no | – |
/// | `0114`, `0146`, `0178` | 128, 192, 256 bits | HKDF-SHA-256 | no | – |
/// | `0214` | 128 bits | HKDF-SHA-256 | no | ECDSA P-256 |
/// | `0346`, `0378` | 192, 256 bits | HKDF-SHA-384 | no | ECDSA P-384 |
/// | `0478` | 256 bits | HKDF-SHA-512 | yes | – |
/// | `0578` | 256 bits | HKDF-SHA-512 | yes | ECDSA P-384 |
///
/// **Which one?** Of those that *commit to their key*, which the default [`CommitmentPolicy`]
/// demands: without commitment, somebody who knows two keys can make one message that opens to
/// different plaintexts under them. The others are for messages that exist already.
///
/// With a *signing* suite, somebody who can only decrypt cannot write messages that others take
/// for genuine, provided that the key provider keeps the two rights apart and binds the
/// encryption context. It costs a signature per message and a serial hash over all of it. Choose
/// it when readers are trusted less than writers. Otherwise take the unsigned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlgorithmSuite {
    /// `0014`: AES-128-GCM under the data key itself.
    Aes128GcmIv12Tag16,
    /// `0046`: AES-192-GCM under the data key itself.
    Aes192GcmIv12Tag16,
    /// `0078`: AES-256-GCM under the data key itself.
    Aes256GcmIv12Tag16,
    /// `0114`: AES-128-GCM, HKDF-SHA-256.
    Aes128GcmIv12Tag16HkdfSha256,
    /// `0146`: AES-192-GCM, HKDF-SHA-256.
    Aes192GcmIv12Tag16HkdfSha256,
    /// `0178`: AES-256-GCM, HKDF-SHA-256.
    Aes256GcmIv12Tag16HkdfSha256,
    /// `0214`: AES-128-GCM, HKDF-SHA-256, ECDSA over P-256 with SHA-256.
    Aes128GcmIv12Tag16HkdfSha256EcdsaP256,
    /// `0346`: AES-192-GCM, HKDF-SHA-384, ECDSA over P-384 with SHA-384.
    Aes192GcmIv12Tag16HkdfSha384EcdsaP384,
    /// `0378`: AES-256-GCM, HKDF-SHA-384, ECDSA over P-384 with SHA-384.
    Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
    /// `0478`: AES-256-GCM, HKDF-SHA-512, key commitment.
    Aes256GcmHkdfSha512CommitKey,
    /// `0578`: AES-256-GCM, HKDF-SHA-512, key commitment, ECDSA over P-384 with SHA-384.
    Aes256GcmHkdfSha512CommitKeyEcdsaP384,
}

impl AlgorithmSuite {
    /// All suites, in the order of their ids.
    pub const ALL: &'static [Self] = &[
        Self::Aes128GcmIv12Tag16,
        Self::Aes192GcmIv12Tag16,
        Self::Aes256GcmIv12Tag16,
        Self::Aes128GcmIv12Tag16HkdfSha256,
        Self::Aes192GcmIv12Tag16HkdfSha256,
        Self::Aes256GcmIv12Tag16HkdfSha256,
        Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256,
        Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384,
        Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha512CommitKey,
        Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ];

    /// The suite with this id.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|suite| suite.id() == id)
    }

    /// The two-byte id in the message header.
    #[must_use]
    pub fn id(self) -> u16 {
        self.row().id
    }

    /// The name that the official SDKs use.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Length in bytes of the data key that a key provider generates for this suite.
    #[must_use]
    pub fn data_key_length(self) -> usize {
        self.row().key_length
    }

    /// Whether the message commits to its data key, so that it cannot open under two keys.
    #[must_use]
    pub fn is_committing(self) -> bool {
        matches!(self.row().derivation, Derivation::Committing)
    }

    /// Whether the message ends with a signature.
    #[must_use]
    pub fn is_signing(self) -> bool {
        self.row().signature.is_some()
    }

    /// The format version of its messages.
    pub(crate) fn version(self) -> Version {
        if self.is_committing() { Version::V2 } else { Version::V1 }
    }

    pub(crate) fn derivation(self) -> Derivation {
        self.row().derivation
    }

    pub(crate) fn signature_curve(self) -> Option<Curve> {
        self.row().signature
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

/// The name, then the id: `AES_256_GCM_HKDF_SHA512_COMMIT_KEY (0478)`.
impl fmt::Display for AlgorithmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:04X})", self.name(), self.id())
    }
}

/// Which suites are written and read (AWS Encryption SDK specification, "Commitment Policy").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommitmentPolicy {
    /// Writes and reads committing suites only. The default.
    #[default]
    RequireEncryptRequireDecrypt,
    /// Writes committing suites only, and reads all: while older messages are still about.
    RequireEncryptAllowDecrypt,
    /// Writes suites that do **not** commit, and reads all. For readers that know nothing else;
    /// messages made so can open to different plaintexts under different keys.
    DangerForbidEncryptAllowDecrypt,
}

impl CommitmentPolicy {
    /// All policies.
    pub const ALL: &'static [Self] = &[
        Self::RequireEncryptRequireDecrypt,
        Self::RequireEncryptAllowDecrypt,
        Self::DangerForbidEncryptAllowDecrypt,
    ];

    /// Demands that messages of this suite may be written.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] if they may not.
    pub fn check_encrypt(self, suite: AlgorithmSuite) -> Result<()> {
        if self.permits_encrypt(suite) { Ok(()) } else { Err(self.refuses(suite)) }
    }

    /// Demands that messages of this suite may be read.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] if they may not.
    pub fn check_decrypt(self, suite: AlgorithmSuite) -> Result<()> {
        if self.permits_decrypt(suite) { Ok(()) } else { Err(self.refuses(suite)) }
    }

    /// Whether messages of this suite may be written.
    #[must_use]
    pub fn permits_encrypt(self, suite: AlgorithmSuite) -> bool {
        suite.is_committing() == (self != Self::DangerForbidEncryptAllowDecrypt)
    }

    /// Whether messages of this suite may be read.
    #[must_use]
    pub fn permits_decrypt(self, suite: AlgorithmSuite) -> bool {
        suite.is_committing() || self != Self::RequireEncryptRequireDecrypt
    }

    fn refuses(self, suite: AlgorithmSuite) -> Error {
        PolicyViolation::Commitment { suite, policy: self }.into()
    }

    /// The suite that is written where none is chosen: a signing one.
    #[must_use]
    pub fn default_suite(self) -> AlgorithmSuite {
        match self {
            Self::RequireEncryptRequireDecrypt | Self::RequireEncryptAllowDecrypt => {
                AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384
            }
            Self::DangerForbidEncryptAllowDecrypt => {
                AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384
            }
        }
    }
}

/// The name that the official SDKs use.
impl fmt::Display for CommitmentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequireEncryptRequireDecrypt => "REQUIRE_ENCRYPT_REQUIRE_DECRYPT",
            Self::RequireEncryptAllowDecrypt => "REQUIRE_ENCRYPT_ALLOW_DECRYPT",
            Self::DangerForbidEncryptAllowDecrypt => "FORBID_ENCRYPT_ALLOW_DECRYPT",
        })
    }
}

/// The format versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// From the data key to the content key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derivation {
    /// The data key is the content key.
    None,
    /// By HKDF with this hash.
    Hkdf(Hash),
    /// By HKDF with SHA-512, with a commitment beside it.
    Committing,
}

struct Row {
    id: u16,
    name: &'static str,
    key_length: usize,
    derivation: Derivation,
    signature: Option<Curve>,
}

const fn row(
    id: u16,
    name: &'static str,
    key_length: usize,
    derivation: Derivation,
    signature: Option<Curve>,
) -> Row {
    Row { id, name, key_length, derivation, signature }
}

/// In the order of the variants.
#[rustfmt::skip]
const TABLE: [Row; 11] = [
    row(0x0014, "AES_128_GCM_IV12_TAG16", 16, Derivation::None, None),
    row(0x0046, "AES_192_GCM_IV12_TAG16", 24, Derivation::None, None),
    row(0x0078, "AES_256_GCM_IV12_TAG16", 32, Derivation::None, None),
    row(0x0114, "AES_128_GCM_IV12_TAG16_HKDF_SHA256", 16, Derivation::Hkdf(Hash::Sha256), None),
    row(0x0146, "AES_192_GCM_IV12_TAG16_HKDF_SHA256", 24, Derivation::Hkdf(Hash::Sha256), None),
    row(0x0178, "AES_256_GCM_IV12_TAG16_HKDF_SHA256", 32, Derivation::Hkdf(Hash::Sha256), None),
    row(0x0214, "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256", 16, Derivation::Hkdf(Hash::Sha256), Some(Curve::P256)),
    row(0x0346, "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", 24, Derivation::Hkdf(Hash::Sha384), Some(Curve::P384)),
    row(0x0378, "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", 32, Derivation::Hkdf(Hash::Sha384), Some(Curve::P384)),
    row(0x0478, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", 32, Derivation::Committing, None),
    row(0x0578, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", 32, Derivation::Committing, Some(Curve::P384)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (suite, row) in AlgorithmSuite::ALL.iter().copied().zip(&TABLE) {
            assert_eq!(AlgorithmSuite::from_id(row.id), Some(suite));
            let letters: String = row.name.chars().filter(|c| *c != '_').collect();
            assert_eq!(format!("{suite:?}").to_uppercase(), letters);
        }
        assert!(AlgorithmSuite::ALL.is_sorted_by_key(|suite| suite.id()));
        assert_eq!(AlgorithmSuite::from_id(0), None);
    }

    #[test]
    fn policies_permit_what_the_specification_says() {
        use CommitmentPolicy::{
            DangerForbidEncryptAllowDecrypt as Forbid, RequireEncryptAllowDecrypt as Allow,
            RequireEncryptRequireDecrypt as Require,
        };
        for &suite in AlgorithmSuite::ALL {
            let commits = matches!(suite.id(), 0x0478 | 0x0578);
            for (policy, encrypt, decrypt) in
                [(Require, commits, commits), (Allow, commits, true), (Forbid, !commits, true)]
            {
                assert_eq!(policy.permits_encrypt(suite), encrypt, "{policy} {suite}");
                assert_eq!(policy.permits_decrypt(suite), decrypt, "{policy} {suite}");
            }
        }
        for policy in [Require, Allow, Forbid] {
            assert!(policy.permits_encrypt(policy.default_suite()), "{policy}");
        }
    }
}
