//! AWS KMS on the loopback interface, for tests **without any security**.
//!
//! ```
//! use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KeyKind};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kms = FakeAwsKms::start()?;
//! let key_arn = kms.create_key("us-east-1", KeyKind::Symmetric)?;
//! // A client gets `kms.endpoint()`, any credentials, and the Region of the key.
//! assert!(kms.calls().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! It speaks JSON 1.1 as AWS does: symmetric keys are AES-256-GCM with the encryption context as
//! associated data, RSA keys are RSAES-OAEP with SHA-1 or SHA-256, ECC keys are ECDH, and errors have
//! the codes of AWS and, where they are known, its words. One fake is all Regions: a key lives in the
//! Region of its ARN, and the Region of a call is that of its credential scope.
//!
//! What it has: `CreateKey` (`SYMMETRIC_DEFAULT`, `RSA_2048`, `RSA_3072`, `RSA_4096` to encrypt,
//! `ECC_NIST_P256`, `ECC_NIST_P384`, `ECC_NIST_P521` to agree on secrets), `ReplicateKey`,
//! `DescribeKey`, `ListKeys`, `GetPublicKey`, `EnableKey`, `DisableKey`, `ScheduleKeyDeletion`,
//! `CancelKeyDeletion`, `RotateKeyOnDemand`, `CreateAlias`, `DeleteAlias`, `ListAliases`,
//! `GenerateDataKey`, `GenerateDataKeyWithoutPlaintext`, `GenerateDataKeyPair`,
//! `GenerateDataKeyPairWithoutPlaintext`, `DeriveSharedSecret`, `Encrypt`, `Decrypt`, `ReEncrypt`,
//! `GetParametersForImport`, `ImportKeyMaterial`, `DeleteImportedKeyMaterial`, `CreateGrant`,
//! `RetireGrant`, `RevokeGrant`, `ListGrants`, `PutKeyPolicy`, `GetKeyPolicy`, `ListKeyPolicies`.
//!
//! Where it differs from AWS:
//! - Every other operation is an `UnsupportedOperationException`, or an
//!   `UnknownOperationException` if AWS has none of this name either.
//! - Keys and pairs of other kinds, and keys for other uses, are an `UnsupportedOperationException` as
//!   well: nothing is signed here.
//! - Only symmetric keys in one Region import material, wrapped by RSAES-OAEP. Such a key has one
//!   material in its life: it is not rotated.
//! - Signatures are verified only of access keys whose [`secret`](AccessKey::secret) it knows: of
//!   other calls nothing but the access key and the Region is read, and a session token is never
//!   looked at. Dates have to be in the basic form of ISO 8601.
//! - Key policies count for the access keys that were let in; where there are none, everybody may do
//!   everything. Their principals are everybody, accounts, users and roles (`AWS`), and their
//!   conditions `StringEquals`, `StringNotEquals` and `StringLike` on `kms:EncryptionContext:KEY`.
//!   A policy with anything else is malformed here.
//! - Who may do it to a key may do it to the aliases of that key.
//! - A grant with a constraint does not let anybody create grants.
//! - A change is there at once. Replicas are enabled from the start, keys are never really deleted,
//!   and a grant counts only for calls that give its token.
//! - Ciphertexts name their key in clear, and can be made by whoever knows the published formula of
//!   the [vector keys](FakeAwsKmsBuilder::vector_keys).

mod access;
mod arn;
mod blob;
mod builder;
mod call;
mod context;
mod error;
mod fields;
mod grant;
mod import;
mod key;
pub mod lie;
mod material;
mod operation;
mod policy;
mod samples;
mod service;
mod spec;
mod store;

use std::{io, sync::Arc, time::SystemTime};

use serde_json::{Value, json};

pub use self::{access::AccessKey, builder::FakeAwsKmsBuilder, call::Call, error::KmsError};
use self::{import::Expiration, operation::Caller, service::KmsService, spec::KeySpec};
use crate::fake::http::{Fault, Server};

/// A running AWS KMS. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeAwsKms {
    server: Server,
    service: Arc<KmsService>,
}

/// What kind of key to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// 256-bit AES, in one Region.
    Symmetric,
    /// 256-bit AES, the primary key of a multi-Region key.
    MultiRegion,
    /// RSA of 2048 bits, for encryption.
    Rsa2048,
    /// RSA of 3072 bits, for encryption.
    Rsa3072,
    /// RSA of 4096 bits, for encryption.
    Rsa4096,
    /// The curve P-256, for key agreement.
    EccP256,
    /// The curve P-384, for key agreement.
    EccP384,
    /// The curve P-521, for key agreement.
    EccP521,
}

