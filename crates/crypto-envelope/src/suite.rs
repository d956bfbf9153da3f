//! The algorithm suites, in one table.

use std::fmt;

/// An algorithm suite: cipher, key derivation, commitment and signature of a message.
///
/// The names are those of the AWS Encryption SDK. The suite's id is stored in the message header
/// and bound into the derived key.
///
/// | suite | id | commits to its key | signs |
/// |---|---|---|---|
/// | [`Aes256GcmHkdfSha512CommitKey`](Self::Aes256GcmHkdfSha512CommitKey) | `0478` | yes | no |
/// | [`Aes256GcmHkdfSha512CommitKeyEcdsaP384`](Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384) | `0578` | yes | yes |
///
/// **Which one?** Both encrypt and authenticate with AES-256-GCM. With a *signing* suite, somebody
/// who can only decrypt cannot write messages that others take for genuine, provided that the key
/// provider keeps the two rights apart and binds the encryption context. It costs a P-384
/// signature per message and a serial SHA-384 over all of it. Choose it when readers are trusted less than writers. Otherwise take the
/// unsigned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlgorithmSuite {
    /// AES-256-GCM, HKDF-SHA-512, key commitment.
    Aes256GcmHkdfSha512CommitKey,
    /// AES-256-GCM, HKDF-SHA-512, key commitment, ECDSA over P-384 with SHA-384.
    Aes256GcmHkdfSha512CommitKeyEcdsaP384,
}

impl AlgorithmSuite {
    /// All suites that this version knows, in the order of their ids.
    pub const ALL: [Self; 2] =
        [Self::Aes256GcmHkdfSha512CommitKey, Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384];

    /// The suite with this id, if it is one that this version knows.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.suite)
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
        self.row().data_key_length
    }

    /// Whether the message commits to its data key, so that it cannot open under two keys.
    #[must_use]
    pub fn is_committing(self) -> bool {
        self.row().commits
    }

    /// Whether the message ends with a signature.
    #[must_use]
    pub fn is_signing(self) -> bool {
        self.row().signature_length.is_some()
    }

    /// Length of the signatures that we write, where the suite signs. The official writers keep
    /// it fixed as well, so that the length of a message is known in advance.
    pub(crate) fn signature_length(self) -> Option<usize> {
        self.row().signature_length
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

struct Row {
    suite: AlgorithmSuite,
    id: u16,
    name: &'static str,
    data_key_length: usize,
    commits: bool,
    signature_length: Option<usize>,
}

/// In the order of the variants.
const TABLE: [Row; 2] = [
    Row {
        suite: AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        id: 0x0478,
        name: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
        data_key_length: 32,
        commits: true,
        signature_length: None,
    },
    Row {
        suite: AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
        id: 0x0578,
        name: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
        data_key_length: 32,
        commits: true,
        signature_length: Some(103),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_suite_and_by_its_id() {
        assert_eq!(AlgorithmSuite::ALL.len(), TABLE.len());
        for (suite, row) in AlgorithmSuite::ALL.into_iter().zip(&TABLE) {
            assert_eq!(suite, row.suite);
            assert_eq!(suite.id(), row.id);
            assert_eq!(AlgorithmSuite::from_id(row.id), Some(suite));
        }
        assert_eq!(AlgorithmSuite::from_id(0), None);
    }
}
