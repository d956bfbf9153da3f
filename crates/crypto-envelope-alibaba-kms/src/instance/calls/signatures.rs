//! Signatures and hashes, and the keys to verify them.

use crypto_envelope::{Result, SecretBytes};

use crate::instance::{
    answers::{Digest, Mac, PublicKey, Signature, Verification},
    values::{self, MessageType},
};

calls! {
    /// Signs a message or its digest, by `RSA_PSS_SHA_256`, `RSA_PKCS1_SHA_256` or `ECDSA_SHA_256`.
    Sign(SignRequest) -> Signature, about key_id {
        needs {
            key_id: String = text "KeyId",
            algorithm: String = text "Algorithm",
            message_type: MessageType = message_type "MessageType",
            message: Vec<u8> = bytes "Message",
        }
        header {
            /// With this version of the key.
            on_key_version: String = text "the id of the key version",
        }
        check check_message
    }

    /// Verifies the signature of a message or of its digest.
    Verify(VerifyRequest) -> Verification, about key_id {
        needs {
            key_id: String = text "KeyId",
            algorithm: String = text "Algorithm",
            message_type: MessageType = message_type "MessageType",
            message: Vec<u8> = bytes "Message",
            signature: Vec<u8> = bytes "Signature",
        }
        header {
            /// With this version of the key.
            on_key_version: String = text "the id of the key version",
        }
        check check_message
    }

    /// Gets the public half of a key pair.
    GetPublicKey(GetPublicKeyRequest) -> PublicKey, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
        header {
            /// Of this version of the key.
            on_key_version: String = text "the id of the key version",
        }
    }

    /// Makes a message authentication code with a key. **Unproven**: it is in the vendor's description
    /// of the gateway and in none of its SDKs, so an instance may not know it.
    Hmac(HmacRequest) -> Mac, about key_id {
        needs {
            key_id: String = text "KeyId",
            message: SecretBytes = secret "Message",
        }
    }

    /// Hashes a message, by whatever algorithms the instance has. **Unproven**: it is in the vendor's
    /// description of the gateway and in none of its SDKs, so an instance may not know it.
    Hash(HashRequest) -> Digest {
        needs {
            algorithm: String = text "Algorithm",
            message: SecretBytes = secret "Message",
        }
    }
}

impl Sign {
    fn check_message(&self) -> Result<()> {
        values::check_signed(&self.algorithm, self.message_type, &self.message)
    }
}

impl Verify {
    fn check_message(&self) -> Result<()> {
        values::check_signed(&self.algorithm, self.message_type, &self.message)
    }
}
