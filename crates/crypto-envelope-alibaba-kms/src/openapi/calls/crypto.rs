//! Calls that use keys.

use crypto_envelope::{EncryptionContext, SecretBytes};

use crate::openapi::{
    answers::{
        AsymmetricCiphertext, AsymmetricPlaintext, Ciphertext, DataKey, Plaintext, PublicKey,
        SecretValue, SignedDigest, Verification,
    },
    json::Unreadable,
    values,
};

calls! {
    /// Encrypts a text of at most 6 KB with the primary version of a symmetric key.
    ///
    /// KMS takes text and gives the same text back when it decrypts. Encode anything else in base64,
    /// as the vendor does: see [`Encrypt::base64`].
    Encrypt -> Ciphertext, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
            plaintext: SecretBytes = secret_text "Plaintext",
        }
        may {
            /// Pairs that must be given again to decrypt. They are written to the audit trail in clear.
            encryption_context: EncryptionContext = context "EncryptionContext",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
    }

    /// Decrypts what a symmetric key has encrypted.
    Decrypt -> Plaintext, served by transfer {
        needs {
            ciphertext_blob: String = text "CiphertextBlob",
        }
        may {
            /// The pairs it was encrypted with.
            encryption_context: EncryptionContext = context "EncryptionContext",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
    }

    /// Makes a data key, and encrypts it with the primary version of a symmetric key. Without more it
    /// has 32 bytes.
    GenerateDataKey -> DataKey, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// Pairs that must be given again to decrypt. They are written to the audit trail in clear.
            encryption_context: EncryptionContext = context "EncryptionContext",
            /// `AES_256` or `AES_128`.
            key_spec: String = text "KeySpec",
            /// From 1 to 1024; it wins over [`key_spec`](Self::key_spec).
            number_of_bytes: u32 = data_key_length "NumberOfBytes",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_length
    }

    /// As [`GenerateDataKey`], for a key that is used later, somewhere else.
    GenerateDataKeyWithoutPlaintext -> Ciphertext, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// Pairs that must be given again to decrypt. They are written to the audit trail in clear.
            encryption_context: EncryptionContext = context "EncryptionContext",
            /// `AES_256` or `AES_128`.
            key_spec: String = text "KeySpec",
            /// From 1 to 1024; it wins over [`key_spec`](Self::key_spec).
            number_of_bytes: u32 = data_key_length "NumberOfBytes",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
    }

    /// Decrypts, and encrypts with another symmetric key, inside of KMS.
    ReEncrypt -> Ciphertext, about destination_key_id {
        needs {
            ciphertext_blob: String = text "CiphertextBlob",
            destination_key_id: String = text "DestinationKeyId",
        }
        may {
            /// The pairs it was encrypted with.
            source_encryption_context: EncryptionContext = context "SourceEncryptionContext",
            /// The pairs to encrypt with.
            destination_encryption_context: EncryptionContext = context "DestinationEncryptionContext",
            /// The key it was encrypted with, if that is an RSA or SM2 key.
            source_key_id: String = text "SourceKeyId",
            /// The version of that key.
            source_key_version_id: String = text "SourceKeyVersionId",
            /// How that key has encrypted, such as `RSAES_OAEP_SHA_256`.
            source_encryption_algorithm: String = text "SourceEncryptionAlgorithm",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
    }

    /// Encrypts bytes with an RSA or SM2 key, such as by `RSAES_OAEP_SHA_256`.
    AsymmetricEncrypt -> AsymmetricCiphertext, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
            key_version_id: String = text "KeyVersionId",
            algorithm: String = text "Algorithm",
            plaintext: SecretBytes = secret_base64 "Plaintext",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_version
    }

    /// Decrypts with an RSA or SM2 key.
    AsymmetricDecrypt -> AsymmetricPlaintext, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
            key_version_id: String = text "KeyVersionId",
            algorithm: String = text "Algorithm",
            ciphertext_blob: Vec<u8> = base64 "CiphertextBlob",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_version
    }

    /// Signs a digest, such as by `RSA_PSS_SHA_256`, `RSA_PKCS1_SHA_256` or `ECDSA_SHA_256`.
    AsymmetricSign -> SignedDigest, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
            key_version_id: String = text "KeyVersionId",
            algorithm: String = text "Algorithm",
            digest: Vec<u8> = base64 "Digest",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_version
    }

    /// Verifies the signature of a digest.
    AsymmetricVerify -> Verification, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
            key_version_id: String = text "KeyVersionId",
            algorithm: String = text "Algorithm",
            digest: Vec<u8> = base64 "Digest",
            signature: Vec<u8> = base64 "Value",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_version
    }

    /// Gets the public half of a key pair.
    GetPublicKey -> PublicKey, about key_id, served by transfer {
        needs {
            key_id: String = text "KeyId",
        }
        may {
            /// The version. The public gateway wants it.
            key_version_id: String = text "KeyVersionId",
        }
        switch {
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
        check check_version
    }

    /// Gets a secret: its version `ACSCurrent`, without more.
    GetSecretValue -> SecretValue, about secret_name, served by transfer {
        needs {
            secret_name: String = text "SecretName",
        }
        may {
            /// A version.
            version_id: String = text "VersionId",
            /// The version in this stage, such as `ACSPrevious`.
            version_stage: String = text "VersionStage",
        }
        switch {
            /// Gets what belongs to secrets that KMS rotates itself.
            fetch_extended_config = "FetchExtendedConfig",
            /// Asks whether the call would succeed: it always fails, with `DryRunOperationError` if it
            /// would.
            dry_run = "DryRun",
        }
    }
}

