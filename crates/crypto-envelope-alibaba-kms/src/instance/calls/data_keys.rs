//! Data keys and data key pairs.

use crate::instance::{
    answers::{DataKey, DataKeyPair, EncryptedKeyPair},
    values::KeyFormat,
};

calls! {
    /// Makes a data key of 1 to 1024 bytes, and encrypts it with the version that a symmetric key began
    /// with. [`Decrypt`](crate::instance::Decrypt) opens it.
    GenerateDataKey(GenerateDataKeyRequest) -> DataKey, about key_id, asks for number_of_bytes {
        needs {
            key_id: String = text "KeyId",
            number_of_bytes: u32 = length "NumberOfBytes",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
            /// `AES_GCM`, as without it, or `AES_CBC` or `AES_ECB` (hardware instances only).
            algorithm: String = text "Algorithm",
        }
    }

    /// Makes a data key of 1 to 1024 bytes, and encrypts it with the newest version of a symmetric key
    /// that is protected by software. [`AdvanceDecrypt`](crate::instance::AdvanceDecrypt) opens it.
    AdvanceGenerateDataKey(AdvanceGenerateDataKeyRequest) -> DataKey, about key_id,
        asks for number_of_bytes
    {
        needs {
            key_id: String = text "KeyId",
            number_of_bytes: u32 = length "NumberOfBytes",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
        }
    }

    /// Makes a key pair (`RSA_2048`, `RSA_3072`, `EC_P256`, …), and encrypts its private key with the
    /// version that a symmetric key began with. [`Decrypt`](crate::instance::Decrypt) opens it.
    GenerateDataKeyPair(GenerateDataKeyPairRequest) -> DataKeyPair, about key_id {
        needs {
            key_id: String = text "KeyId",
            key_pair_spec: String = text "KeyPairSpec",
            key_format: KeyFormat = key_format "KeyFormat",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
            /// `AES_GCM`, as without it, or `AES_CBC` or `AES_ECB` (hardware instances only).
            algorithm: String = text "Algorithm",
        }
    }

    /// As [`GenerateDataKeyPair`], for a private key that is used later, somewhere else.
    GenerateDataKeyPairWithoutPlaintext(GenerateDataKeyPairWithoutPlaintextRequest)
        -> EncryptedKeyPair, about key_id
    {
        needs {
            key_id: String = text "KeyId",
            key_pair_spec: String = text "KeyPairSpec",
            key_format: KeyFormat = key_format "KeyFormat",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
            /// `AES_GCM`, as without it, or `AES_CBC` or `AES_ECB` (hardware instances only).
            algorithm: String = text "Algorithm",
        }
    }

    /// Makes a key pair (`RSA_2048`, `RSA_3072`, `EC_P256`, …), and encrypts its private key with the
    /// newest version of a symmetric key that is protected by software.
    /// [`AdvanceDecrypt`](crate::instance::AdvanceDecrypt) opens it.
    AdvanceGenerateDataKeyPair(AdvanceGenerateDataKeyPairRequest) -> DataKeyPair, about key_id {
        needs {
            key_id: String = text "KeyId",
            key_pair_spec: String = text "KeyPairSpec",
            key_format: KeyFormat = key_format "KeyFormat",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
        }
    }

    /// As [`AdvanceGenerateDataKeyPair`], for a private key that is used later, somewhere else.
    AdvanceGenerateDataKeyPairWithoutPlaintext(AdvanceGenerateDataKeyPairWithoutPlaintextRequest)
        -> EncryptedKeyPair, about key_id
    {
        needs {
            key_id: String = text "KeyId",
            key_pair_spec: String = text "KeyPairSpec",
            key_format: KeyFormat = key_format "KeyFormat",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
        }
    }
}
