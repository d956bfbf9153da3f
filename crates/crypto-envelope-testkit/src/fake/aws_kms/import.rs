//! Material that is imported, and what lets it in.

use super::{arn::Arn, material::Material, spec::EncryptionAlgorithm};
use crate::fake::crypto;

/// What a key of the origin `EXTERNAL` knows about its material.
#[derive(Clone, Debug, Default)]
pub(super) struct Import {
    /// The identifier of the one material that the key takes; before the first import it takes any.
    pub(super) material_id: Option<String>,
    /// How long the material stays, if it is there.
    pub(super) expiration: Option<Expiration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expiration {
    Never,
    /// In seconds since 1970.
    At(f64),
}

/// What `GetParametersForImport` gave out.
pub(super) struct ImportToken {
    pub(super) token: Vec<u8>,
    pub(super) key: Arn,
    pub(super) wrapping_key: Material,
    pub(super) algorithm: EncryptionAlgorithm,
    /// In seconds since 1970.
    pub(super) valid_to: f64,
}

impl Import {
    pub(super) fn has_expired(&self, now: f64) -> bool {
        matches!(self.expiration, Some(Expiration::At(end)) if end <= now)
    }
}

impl Expiration {
    pub(super) fn model(self) -> &'static str {
        match self {
            Self::Never => "KEY_MATERIAL_DOES_NOT_EXPIRE",
            Self::At(_) => "KEY_MATERIAL_EXPIRES",
        }
    }
}

/// Without the token and the key.
impl std::fmt::Debug for ImportToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportToken").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What `material` is called as that of `key`.
pub(super) fn material_id(key: &Arn, material: &[u8]) -> String {
    crypto::hex(&crypto::sha256(&[key.id.as_bytes(), material].concat()))
}
