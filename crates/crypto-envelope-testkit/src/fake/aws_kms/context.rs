//! The encryption context, and the bytes of it that are authenticated.

use std::collections::BTreeMap;

use super::error::KmsError;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Context(BTreeMap<String, String>);

impl Context {
    pub(super) fn new(pairs: BTreeMap<String, String>) -> Result<Self, KmsError> {
        let context = Self(pairs);
        let size = context.0.iter().map(|(key, value)| 4 + key.len() + value.len()).sum::<usize>();
        if size + 2 > MAX_SIZE {
            let message = format!("EncryptionContext must not exceed {MAX_SIZE} bytes.");
            return Err(KmsError::validation(message));
        }
        Ok(context)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has every pair of `other`.
    pub(super) fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|(key, value)| self.0.get(key) == Some(value))
    }

    /// The values of a key in whatever case: so do conditions of policies name it.
    pub(super) fn values_of(&self, key: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(key));
        pairs.map(|(_, value)| value.as_str())
    }

    /// The associated data: as the AWS Encryption SDK serialises a context, pairs by the bytes of
    /// their keys, and nothing at all for none.
    pub(super) fn associated_data(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut bytes = length_of(self.0.len()).to_vec();
        for text in self.0.iter().flat_map(|(key, value)| [key, value]) {
            bytes.extend(length_of(text.len()));
            bytes.extend(text.as_bytes());
        }
        bytes
    }
}

fn length_of(length: usize) -> [u8; 2] {
    u16::try_from(length).expect("MAX_SIZE fits into sixteen bits").to_be_bytes()
}

const MAX_SIZE: usize = 8192;