impl GenerateDataKey {
    fn check_length(&self, answer: &DataKey) -> Result<(), Unreadable> {
        let expected = match (self.number_of_bytes, self.key_spec.as_deref()) {
            (Some(number), _) => number,
            (None, None | Some("AES_256")) => 32,
            (None, Some("AES_128")) => 16,
            (None, Some(_)) => return Ok(()),
        };
        let found = answer.plaintext.len();
        if u32::try_from(found) == Ok(expected) {
            return Ok(());
        }
        Err(Unreadable(format!("wrong: Plaintext has {found} bytes, not {expected}")))
    }
}

/// A call names a version of a key, and its answer, as far as it does, the same.
macro_rules! versions {
    ($($call:ident -> $answer:ident,)*) => {$(
        impl $call {
            fn check_version(&self, answer: &$answer) -> Result<(), Unreadable> {
                same_version(&self.key_version_id, answer.key_version_id.as_ref())
            }
        }
    )*};
}

versions! {
    AsymmetricEncrypt -> AsymmetricCiphertext,
    AsymmetricDecrypt -> AsymmetricPlaintext,
    AsymmetricSign -> SignedDigest,
    AsymmetricVerify -> Verification,
}

impl GetPublicKey {
    fn check_version(&self, answer: &PublicKey) -> Result<(), Unreadable> {
        let asked = self.key_version_id.as_ref();
        asked.map_or(Ok(()), |asked| same_version(asked, answer.key_version_id.as_ref()))
    }
}

fn same_version(asked: &str, found: Option<&String>) -> Result<(), Unreadable> {
    if found.is_none_or(|found| found == asked) {
        return Ok(());
    }
    Err(Unreadable("of another version of the key than it was asked for".to_owned()))
}

