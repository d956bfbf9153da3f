//! The encryption context.

use std::{collections::BTreeMap, fmt, hash, sync::OnceLock};

use crate::{Error, PolicyViolation, Result, message::codec};

/// Pairs of text that are bound to a message without being secret.
///
/// A message opens only under the context it was sealed with: put in what the reader knows
/// already, such as a tenant, a path or a purpose, and say it again when decrypting. It is stored
/// **in clear** in the message header and shown to key services: no secrets in it.
///
/// Keys and values hold at most 65 535 bytes each, all pairs together at most 65 535 bytes in
/// serialised form, of which signing suites need some for a pair of their own. Keys that begin with `aws-crypto-` belong to the format,
/// those that begin with `crypto-envelope-` to the key rings of this project: messages have none of them.
///
/// ```
/// use crypto_envelope::EncryptionContext;
///
/// let context = EncryptionContext::from([("tenant", "blue"), ("purpose", "invoices")]);
/// assert_eq!(context.value("tenant"), Some("blue"));
/// ```
#[derive(Clone, Default)]
pub struct EncryptionContext {
    pairs: BTreeMap<String, String>,
    /// The serialised form, once somebody asked for it: each wrapped key of a message needs it.
    serialized: OnceLock<Vec<u8>>,
}

impl EncryptionContext {
    /// A context without pairs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair; returns the value that the key had before, if any.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.serialized.take();
        self.pairs.insert(key.into(), value.into())
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs.get(key).map(String::as_str)
    }

    /// All pairs, in the order of their keys as UTF-8 bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Whether every pair of `other` is in this context too.
    #[must_use]
    pub fn contains_all(&self, other: &Self) -> bool {
        other.iter().all(|(key, value)| self.value(key) == Some(value))
    }

    /// The serialised form: no bytes at all for an empty context, else a 16-bit count and each
    /// key and value behind its 16-bit length, in the order of the keys as UTF-8 bytes.
    ///
    /// Key providers bind this form to the keys they wrap (AWS Encryption SDK specification,
    /// "Encryption context serialization").
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a key, a value or the whole is longer than the format can hold.
    pub fn serialize(&self) -> Result<&[u8]> {
        if let Some(serialized) = self.serialized.get() {
            return Ok(serialized);
        }
        let serialized = self.serialize_anew()?;
        Ok(self.serialized.get_or_init(|| serialized))
    }

    fn serialize_anew(&self) -> Result<Vec<u8>> {
        serialize_pairs(&self.iter().collect::<Vec<_>>())
    }

    /// Demands that there is a pair with this key.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] if there is none.
    pub fn require(&self, key: &str) -> Result<()> {
        match self.value(key) {
            Some(_) => Ok(()),
            None => Err(PolicyViolation::ContextMissing { key: key.to_owned() }.into()),
        }
    }

    /// Demands that no key is one that the format, or a key ring, keeps for itself.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] that names the first that is.
    pub fn check_unreserved(&self) -> Result<()> {
        self.pairs.keys().try_for_each(|key| check_unreserved(key))
    }

    /// Refuses keys that no message has, so that what was wrapped for a key ring is never taken for
    /// the data key of a message.
    pub(crate) fn check_of_message(&self) -> Result<()> {
        self.pairs.keys().try_for_each(|key| check_prefix(key, KEY_RING_PREFIX))
    }

    /// Splits into the pairs whose keys are in `keys`, and the others.
    pub(crate) fn partition(&self, keys: &[String]) -> (Self, Self) {
        let (chosen, others): (Vec<_>, Vec<_>) =
            self.iter().partition(|(key, _)| keys.iter().any(|chosen| chosen == key));
        (chosen.into_iter().collect(), others.into_iter().collect())
    }

    /// This context with all pairs of `other` added.
    pub(crate) fn merged(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl fmt::Debug for EncryptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pairs.fmt(f)
    }
}

impl PartialEq for EncryptionContext {
    fn eq(&self, other: &Self) -> bool {
        self.pairs == other.pairs
    }
}

impl Eq for EncryptionContext {}

