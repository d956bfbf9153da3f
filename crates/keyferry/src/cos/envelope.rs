//! What metadata say of the encryption of an object.

use crypto_envelope::Result;
use crypto_envelope_tencent_cos::{CosEnvelope, ObjectProperties};

/// None if they say nothing.
pub(super) fn of(properties: &ObjectProperties) -> Result<Option<CosEnvelope>> {
    let metadata = properties.metadata.user.iter();
    CosEnvelope::of_metadata(metadata.map(|(name, value)| (name.as_str(), value.as_str())))
}
