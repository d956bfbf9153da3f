//! How an encryption context becomes the `Aad` of a call.

use crypto_envelope::EncryptionContext;
use sha2::{Digest as _, Sha256};

/// How an encryption context becomes the additional authenticated data of a KMS instance.
///
/// An instance knows bytes, not pairs. How the vendor's programs make one of the other differs: what one
/// wrote with a context, another cannot open. Without pairs there is no `Aad`, in every style.
///
/// The first two hash `key=value` pairs, sorted and joined by `&`, where nothing is escaped. Contexts that
/// look the same that way **are** the same to KMS, as `{"a": "1&b=2"}` and `{"a": "1", "b": "2"}`: where keys
/// or values come from others, refuse `&` and `=` in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AadStyle {
    /// The 32 bytes of the SHA-256. This is what KMS itself does for keys outside of instances, and the
    /// vendor's SDKs for Java and Go, and its transfer SDKs in every language.
    #[default]
    Raw,
    /// The SHA-256 as 64 hexadecimal digits: the vendor's KMS SDKs for Python and PHP.
    PythonHex,
    /// The pairs as JSON, without a hash: the vendor's KMS SDK for Python, where it was told to use the
    /// first version of each key (`force_low_version_crypto_transfer`). It kept the order in which the
    /// pairs were given; ours are sorted by their keys.
    Json,
}

impl AadStyle {
    /// The bytes for the `Aad` of a call; none if there are no pairs.
    ///
    /// ```
    /// use crypto_envelope::EncryptionContext;
    /// use crypto_envelope_alibaba_kms::{AadStyle, instance::AdvanceEncrypt};
    ///
    /// let context = EncryptionContext::from([("tenant", "blue")]);
    /// let aad = AadStyle::default().aad(&context);
    /// assert_eq!(aad.len(), 32);
    /// let call = AdvanceEncrypt::new("alias/invoices", &b"text"[..]).aad(aad);
    /// # let _ = call;
    /// ```
    #[must_use]
    pub fn aad(self, context: &EncryptionContext) -> Vec<u8> {
        self.aad_of_pairs(&context.iter().collect::<Vec<_>>())
    }

    /// As [`aad`](Self::aad), of pairs in the order in which they were given.
    pub(crate) fn aad_of_pairs(self, pairs: &[(&str, &str)]) -> Vec<u8> {
        if pairs.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Raw => digest(pairs),
            Self::PythonHex => {
                digest(pairs).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
            }
            Self::Json => json(pairs).into(),
        }
    }
}

fn digest(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Sha256::digest(pairs.join("&")).to_vec()
}

/// Without spaces, and with everything outside of ASCII as it is.
fn json(pairs: &[(&str, &str)]) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let pairs = pairs.iter().map(|(key, value)| format!("{}:{}", text(key), text(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_nothing() {
        for style in [AadStyle::Raw, AadStyle::PythonHex, AadStyle::Json] {
            assert!(style.aad(&EncryptionContext::new()).is_empty());
            assert!(!style.aad(&EncryptionContext::from([("", "")])).is_empty());
        }
    }

    /// Computed with Python's `hashlib` and `json.dumps(..., ensure_ascii=False)`.
    #[test]
    fn text_outside_of_ascii() {
        let context = EncryptionContext::from([
            ("\u{ffff}", "1"),
            ("\u{10000}", "\"\n\u{1f}\u{7f}"),
            ("ü", "密"),
        ]);
        let text = "{\"ü\":\"密\",\"\u{ffff}\":\"1\",\"\u{10000}\":\"\\\"\\n\\u001f\u{7f}\"}";
        assert_eq!(AadStyle::Json.aad(&context), text.as_bytes());
        assert_eq!(AadStyle::PythonHex.aad(&context), EXPECTED.as_bytes());
        let raw = AadStyle::default().aad(&context);
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((raw.len(), hex.as_str()), (32, EXPECTED));
    }

    #[test]
    fn pairs_that_look_alike_are_alike() {
        let one = EncryptionContext::from([("a", "1&b=2")]);
        let two = EncryptionContext::from([("a", "1"), ("b", "2")]);
        assert_eq!(AadStyle::Raw.aad(&one), AadStyle::Raw.aad(&two));
        assert_ne!(AadStyle::Json.aad(&one), AadStyle::Json.aad(&two));
    }

    const EXPECTED: &str = "10a154acfc048206aefd1e31d9161427222e148b918502699144a860217f3ae1";
}
