//! The messages of the gateway, and how their fields are numbered.

/// The fields of a message, numbered from 1: each a name, a colon and a letter for its [`Kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schema(&'static str);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bytes,
    /// Of 32 bits, with a sign.
    Number,
    Flag,
    Texts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

impl Schema {
    pub(super) const ERROR: Self = Self("StatusCode:i ErrorCode:s ErrorMessage:s RequestId:s");

    /// What `operation` takes.
    pub(super) fn request(operation: &str) -> Option<Self> {
        let (_, request, _) = MESSAGES.iter().find(|(name, ..)| *name == operation)?;
        Some(Self(request))
    }

    /// What `operation` answers.
    pub(super) fn response(operation: &str) -> Option<Self> {
        let (.., response) = MESSAGES.iter().find(|(name, ..)| *name == operation)?;
        Some(Self(response))
    }

    pub(super) fn fields(self) -> impl Iterator<Item = Field> {
        (1..).zip(self.0.split(' ')).filter_map(|(number, field)| {
            let (name, kind) = field.split_once(':')?;
            let kind = match kind {
                "b" => Kind::Bytes,
                "i" => Kind::Number,
                "o" => Kind::Flag,
                "r" => Kind::Texts,
                _ => Kind::Text,
            };
            Some(Field { number, name, kind })
        })
    }

    pub(super) fn numbered(self, number: u64) -> Option<Field> {
        self.fields().find(|field| field.number == number)
    }

    pub(super) fn named(self, name: &str) -> Option<Field> {
        self.fields().find(|field| field.name == name)
    }
}

/// By operation: what goes in, and what comes out.
const MESSAGES: &[(&str, &str, &str)] = &[
    (
        "Encrypt",
        "KeyId:s Plaintext:b Algorithm:s Aad:b Iv:b PaddingMode:s",
        "KeyId:s CiphertextBlob:b Iv:b RequestId:s Algorithm:s PaddingMode:s",
    ),
    (
        "Decrypt",
        "CiphertextBlob:b KeyId:s Algorithm:s Aad:b Iv:b PaddingMode:s",
        "KeyId:s Plaintext:b RequestId:s Algorithm:s PaddingMode:s",
    ),
    (
        "AdvanceEncrypt",
        "KeyId:s Plaintext:b Algorithm:s Aad:b Iv:b PaddingMode:s",
        "KeyId:s CiphertextBlob:b Iv:b RequestId:s Algorithm:s PaddingMode:s KeyVersionId:s",
    ),
    (
        "AdvanceDecrypt",
        "CiphertextBlob:b KeyId:s Algorithm:s Aad:b Iv:b PaddingMode:s",
        "KeyId:s Plaintext:b RequestId:s Algorithm:s PaddingMode:s KeyVersionId:s",
    ),
    (
        "GenerateDataKey",
        "KeyId:s Algorithm:s NumberOfBytes:i Aad:b",
        "KeyId:s Iv:b Plaintext:b CiphertextBlob:b RequestId:s Algorithm:s",
    ),
    (
        "AdvanceGenerateDataKey",
        "KeyId:s NumberOfBytes:i Aad:b",
        "KeyId:s Iv:b Plaintext:b CiphertextBlob:b RequestId:s Algorithm:s KeyVersionId:s",
    ),
    (
        "GenerateDataKeyPair",
        "KeyId:s Algorithm:s KeyPairSpec:s KeyFormat:s Aad:b",
        "KeyId:s Iv:b KeyPairSpec:s PrivateKeyPlaintext:b PrivateKeyCiphertextBlob:b PublicKey:b \
         RequestId:s Algorithm:s",
    ),
    (
        "GenerateDataKeyPairWithoutPlaintext",
        "KeyId:s Algorithm:s KeyPairSpec:s KeyFormat:s Aad:b",
        "KeyId:s Iv:b KeyPairSpec:s PrivateKeyCiphertextBlob:b PublicKey:b RequestId:s Algorithm:s",
    ),
    (
        "AdvanceGenerateDataKeyPair",
        "KeyId:s KeyPairSpec:s KeyFormat:s Aad:b",
        "KeyId:s Iv:b KeyPairSpec:s PrivateKeyPlaintext:b PrivateKeyCiphertextBlob:b PublicKey:b \
         RequestId:s Algorithm:s KeyVersionId:s",
    ),
    (
        "AdvanceGenerateDataKeyPairWithoutPlaintext",
        "KeyId:s KeyPairSpec:s KeyFormat:s Aad:b",
        "KeyId:s Iv:b KeyPairSpec:s PrivateKeyCiphertextBlob:b PublicKey:b RequestId:s Algorithm:s \
         KeyVersionId:s",
    ),
    (
        "Sign",
        "KeyId:s Digest:b Algorithm:s Message:b MessageType:s",
        "KeyId:s Signature:b RequestId:s Algorithm:s MessageType:s",
    ),
    (
        "Verify",
        "KeyId:s Digest:b Signature:b Algorithm:s Message:b MessageType:s",
        "KeyId:s Value:o RequestId:s Algorithm:s MessageType:s",
    ),
    ("GenerateRandom", "Length:i", "Random:b RequestId:s"),
    ("GetPublicKey", "KeyId:s", "KeyId:s PublicKey:s RequestId:s"),
    (
        "GetSecretValue",
        "SecretName:s VersionStage:s VersionId:s FetchExtendedConfig:o",
        "SecretName:s SecretType:s SecretData:s SecretDataType:s VersionStages:r VersionId:s \
         CreateTime:s RequestId:s LastRotationDate:s NextRotationDate:s ExtendedConfig:s \
         AutomaticRotation:s RotationInterval:s",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbered_from_one() {
        let schema = Schema::request("AdvanceGenerateDataKey").unwrap();
        let field = Field { number: 2, name: "NumberOfBytes", kind: Kind::Number };
        assert_eq!(schema.numbered(2), Some(field));
        assert_eq!(schema.named("NumberOfBytes"), Some(field));
        assert_eq!(schema.numbered(0), None);
        assert_eq!(schema.numbered(4), None);
        assert_eq!(schema.named("Algorithm"), None);
        let secret = Schema::response("GetSecretValue").unwrap();
        assert_eq!(secret.fields().count(), 13);
        assert_eq!(secret.named("VersionStages").map(|field| field.kind), Some(Kind::Texts));
    }

    #[test]
    fn every_answer_has_an_id() {
        for (operation, ..) in MESSAGES {
            assert!(Schema::response(operation).unwrap().named("RequestId").is_some());
        }
    }
}
