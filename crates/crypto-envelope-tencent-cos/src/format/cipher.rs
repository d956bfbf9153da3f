//! How the body of an object is encrypted.

use super::CosFormat;
use crate::CosObjectError;

/// How the body of an object is encrypted, that is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BodyCipher {
    Ctr,
    Gcm,
    Cbc,
}

impl BodyCipher {
    pub(super) const ALL: [Self; 3] = [Self::Ctr, Self::Gcm, Self::Cbc];

    /// As Java names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ctr => "AES/CTR/NoPadding",
            Self::Gcm => "AES/GCM/NoPadding",
            Self::Cbc => "AES/CBC/PKCS5Padding",
        }
    }

    pub(super) fn of_java(name: &'static str, value: &str) -> Result<Self, CosObjectError> {
        let found = Self::ALL.into_iter().find(|cipher| cipher.name() == value);
        found.ok_or_else(|| CosObjectError::unknown(name, value))
    }

    pub(super) fn iv_length(self) -> usize {
        match self {
            Self::Ctr | Self::Cbc => 16,
            Self::Gcm => 12,
        }
    }

    /// That of the SDK for Java.
    pub(super) fn java_format(self) -> CosFormat {
        match self {
            Self::Ctr => CosFormat::UnauthenticatedJavaCtr,
            Self::Gcm => CosFormat::JavaGcm,
            Self::Cbc => CosFormat::UnauthenticatedJavaCbc,
        }
    }
}

/// Of the data key of every format.
pub(crate) const KEY_LENGTH: usize = 32;
