//! Encryption by COS, with keys that it has.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::Result;

use crate::{answer::Head, request::Headers};

/// How COS encrypts an object with keys that it has, or KMS has for it. It protects disks of COS, not the data
/// from COS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerSideEncryption {
    /// With a key of COS.
    Cos,
    /// With a key of KMS: made by [`kms`](Self::kms).
    #[non_exhaustive]
    Kms {
        /// The key; that of COS in KMS if none is given.
        key_id: Option<String>,
        /// JSON that KMS binds the key to.
        context: Option<String>,
    },
}

impl ServerSideEncryption {
    /// With a key of KMS; the one that COS has there if none is given.
    #[must_use]
    pub fn kms(key_id: Option<String>) -> Self {
        Self::Kms { key_id, context: None }
    }

    /// The same, with JSON that KMS binds the key to. Nothing changes for a key of COS.
    #[must_use]
    pub fn with_context(self, json: impl Into<String>) -> Self {
        match self {
            Self::Kms { key_id, .. } => Self::Kms { key_id, context: Some(json.into()) },
            other @ Self::Cos => other,
        }
    }

    pub(super) fn push_to(&self, headers: &mut Headers) -> Result<()> {
        match self {
            Self::Cos => headers.push(ENCRYPTION, "AES256"),
            Self::Kms { key_id, context } => {
                headers.push(ENCRYPTION, "cos/kms");
                headers.push_some(KMS_KEY, key_id.as_deref())?;
                let context = context.as_ref().map(|json| BASE64.encode(json));
                headers.push_some(CONTEXT, context.as_deref())?;
            }
        }
        Ok(())
    }

    /// None if it is not encrypted, or in a way that is not known.
    pub(super) fn of(head: &Head) -> Option<Self> {
        match head.value(ENCRYPTION)? {
            "AES256" => Some(Self::Cos),
            "cos/kms" => {
                let json = head.value(CONTEXT).and_then(|text| BASE64.decode(text).ok());
                let context = json.and_then(|json| String::from_utf8(json).ok());
                Some(Self::Kms { key_id: head.text(KMS_KEY), context })
            }
            _ => None,
        }
    }
}

const ENCRYPTION: &str = "x-cos-server-side-encryption";
const KMS_KEY: &str = "x-cos-server-side-encryption-cos-kms-key-id";
const CONTEXT: &str = "x-cos-server-side-encryption-context";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() -> Result<()> {
        let kms = || ServerSideEncryption::kms(Some("key-1".to_owned()));
        for encryption in [
            ServerSideEncryption::Cos,
            ServerSideEncryption::Cos.with_context("{}"),
            ServerSideEncryption::kms(None),
            kms(),
            kms().with_context("{\"a\":\"\u{4e2d}\"}"),
        ] {
            let mut headers = Headers::default();
            encryption.push_to(&mut headers)?;
            let head = Head::new(200, headers.iter().map(|(name, value)| (name, value.as_bytes())));
            assert_eq!(ServerSideEncryption::of(&head), Some(encryption));
        }
        Ok(())
    }

    #[test]
    fn what_is_not_known_is_none() {
        assert_eq!(ServerSideEncryption::of(&Head::new(200, [])), None);
        let head = Head::new(200, [("x-cos-server-side-encryption", &b"other"[..])]);
        assert_eq!(ServerSideEncryption::of(&head), None);
    }

    #[test]
    fn a_key_id_that_would_break_a_header_is_refused() {
        let encryption = ServerSideEncryption::kms(Some("key\nx".to_owned()));
        assert!(encryption.push_to(&mut Headers::default()).is_err());
    }
}