impl Encrypt {
    /// Encrypts the base64 text of bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if they are far too many.
    pub fn base64(
        key_id: impl Into<String>,
        plaintext: &SecretBytes,
    ) -> crypto_envelope::Result<Self> {
        let text = values::secret_base64("Plaintext", plaintext)?.unwrap_or_default();
        Ok(Self::new(key_id, text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::calls::{Call, Parts as _};

    fn query<C: Call>(call: &C) -> String {
        let query = call.parameters().expect("they can be sent").encoded();
        format!("{} {}", C::ACTION, *query)
    }

    #[test]
    fn parameters_are_sorted_and_named_as_in_the_api() -> crypto_envelope::Result<()> {
        let context = EncryptionContext::from([("a", "b c")]);
        let secret = SecretBytes::from(&[0xFB, 0xFF][..]);
        let encrypt = Encrypt::base64("alias/x", &secret)?.encryption_context(context.clone());
        assert_eq!(
            query(&encrypt),
            "Encrypt EncryptionContext=%7B%22a%22%3A%22b+c%22%7D&KeyId=alias%2Fx&Plaintext=%2B%2F8%3D"
        );
        assert_eq!(encrypt.name(), Some("alias/x"));
        let decrypt = Decrypt::new("a+b").encryption_context(EncryptionContext::new()).dry_run();
        assert_eq!(query(&decrypt), "Decrypt CiphertextBlob=a%2Bb&DryRun=true");
        assert_eq!(decrypt.name(), None);
        let data_key = GenerateDataKey::new("k").number_of_bytes(64).key_spec("AES_128");
        assert_eq!(query(&data_key), "GenerateDataKey KeyId=k&KeySpec=AES_128&NumberOfBytes=64");
        let without = GenerateDataKeyWithoutPlaintext::new("k");
        assert_eq!(query(&without), "GenerateDataKeyWithoutPlaintext KeyId=k");
        let again = ReEncrypt::new("c", "k").source_encryption_context(context);
        assert_eq!(
            query(&again),
            "ReEncrypt CiphertextBlob=c&DestinationKeyId=k&\
             SourceEncryptionContext=%7B%22a%22%3A%22b+c%22%7D"
        );
        Ok(())
    }

    #[test]
    fn bytes_are_sent_in_base64() {
        let encrypt = AsymmetricEncrypt::new("k", "v", "A", vec![1]);
        let expected = "AsymmetricEncrypt Algorithm=A&KeyId=k&KeyVersionId=v&Plaintext=AQ%3D%3D";
        assert_eq!(query(&encrypt), expected);
        let decrypt = AsymmetricDecrypt::new("k", "v", "A", [1]);
        let expected =
            "AsymmetricDecrypt Algorithm=A&CiphertextBlob=AQ%3D%3D&KeyId=k&KeyVersionId=v";
        assert_eq!(query(&decrypt), expected);
        let sign = AsymmetricSign::new("k", "v", "A", [1]);
        let expected = "AsymmetricSign Algorithm=A&Digest=AQ%3D%3D&KeyId=k&KeyVersionId=v";
        assert_eq!(query(&sign), expected);
        let verify = AsymmetricVerify::new("k", "v", "A", [1], [2]);
        let expected = "AsymmetricVerify Algorithm=A&Digest=AQ%3D%3D&KeyId=k&KeyVersionId=v&\
                        Value=Ag%3D%3D";
        assert_eq!(query(&verify), expected);
        let public_key = GetPublicKey::new("k").key_version_id("v");
        assert_eq!(query(&public_key), "GetPublicKey KeyId=k&KeyVersionId=v");
        let secret = GetSecretValue::new("s").version_stage("ACSPrevious").fetch_extended_config();
        assert_eq!(
            query(&secret),
            "GetSecretValue FetchExtendedConfig=true&SecretName=s&VersionStage=ACSPrevious"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_and_not_shown() {
        assert!(Encrypt::new("", &b"x"[..]).parameters().is_err());
        assert!(Encrypt::new("k", &b"\xFF"[..]).parameters().is_err());
        for length in [0, 1025] {
            assert!(GenerateDataKey::new("k").number_of_bytes(length).parameters().is_err());
        }
        assert!(!format!("{:?}", Encrypt::new("k", &b"secret"[..])).contains("secret"));
    }
}
