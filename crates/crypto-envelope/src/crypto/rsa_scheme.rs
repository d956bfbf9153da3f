//! The paddings of RSA encryption, and those that no message has.

use super::RsaPadding;

/// How a secret is padded, also where that is none of the [paddings](RsaPadding) of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RsaScheme {
    /// One of those of messages.
    Padding(RsaPadding),
    /// RSAES-OAEP with SHA-256, but MGF1 with SHA-1, as the providers that come with Java do it unless
    /// told otherwise. Needs the feature `rustcrypto-rsa`, whatever the length of the key.
    OaepSha256Mgf1Sha1,
}

impl RsaScheme {
    /// How many bytes of the modulus it takes (RFC 8017, sections 7.1.1 and 7.2.1).
    pub(crate) fn overhead(self) -> usize {
        match self {
            Self::Padding(padding) => padding.overhead(),
            Self::OaepSha256Mgf1Sha1 => RsaPadding::OaepSha256.overhead(),
        }
    }

    /// What it is called in descriptions of keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Padding(padding) => padding.name(),
            Self::OaepSha256Mgf1Sha1 => "RSA-OAEP-SHA-256 with MGF1-SHA-1",
        }
    }
}

impl From<RsaPadding> for RsaScheme {
    fn from(padding: RsaPadding) -> Self {
        Self::Padding(padding)
    }
}