impl FakeAwsKms {
    /// Starts one without keys on a free port, that lets everybody do everything.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to have.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Starts one in which every key of the test vectors exists: see
    /// [`vector_keys`](FakeAwsKmsBuilder::vector_keys).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn with_vector_keys() -> io::Result<Self> {
        Self::builder().vector_keys().start()
    }

    /// Starts one of your choice.
    #[must_use]
    pub fn builder() -> FakeAwsKmsBuilder {
        FakeAwsKmsBuilder::default()
    }

    /// Where it is, as `http://127.0.0.1:PORT`: the value for `AWS_ENDPOINT_URL_KMS`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Creates a key and returns its ARN.
    ///
    /// # Errors
    ///
    /// As the operation `CreateKey`.
    pub fn create_key(&self, region: &str, kind: KeyKind) -> Result<String, KmsError> {
        let spec = match kind {
            KeyKind::Symmetric | KeyKind::MultiRegion => KeySpec::SymmetricDefault,
            KeyKind::Rsa2048 => KeySpec::Rsa2048,
            KeyKind::Rsa3072 => KeySpec::Rsa3072,
            KeyKind::Rsa4096 => KeySpec::Rsa4096,
            KeyKind::EccP256 => KeySpec::EccP256,
            KeyKind::EccP384 => KeySpec::EccP384,
            KeyKind::EccP521 => KeySpec::EccP521,
        };
        let request = json!({
            "KeySpec": spec.name(),
            "KeyUsage": spec.usage().name(),
            "MultiRegion": kind == KeyKind::MultiRegion,
        });
        let answer = self.administer(region, "CreateKey", &request)?;
        Ok(text_at(&answer, "/KeyMetadata/Arn"))
    }

    /// Creates a symmetric key of this material, which is imported and does not expire, and returns
    /// its ARN.
    ///
    /// # Errors
    ///
    /// As the operation `CreateKey`.
    pub fn import_key(&self, region: &str, material: [u8; 32]) -> Result<String, KmsError> {
        let created = self.administer(region, "CreateKey", &json!({"Origin": "EXTERNAL"}))?;
        let key_arn = text_at(&created, "/KeyMetadata/Arn");
        let mut store = self.service.store();
        let arn = store.resolve(region, &key_arn)?.arn;
        store.change(&arn, |key| key.take_material(material, Expiration::Never))?;
        Ok(key_arn)
    }

    /// Replicates a multi-Region key, by the ARN of its primary key, and returns the ARN of the
    /// replica.
    ///
    /// # Errors
    ///
    /// As the operation `ReplicateKey`.
    pub fn replicate_key(&self, key_arn: &str, region: &str) -> Result<String, KmsError> {
        let request = json!({"KeyId": key_arn, "ReplicaRegion": region});
        let answer = self.administer(region_of(key_arn), "ReplicateKey", &request)?;
        Ok(text_at(&answer, "/ReplicaKeyMetadata/Arn"))
    }

    /// Disables a key, by its ARN.
    ///
    /// # Errors
    ///
    /// As the operation `DisableKey`.
    pub fn disable_key(&self, key_arn: &str) -> Result<(), KmsError> {
        let request = json!({"KeyId": key_arn});
        self.administer(region_of(key_arn), "DisableKey", &request).map(|_| ())
    }

    /// Creates an alias (`alias/NAME`) in the Region of a key, by the ARN of the key.
    ///
    /// # Errors
    ///
    /// As the operation `CreateAlias`.
    pub fn create_alias(&self, alias: &str, key_arn: &str) -> Result<(), KmsError> {
        let request = json!({"AliasName": alias, "TargetKeyId": key_arn});
        self.administer(region_of(key_arn), "CreateAlias", &request).map(|_| ())
    }

    /// Does any operation, by its name, as somebody who may do everything. It is not in the log and
    /// meets no fault. An operation without a result gives null.
    ///
    /// # Errors
    ///
    /// As the operation.
    pub fn administer(
        &self,
        region: &str,
        operation: &str,
        request: &Value,
    ) -> Result<Value, KmsError> {
        let caller = Caller { region: region.to_owned(), identity: None };
        operation::run(&mut self.service.store(), &caller, operation, request)
    }

    /// Lets an access key in, and from then on only such.
    pub fn add_access_key(&self, key: AccessKey) {
        self.service.store().access_keys.push(key);
    }

    /// All calls since the start or the last [`take_calls`](Self::take_calls), oldest first, unless
    /// they are [forgotten](FakeAwsKmsBuilder::forget_calls).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.service.log.calls()
    }

    /// As [`calls`](Self::calls), and forgets them.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        self.service.log.take()
    }

    /// Something will go wrong: see [`Fault`] and [`lie`]. The first fault that fits a call strikes.
    pub fn inject(&self, fault: Fault) {
        self.server.inject(fault);
    }

    /// Nothing more goes wrong.
    pub fn clear_faults(&self) {
        self.server.clear_faults();
    }

    /// Answers the next calls with a `ThrottlingException`.
    pub fn throttle_next(&self, calls: u32) {
        self.service.throttle.refuse_next(calls);
    }

    /// Answers what comes faster than so many calls a second with a `ThrottlingException`; without
    /// a number, nothing any more.
    pub fn throttle_above(&self, calls_per_second: Option<u32>) {
        self.service.throttle.refuse_above(calls_per_second);
    }

    /// Takes it to be this time, and stays there, when dates are given or looked at: imported
    /// material, import tokens and signatures expire. Without a time, it goes by the clock of this
    /// machine again.
    pub fn set_clock(&self, time: Option<SystemTime>) {
        self.service.store().clock.set(time);
    }
}

fn text_at(answer: &Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whatever is no ARN is refused later, in the words of AWS.
fn region_of(key_arn: &str) -> &str {
    key_arn.split(':').nth(3).unwrap_or_default()
}
