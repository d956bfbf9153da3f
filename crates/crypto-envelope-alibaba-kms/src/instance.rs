//! The gateway of a KMS instance: `dkms-gcs-0.2`, which a ClientKey opens.
//!
//! Each call is a struct, made with what it needs and given what else it can have:
//!
//! ```
//! use crypto_envelope::{EncryptionContext, Result, blocking};
//! use crypto_envelope_alibaba_kms::{
//!     AadStyle, AlibabaKmsInstance,
//!     instance::{AdvanceDecrypt, AdvanceGenerateDataKey},
//! };
//!
//! fn data_key(kms: &AlibabaKmsInstance, key_id: &str) -> Result<()> {
//!     let context = EncryptionContext::from([("tenant", "blue")]);
//!     let aad = AadStyle::default().aad(&context);
//!     let call = AdvanceGenerateDataKey::new(key_id, 32).aad(&*aad);
//!     let made = blocking::wait(kms.call(call))?;
//!
//!     let call = AdvanceDecrypt::new(made.ciphertext_blob).aad(aad);
//!     let opened = blocking::wait(kms.call(call))?;
//!     assert_eq!(opened.key_id, made.key_id);
//!     assert!(opened.plaintext.equals(made.plaintext.expose()));
//!     Ok(())
//! }
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # use crypto_envelope_alibaba_kms::{AlibabaKmsSettings, ClientKey};
//! # use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};
//! # let fake = FakeAlibabaInstance::start()?;
//! # let key = fake.client_key();
//! # let key = ClientKey::from_private_key(key.id(), key.private_key())?;
//! # let kms = AlibabaKmsInstance::new(&fake.endpoint(), &key, &AlibabaKmsSettings::new())?;
//! # Ok(data_key(&kms, &fake.create_key(KeyKind::Symmetric)?)?)
//! # }
//! ```
//!
//! `Encrypt`, `GenerateDataKey` and `GenerateDataKeyPair` use the version that a key began with: where it
//! is rotated, take the calls that begin with `Advance`. Hardware instances have only the former.

mod answers;
mod calls;
pub(crate) mod client;
pub(crate) mod client_key;
pub(crate) mod messages;
pub(crate) mod pkcs12;
pub(crate) mod protobuf;
mod refusal;
pub(crate) mod sign;
mod values;

pub use answers::{
    Ciphertext, DataKey, DataKeyPair, Digest, EncryptedKeyPair, Mac, Plaintext, PublicKey, Random,
    SecretValue, Signature, Verification,
};
pub use calls::{
    Call,
    ciphertexts::{AdvanceDecrypt, AdvanceEncrypt, Decrypt, Encrypt},
    data_keys::{
        AdvanceGenerateDataKey, AdvanceGenerateDataKeyPair,
        AdvanceGenerateDataKeyPairWithoutPlaintext, GenerateDataKey, GenerateDataKeyPair,
        GenerateDataKeyPairWithoutPlaintext,
    },
    secrets::{GenerateRandom, GetSecretValue},
    signatures::{GetPublicKey, Hash, Hmac, Sign, Verify},
};
pub use values::{KeyFormat, MessageType};
