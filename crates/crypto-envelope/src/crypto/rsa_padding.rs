//! The paddings of RSA encryption.

/// How the data key is padded before it is encrypted (RFC 8017). MGF1 uses the same hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RsaPadding {
    /// RSAES-OAEP with SHA-1.
    OaepSha1,
    /// RSAES-OAEP with SHA-256.
    OaepSha256,
    /// RSAES-OAEP with SHA-384.
    OaepSha384,
    /// RSAES-OAEP with SHA-512.
    OaepSha512,
    /// RSAES-PKCS1-v1_5, for messages and readers that know nothing else. Whoever can have many
    /// messages decrypted and see whether that failed may learn data keys (Bleichenbacher). With
    /// suites that commit to their key every failure gives the same error here; with others a key
    /// that is well padded and wrong is found out later than one that is not. Do not rely on either.
    DangerPkcs1V15,
}

impl RsaPadding {
    /// All paddings.
    pub const ALL: &'static [Self] = &[
        Self::OaepSha1,
        Self::OaepSha256,
        Self::OaepSha384,
        Self::OaepSha512,
        Self::DangerPkcs1V15,
    ];

    /// How many bytes of the modulus it takes (RFC 8017, sections 7.1.1 and 7.2.1).
    pub(crate) fn overhead(self) -> usize {
        match self {
            Self::OaepSha1 => 2 * 20 + 2,
            Self::OaepSha256 => 2 * 32 + 2,
            Self::OaepSha384 => 2 * 48 + 2,
            Self::OaepSha512 => 2 * 64 + 2,
            Self::DangerPkcs1V15 => 11,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OaepSha1 => "RSA-OAEP-SHA-1",
            Self::OaepSha256 => "RSA-OAEP-SHA-256",
            Self::OaepSha384 => "RSA-OAEP-SHA-384",
            Self::OaepSha512 => "RSA-OAEP-SHA-512",
            Self::DangerPkcs1V15 => "RSA-PKCS1-v1_5",
        }
    }
}
