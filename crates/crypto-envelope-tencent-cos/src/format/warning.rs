//! What whoever keeps an object should know of its format.

use std::fmt;

use super::{CosCarrier, CosFormat, envelope::CosEnvelope};

/// What whoever keeps an object should know of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosWarning {
    /// Nothing shows whether the body was changed.
    Unauthenticated,
    /// The data keys of all objects under this master key are wrapped with the same key stream.
    FixedKeystream,
    /// Released SDKs for Python read the object as garbage.
    GarbageToReleasedSdks,
    /// Anybody who has the public key may have written the object.
    AnybodyMayWrap,
    /// The object does not say which padding its keys have, and it may be PKCS#1 v1.5.
    PaddingUnknown,
    /// The wrapped keys stand where they are easily lost, or exchanged.
    KeysApart,
}

impl CosWarning {
    pub(super) fn all_of(envelope: &CosEnvelope) -> Vec<Self> {
        let format = envelope.format();
        let is_genuine = [CosFormat::Message, CosFormat::JavaGcm].contains(&format);
        let facts = [
            (Self::Unauthenticated, !is_genuine),
            (Self::FixedKeystream, format == CosFormat::UnauthenticatedPythonAes),
            (Self::GarbageToReleasedSdks, format == CosFormat::UnauthenticatedPythonAesMasterIv),
            (Self::AnybodyMayWrap, envelope.is_wrapped_by_rsa()),
            (Self::PaddingUnknown, format == CosFormat::UnauthenticatedPythonRsa),
            (Self::KeysApart, envelope.carrier() == CosCarrier::InstructionFile),
        ];
        facts.into_iter().filter(|(_, holds)| *holds).map(|(warning, _)| warning).collect()
    }
}

impl fmt::Display for CosWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthenticated => {
                "the body has no authentication: changed bytes, a cut end or another key give wrong \
                 plaintext without an error"
            }
            Self::FixedKeystream => {
                "the keys of all objects under this master key are wrapped with one key stream: who \
                 knows those of one object can compute those of all"
            }
            Self::GarbageToReleasedSdks => {
                "the SDK for Python up to 1.9.44 reads this object as garbage, without an error"
            }
            Self::AnybodyMayWrap => "anybody who has the public key may have written this object",
            Self::PaddingUnknown => {
                "the object does not say how its keys are padded; it may be PKCS#1 v1.5"
            }
            Self::KeysApart => {
                "the wrapped key stands in another object: without it this one is lost"
            }
        })
    }
}