impl hash::Hash for EncryptionContext {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.pairs.hash(state);
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for EncryptionContext {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self { pairs, serialized: OnceLock::new() }
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for EncryptionContext {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        self.serialized.take();
        self.pairs.extend(pairs.into_iter().map(|(key, value)| (key.into(), value.into())));
    }
}

/// Refuses a key that the format, or a key ring, keeps for itself.
pub(crate) fn check_unreserved(key: &str) -> Result<()> {
    RESERVED_PREFIXES.iter().try_for_each(|prefix| check_prefix(key, prefix))
}

fn check_prefix(key: &str, reserved: &str) -> Result<()> {
    if key.starts_with(reserved) {
        return Err(PolicyViolation::ReservedContextKey { key: key.to_owned() }.into());
    }
    Ok(())
}

/// Where signing suites keep the public key that verifies the message.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";
/// What the keys of the pairs begin with under which the roots of key rings are wrapped.
const KEY_RING_PREFIX: &str = "crypto-envelope-";
/// What the keys of a caller must not begin with.
pub(crate) const RESERVED_PREFIXES: [&str; 2] = ["aws-crypto-", KEY_RING_PREFIX];

/// The serialised form of pairs in this order.
pub(crate) fn serialize_pairs(pairs: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if pairs.is_empty() {
        return Ok(bytes);
    }
    let too_large = || Error::invalid_input("the encryption context is larger than 65535 bytes");
    bytes.extend(u16::try_from(pairs.len()).map_err(|_| too_large())?.to_be_bytes());
    for text in pairs.iter().flat_map(|(key, value)| [key, value]) {
        codec::put_prefixed(&mut bytes, text.as_bytes()).ok_or_else(too_large)?;
    }
    if bytes.len() > usize::from(u16::MAX) {
        return Err(too_large());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_context_serialises_to_nothing() -> Result<()> {
        assert_eq!(EncryptionContext::new().serialize()?, b"");
        Ok(())
    }

    #[test]
    fn pairs_are_sorted_by_utf8_bytes() -> Result<()> {
        let context = EncryptionContext::from([("é", "3"), ("a", "2"), ("Z", "1")]);
        assert_eq!(
            context.serialize()?,
            b"\0\x03\0\x01Z\0\x011\0\x01a\0\x012\0\x02\xC3\xA9\0\x013"
        );
        Ok(())
    }

    #[test]
    fn a_change_is_serialised() -> Result<()> {
        let mut context = EncryptionContext::from([("a", "1")]);
        assert_eq!(context.serialize()?, b"\0\x01\0\x01a\0\x011");
        context.insert("a", "2");
        assert_eq!(context.serialize()?, b"\0\x01\0\x01a\0\x012");
        context.extend([("b", "3")]);
        assert_eq!(context.serialize()?, b"\0\x02\0\x01a\0\x012\0\x01b\0\x013");
        Ok(())
    }

    #[test]
    fn oversized_contexts_are_refused() {
        let key = EncryptionContext::from([("k".repeat(65_536), "v")]);
        assert!(matches!(key.serialize(), Err(Error::InvalidInput { .. })));
        let whole: EncryptionContext =
            (0..40_000).map(|i| (i.to_string(), String::new())).collect();
        assert!(matches!(whole.serialize(), Err(Error::InvalidInput { .. })));
    }

    #[test]
    fn two_prefixes_are_not_the_callers() {
        for key in
            ["aws-crypto-", "aws-crypto-public-key", "crypto-envelope-", "crypto-envelope-ring"]
        {
            let context = EncryptionContext::from([("a", "1"), (key, "2")]);
            let refused = context.check_unreserved().map_err(|error| error.to_string());
            let prefix = if key.starts_with("aws") { "aws-crypto-" } else { "crypto-envelope-" };
            let expected = format!("keys must not begin with {prefix:?}");
            assert!(refused.is_err_and(|text| text.ends_with(&expected)), "{key}");
        }
        for key in
            ["", "aws-crypto", "crypto-envelope", "Crypto-Envelope-ring", "my-crypto-envelope-"]
        {
            let context = EncryptionContext::from([(key, "1")]);
            assert!(context.check_unreserved().and(context.check_of_message()).is_ok(), "{key}");
        }
        // The format has one of its own, and readers take others.
        let context = EncryptionContext::from([(PUBLIC_KEY, "1"), ("aws-crypto-x", "2")]);
        assert!(context.check_of_message().is_ok());
    }

    #[test]
    fn largest_context_is_taken() -> Result<()> {
        let context = EncryptionContext::from([("k", "v".repeat(65_535 - 2 - 2 - 1 - 2))]);
        assert_eq!(context.serialize()?.len(), 65_535);
        Ok(())
    }
}
