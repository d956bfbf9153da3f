//! The messages of the gateway, as its version `dkms-gcs-0.2` has them. Names and numbers are those of the
//! vendor.

use crypto_envelope::SecretBytes;

use super::protobuf::{Field, Message, SecretText, Type};
#[cfg(any(test, feature = "wire"))]
use super::protobuf::{Malformed, json};

macro_rules! message {
    ($name:ident { $($number:literal $wire:ident $field:ident: $type:ty,)+ }) => {
        #[derive(Debug)]
        #[allow(dead_code, reason = "some are for the module `wire` alone")]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)+
        }

        impl Message for $name {
            #[cfg(any(test, feature = "wire"))]
            const NAME: &str = stringify!($name);

            fn empty() -> Self {
                Self { $($field: Type::empty(),)+ }
            }

            fn fields(&self, visit: &mut dyn FnMut(u32, &'static str, &dyn Field)) {
                $(visit($number, stringify!($wire), &self.$field);)+
            }

            fn field_mut(&mut self, number: u32) -> Option<&mut dyn Field> {
                match number {
                    $($number => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

macro_rules! messages {
    ($($($name:ident)+ = $fields:tt)+) => {
        $($(message! { $name $fields })+)+

        /// Of all messages.
        #[cfg(feature = "wire")]
        pub(crate) const NAMES: &[&str] = &[$($($name::NAME,)+)+];

        /// Encodes the message with this name, from what the vectors have. None if there is no such one, or
        /// it has other fields.
        #[cfg(any(test, feature = "wire"))]
        pub(crate) fn encode_json(name: &str, values: &serde_json::Value) -> Option<SecretBytes> {
            match name {
                $($(<$name>::NAME => json::encode::<$name>(values),)+)+
                _ => None,
            }
        }

        /// Reads the message with this name. None if there is no such one.
        #[cfg(any(test, feature = "wire"))]
        pub(crate) fn decode_json(
            name: &str,
            bytes: &[u8],
        ) -> Option<Result<serde_json::Value, Malformed>> {
            match name {
                $($(<$name>::NAME => Some(json::decode::<$name>(bytes)),)+)+
                _ => None,
            }
        }
    };
}

messages! {
    Error = {
        1 StatusCode status_code: i32,
        2 ErrorCode code: String,
        3 ErrorMessage message: String,
        4 RequestId request_id: String,
    }
    EncryptRequest AdvanceEncryptRequest = {
        1 KeyId key_id: String,
        2 Plaintext plaintext: SecretBytes,
        3 Algorithm algorithm: String,
        4 Aad aad: Vec<u8>,
        5 Iv iv: Vec<u8>,
        6 PaddingMode padding_mode: String,
    }
    EncryptResponse = {
        1 KeyId key_id: String,
        2 CiphertextBlob ciphertext_blob: Vec<u8>,
        3 Iv iv: Vec<u8>,
        4 RequestId request_id: String,
        5 Algorithm algorithm: String,
        6 PaddingMode padding_mode: String,
    }
    AdvanceEncryptResponse = {
        1 KeyId key_id: String,
        2 CiphertextBlob ciphertext_blob: Vec<u8>,
        3 Iv iv: Vec<u8>,
        4 RequestId request_id: String,
        5 Algorithm algorithm: String,
        6 PaddingMode padding_mode: String,
        7 KeyVersionId key_version_id: String,
    }
    DecryptRequest AdvanceDecryptRequest = {
        1 CiphertextBlob ciphertext_blob: Vec<u8>,
        2 KeyId key_id: String,
        3 Algorithm algorithm: String,
        4 Aad aad: Vec<u8>,
        5 Iv iv: Vec<u8>,
        6 PaddingMode padding_mode: String,
    }
    DecryptResponse = {
        1 KeyId key_id: String,
        2 Plaintext plaintext: SecretBytes,
        3 RequestId request_id: String,
        4 Algorithm algorithm: String,
        5 PaddingMode padding_mode: String,
    }
    AdvanceDecryptResponse = {
        1 KeyId key_id: String,
        2 Plaintext plaintext: SecretBytes,
        3 RequestId request_id: String,
        4 Algorithm algorithm: String,
        5 PaddingMode padding_mode: String,
        6 KeyVersionId key_version_id: String,
    }
    GenerateDataKeyRequest = {
        1 KeyId key_id: String,
        2 Algorithm algorithm: String,
        3 NumberOfBytes number_of_bytes: i32,
        4 Aad aad: Vec<u8>,
    }
    GenerateDataKeyResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 Plaintext plaintext: SecretBytes,
        4 CiphertextBlob ciphertext_blob: Vec<u8>,
        5 RequestId request_id: String,
        6 Algorithm algorithm: String,
    }
    AdvanceGenerateDataKeyRequest = {
        1 KeyId key_id: String,
        2 NumberOfBytes number_of_bytes: i32,
        3 Aad aad: Vec<u8>,
    }
    AdvanceGenerateDataKeyResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 Plaintext plaintext: SecretBytes,
        4 CiphertextBlob ciphertext_blob: Vec<u8>,
        5 RequestId request_id: String,
        6 Algorithm algorithm: String,
        7 KeyVersionId key_version_id: String,
    }
    GenerateDataKeyPairRequest GenerateDataKeyPairWithoutPlaintextRequest = {
        1 KeyId key_id: String,
        2 Algorithm algorithm: String,
        3 KeyPairSpec key_pair_spec: String,
        4 KeyFormat key_format: String,
        5 Aad aad: Vec<u8>,
    }
    GenerateDataKeyPairResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 KeyPairSpec key_pair_spec: String,
        4 PrivateKeyPlaintext private_key_plaintext: SecretBytes,
        5 PrivateKeyCiphertextBlob private_key_ciphertext_blob: Vec<u8>,
        6 PublicKey public_key: Vec<u8>,
        7 RequestId request_id: String,
        8 Algorithm algorithm: String,
    }
    GenerateDataKeyPairWithoutPlaintextResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 KeyPairSpec key_pair_spec: String,
        4 PrivateKeyCiphertextBlob private_key_ciphertext_blob: Vec<u8>,
        5 PublicKey public_key: Vec<u8>,
        6 RequestId request_id: String,
        7 Algorithm algorithm: String,
    }
    AdvanceGenerateDataKeyPairRequest AdvanceGenerateDataKeyPairWithoutPlaintextRequest = {
        1 KeyId key_id: String,
        2 KeyPairSpec key_pair_spec: String,
        3 KeyFormat key_format: String,
        4 Aad aad: Vec<u8>,
    }
    AdvanceGenerateDataKeyPairResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 KeyPairSpec key_pair_spec: String,
        4 PrivateKeyPlaintext private_key_plaintext: SecretBytes,
        5 PrivateKeyCiphertextBlob private_key_ciphertext_blob: Vec<u8>,
        6 PublicKey public_key: Vec<u8>,
        7 RequestId request_id: String,
        8 Algorithm algorithm: String,
        9 KeyVersionId key_version_id: String,
    }
    AdvanceGenerateDataKeyPairWithoutPlaintextResponse = {
        1 KeyId key_id: String,
        2 Iv iv: Vec<u8>,
        3 KeyPairSpec key_pair_spec: String,
        4 PrivateKeyCiphertextBlob private_key_ciphertext_blob: Vec<u8>,
        5 PublicKey public_key: Vec<u8>,
        6 RequestId request_id: String,
        7 Algorithm algorithm: String,
        8 KeyVersionId key_version_id: String,
    }
    SignRequest = {
        1 KeyId key_id: String,
        2 Digest digest: Vec<u8>,
        3 Algorithm algorithm: String,
        4 Message message: Vec<u8>,
        5 MessageType message_type: String,
    }
    SignResponse = {
        1 KeyId key_id: String,
        2 Signature signature: Vec<u8>,
        3 RequestId request_id: String,
        4 Algorithm algorithm: String,
        5 MessageType message_type: String,
    }
    VerifyRequest = {
        1 KeyId key_id: String,
        2 Digest digest: Vec<u8>,
        3 Signature signature: Vec<u8>,
        4 Algorithm algorithm: String,
        5 Message message: Vec<u8>,
        6 MessageType message_type: String,
    }
    VerifyResponse = {
        1 KeyId key_id: String,
        2 Value value: bool,
        3 RequestId request_id: String,
        4 Algorithm algorithm: String,
        5 MessageType message_type: String,
    }
    GenerateRandomRequest = {
        1 Length length: i32,
    }
    GenerateRandomResponse = {
        1 Random random: SecretBytes,
        2 RequestId request_id: String,
    }
    GetPublicKeyRequest = {
        1 KeyId key_id: String,
    }
    GetPublicKeyResponse = {
        1 KeyId key_id: String,
        2 PublicKey public_key: String,
        3 RequestId request_id: String,
    }
    GetSecretValueRequest = {
        1 SecretName secret_name: String,
        2 VersionStage version_stage: String,
        3 VersionId version_id: String,
        4 FetchExtendedConfig fetch_extended_config: bool,
    }
    GetSecretValueResponse = {
        1 SecretName secret_name: String,
        2 SecretType secret_type: String,
        3 SecretData secret_data: SecretText,
        4 SecretDataType secret_data_type: String,
        5 VersionStages version_stages: Vec<String>,
        6 VersionId version_id: String,
        7 CreateTime create_time: String,
        8 RequestId request_id: String,
        9 LastRotationDate last_rotation_date: String,
        10 NextRotationDate next_rotation_date: String,
        11 ExtendedConfig extended_config: SecretText,
        12 AutomaticRotation automatic_rotation: String,
        13 RotationInterval rotation_interval: String,
    }

    // In the description of the vendor, and in none of its SDKs: whether the gateway answers is not known.
    HmacRequest = {
        1 KeyId key_id: String,
        2 Message message: SecretBytes,
    }
    HmacResponse = {
        1 KeyId key_id: String,
        2 Signature signature: Vec<u8>,
        3 RequestId request_id: String,
    }
    HashRequest = {
        1 Message message: SecretBytes,
        2 Algorithm algorithm: String,
    }
    HashResponse = {
        1 Digest digest: Vec<u8>,
        3 RequestId request_id: String,
    }
    KmsEncryptRequest = {
        1 KeyId key_id: String,
        2 Plaintext plaintext: SecretBytes,
        3 Aad aad: Vec<u8>,
    }
    KmsEncryptResponse = {
        1 KeyId key_id: String,
        2 CiphertextBlob ciphertext_blob: Vec<u8>,
        3 RequestId request_id: String,
    }
    KmsDecryptRequest = {
        1 CiphertextBlob ciphertext_blob: Vec<u8>,
        2 Aad aad: Vec<u8>,
    }
    KmsDecryptResponse = {
        1 KeyId key_id: String,
        2 Plaintext plaintext: SecretBytes,
        3 RequestId request_id: String,
    }
}
