//! A wrapped data key.

use std::fmt;

use crate::{
    Error, Result,
    provider::{RawAesProvider, RawEcdhProvider},
};

/// A data key as a key provider wrapped it: public, stored in the message header.
///
/// AWS Encryption SDK specification, "Encrypted Data Key Entries". Each part holds at most
/// 65 535 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EncryptedDataKey {
    provider_id: String,
    provider_info: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// Puts the parts together.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a part is longer than 65 535 bytes.
    pub fn new(
        provider_id: impl Into<String>,
        provider_info: impl Into<Vec<u8>>,
        ciphertext: impl Into<Vec<u8>>,
    ) -> Result<Self> {
        let key = Self {
            provider_id: provider_id.into(),
            provider_info: provider_info.into(),
            ciphertext: ciphertext.into(),
        };
        let longest = key.provider_id.len().max(key.provider_info.len()).max(key.ciphertext.len());
        if longest > usize::from(u16::MAX) {
            return Err(Error::invalid_input(
                "a part of an encrypted data key is over 65535 bytes",
            ));
        }
        Ok(key)
    }

    /// Names the kind of provider (or, for raw keys, the namespace) that can unwrap it.
    #[must_use]
    pub fn provider_id(&self) -> &str {
        &self.provider_id
    }

    /// What the provider needs to find its key: a key name, an ARN. The bytes are its own affair.
    #[must_use]
    pub fn provider_info(&self) -> &[u8] {
        &self.provider_info
    }

    /// The id of the wrapping key, as far as it can be read without a provider that knows the form:
    /// else the provider info, escaped.
    #[must_use]
    pub fn key_name(&self) -> String {
        RawAesProvider::recognize(self)
            .or_else(|| RawEcdhProvider::recognize(self))
            .and_then(|description| description.key_id)
            .unwrap_or_else(|| match str::from_utf8(&self.provider_info) {
                Ok(text) => text.to_owned(),
                Err(_) => self.provider_info.escape_ascii().to_string(),
            })
    }

    /// The wrapped data key.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }
}

impl fmt::Debug for EncryptedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedDataKey")
            .field("provider_id", &self.provider_id)
            .field("provider_info", &self.provider_info.escape_ascii().to_string())
            .field("ciphertext", &format_args!("{} bytes", self.ciphertext.len()))
            .finish()
    }
}
