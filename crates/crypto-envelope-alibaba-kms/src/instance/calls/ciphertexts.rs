//! Encrypting and decrypting.

use crypto_envelope::{Result, SecretBytes};

use crate::instance::{
    answers::{Ciphertext, Plaintext},
    values,
};

calls! {
    /// Encrypts with the version that a symmetric key began with, whether it was rotated or not, or with
    /// an RSA or EC key. KMS advises 6 KB at most.
    ///
    /// To decrypt, keep what comes back (key, IV, algorithm), and the Aad.
    Encrypt(EncryptRequest) -> Ciphertext, about key_id {
        needs {
            key_id: String = text "KeyId",
            plaintext: SecretBytes = secret "Plaintext",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad). Symmetric keys only.
            aad: Vec<u8> = aad "Aad",
            /// `AES_GCM` (without more), `AES_CBC` or `AES_ECB` (hardware instances only),
            /// `RSAES_OAEP_SHA_256` for RSA keys, `ECIES_DH_SHA_1_XOR_HMAC` for EC keys. Only the first
            /// of the symmetric ones notices when a ciphertext was changed.
            algorithm: String = text "Algorithm",
            /// `PKCS7_PADDING` or `NO_PADDING`, for `AES_CBC` and `AES_ECB`.
            padding_mode: String = text "PaddingMode",
        }
        danger {
            /// With this IV, 12 bytes for `AES_GCM` and 16 for `AES_CBC`, instead of a random one that
            /// KMS makes. **An IV used twice with `AES_GCM` and one key gives away both plaintexts, and
            /// lets anyone forge others**: leave it to KMS.
            danger_iv into iv: Vec<u8> = iv "Iv",
        }
        header {
            /// With this version of an asymmetric key.
            on_key_version: String = text "the id of the key version",
        }
    }

    /// Decrypts what [`Encrypt`] or [`GenerateDataKey`](crate::instance::GenerateDataKey) encrypted.
    Decrypt(DecryptRequest) -> Plaintext, about key_id {
        needs {
            key_id: String = any_text "KeyId",
            ciphertext_blob: Vec<u8> = bytes "CiphertextBlob",
        }
        may {
            /// The IV that came with the ciphertext. Symmetric keys need it.
            iv: Vec<u8> = iv "Iv",
            /// The bytes it was encrypted with.
            aad: Vec<u8> = aad "Aad",
            /// The algorithm that came with the ciphertext.
            algorithm: String = text "Algorithm",
            /// The padding that came with the ciphertext.
            padding_mode: String = text "PaddingMode",
        }
        header {
            /// With this version of the key. What the first version of a symmetric key encrypted needs
            /// none.
            on_key_version: String = text "the id of the key version",
        }
        check check_key
    }

    /// Encrypts with the newest version of a symmetric key that is protected by software: rotating the
    /// key has an effect. KMS advises 6 KB at most.
    ///
    /// To decrypt, keep the ciphertext, which names the version, and the Aad.
    AdvanceEncrypt(AdvanceEncryptRequest) -> Ciphertext, about key_id {
        needs {
            key_id: String = text "KeyId",
            plaintext: SecretBytes = secret "Plaintext",
        }
        may {
            /// Bytes that must be given again to decrypt, at most 8192: see
            /// [`AadStyle::aad`](crate::AadStyle::aad).
            aad: Vec<u8> = aad "Aad",
            /// `AES_GCM`, as without it.
            algorithm: String = text "Algorithm",
            /// None is needed.
            padding_mode: String = text "PaddingMode",
        }
        danger {
            /// With this IV of 12 bytes, instead of a random one that KMS makes. **An IV used twice with
            /// one key gives away both plaintexts, and lets anyone forge others**: leave it to KMS.
            danger_iv into iv: Vec<u8> = iv "Iv",
        }
    }

    /// Decrypts what [`AdvanceEncrypt`] or
    /// [`AdvanceGenerateDataKey`](crate::instance::AdvanceGenerateDataKey) encrypted, of whatever key and
    /// version; with key, algorithm and IV also what [`Encrypt`] and
    /// [`GenerateDataKey`](crate::instance::GenerateDataKey) did.
    ///
    /// Whoever can change the ciphertext can choose the key, of those that the ClientKey may use: compare
    /// the key id of the answer with the one that you expect.
    AdvanceDecrypt(AdvanceDecryptRequest) -> Plaintext, perhaps about key_id {
        needs {
            ciphertext_blob: Vec<u8> = bytes "CiphertextBlob",
        }
        may {
            /// The key, if the ciphertext does not name its version.
            key_id: String = text "KeyId",
            /// The IV that came with the ciphertext, if that does not begin with it.
            iv: Vec<u8> = iv "Iv",
            /// The bytes it was encrypted with.
            aad: Vec<u8> = aad "Aad",
            /// The algorithm that came with the ciphertext.
            algorithm: String = text "Algorithm",
            /// The padding that came with the ciphertext.
            padding_mode: String = text "PaddingMode",
        }
    }
}

impl Decrypt {
    /// By a version of a key, which tells the key.
    pub(crate) fn by_key_version(id: &str, ciphertext_blob: &[u8]) -> Self {
        Self::new("", ciphertext_blob).on_key_version(id)
    }

    fn check_key(&self) -> Result<()> {
        if self.on_key_version.is_some() {
            return Ok(());
        }
        values::text("KeyId", &self.key_id).map(drop)
    }
}
