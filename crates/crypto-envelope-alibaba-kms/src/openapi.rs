//! The OpenAPI gateways, public and dedicated: KMS 2016-01-20.
//!
//! Each call is a struct, made with what it needs and given what else it can have:
//!
//! ```
//! use crypto_envelope::EncryptionContext;
//! use crypto_envelope_alibaba_kms::openapi::GenerateDataKey;
//!
//! let call = GenerateDataKey::new("alias/invoices")
//!     .encryption_context(EncryptionContext::from([("tenant", "blue")]))
//!     .number_of_bytes(64);
//! # let _ = call;
//! ```
//!
//! The vendor's SDKs send all parameters in the URL, the plaintext of [`Encrypt`] too, and so does
//! this crate unless told otherwise ([`Placement::Form`]). TLS hides URLs on the way, but what ends
//! it may write them to its logs: prefer [`GenerateDataKey`], which sends no secret.

mod access_key;
mod acs3;
mod acs4;
mod answers;
pub(crate) mod calls;
mod canonical;
pub(crate) mod client;
pub(crate) mod credentials;
#[cfg(test)]
mod fake_tests;
pub(crate) mod ini;
pub(crate) mod json;
pub(crate) mod profile;
pub(crate) mod query;
mod refusal;
mod rpc;
pub(crate) mod signature;
mod values;

pub use access_key::AccessKey;
pub use answers::{
    Alias, AsymmetricCiphertext, AsymmetricPlaintext, Ciphertext, Created, DataKey, Described,
    DescribedInstance, Done, KeyMetadata, KeyVersion, KmsInstance, ListedKey, Page, Plaintext,
    PublicKey, SecretValue, SignedDigest, Tags, Verification, VersionOf,
};
pub use calls::{
    Call,
    crypto::{
        AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricSign, AsymmetricVerify, Decrypt, Encrypt,
        GenerateDataKey, GenerateDataKeyWithoutPlaintext, GetPublicKey, GetSecretValue, ReEncrypt,
    },
    instances::GetKmsInstance,
    keys::{
        CancelKeyDeletion, CreateAlias, CreateKey, CreateKeyVersion, DeleteAlias, DescribeKey,
        DescribeKeyVersion, DisableKey, EnableKey, Filter, ListAliases, ListAliasesByKeyId,
        ListKeyVersions, ListKeys, ScheduleKeyDeletion, UpdateAlias, UpdateRotationPolicy,
    },
    tags::{ListResourceTags, Tag, TagResource, UntagResource},
};
pub use credentials::Credentials;
pub use signature::{Placement, Signature};
