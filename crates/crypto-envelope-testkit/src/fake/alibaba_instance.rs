//! A KMS instance of Alibaba Cloud on the loopback interface, for tests **without any security**.
//!
//! ```
//! use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kms = FakeAlibabaInstance::start()?;
//! let key_id = kms.create_key(KeyKind::Symmetric)?;
//! // A client gets `kms.endpoint()`, and the id and the private key of `kms.client_key()`.
//! assert!(kms.calls().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! It speaks as the gateway of an instance does, version `dkms-gcs-0.2`, over HTTP, in clear or
//! with [TLS](FakeAlibabaInstanceBuilder::tls): requests
//! are Protocol Buffers and signed by a [`ClientKey`], whose signature, hash and date are looked at.
//! Symmetric keys are AES-256-GCM, RSA keys have 2048 bits.
//!
//! What it has: `Encrypt`, `Decrypt`, `GenerateDataKey`, `GenerateDataKeyPair`,
//! `GenerateDataKeyPairWithoutPlaintext`, which work with the version that a key began with;
//! `AdvanceEncrypt`, `AdvanceDecrypt`, `AdvanceGenerateDataKey`, `AdvanceGenerateDataKeyPair`,
//! `AdvanceGenerateDataKeyPairWithoutPlaintext`, which work with the primary version; `Sign`, `Verify`, `GetPublicKey`, `GenerateRandom`, `GetSecretValue`. The version of a
//! ciphertext can be named in the header `x-kms-migrationkeyversionid`, and answers have it too.
//!
//! Where it differs from the service, or where nobody knows:
//! - The other operations of the gateway are an `UnsupportedOperation`, and so are `AES_CBC` and
//!   `AES_ECB`, and the field `Digest` of signatures.
//! - Messages are read strictly: fields that are not known, that come twice or that do not fit are an
//!   `InvalidParameter`. So are an Aad with RSA, and an Iv that is not the one of an Advance ciphertext.
//! - Key pairs are `RSA_2048`, `RSA_3072` and `EC_P256`; private keys are PKCS #8, public ones X.509, and
//!   in PEM they are text in a field for bytes.
//! - Messages of errors are in words of its own, and so are some codes: only those of dates,
//!   authorizations and hashes are those of the vendor.
//! - Every `ClientKey` may do everything.

mod builder;
mod error;
pub mod lie;
mod message;
mod operation;
mod schema;
mod service;
mod signature;
mod wire;

use std::{collections::BTreeMap, io, sync::Arc, time::SystemTime};

pub use self::builder::FakeAlibabaInstanceBuilder;
use self::service::InstanceService;
pub use super::alibaba_kms::{Call, ClientKey, KeyKind, Refusal};
use super::alibaba_kms::{key::State, shared::Shared, store::Store};
use crate::fake::http::{Fault, Server};

/// A running instance. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeAlibabaInstance {
    server: Server,
    service: Arc<InstanceService>,
    id: String,
    client_key: ClientKey,
    ca_pem: Option<String>,
}

impl FakeAlibabaInstance {
    /// Starts one without keys on a free port, with one `ClientKey`.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to have.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Starts one of your choice.
    #[must_use]
    pub fn builder() -> FakeAlibabaInstanceBuilder {
        FakeAlibabaInstanceBuilder::default()
    }

    /// Where it is, as `http://127.0.0.1:PORT`, or `https://127.0.0.1:PORT` if it speaks
    /// [TLS](FakeAlibabaInstanceBuilder::tls).
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The certificate of the CA that clients must trust, if it speaks
    /// [TLS](FakeAlibabaInstanceBuilder::tls).
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Its id, as `kst-hzz` and 18 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The `ClientKey` that it started with.
    #[must_use]
    pub fn client_key(&self) -> &ClientKey {
        &self.client_key
    }

    /// Creates another `ClientKey`.
    ///
    /// # Errors
    ///
    /// If AWS-LC cannot make an RSA key.
    pub fn create_client_key(&self) -> Result<ClientKey, Refusal> {
        let (client_key, public_key) = ClientKey::generate()?;
        self.add_client_key(client_key.id(), public_key);
        Ok(client_key)
    }

    /// Lets a `ClientKey` in that is from elsewhere, by its RSA public key, as DER of an X.509
    /// `SubjectPublicKeyInfo`.
    pub fn add_client_key(&self, id: impl Into<String>, public_key: impl Into<Vec<u8>>) {
        let (id, public_key) = (id.into(), public_key.into());
        self.service.kms.with(|store| store.client_keys.insert(id, public_key));
    }

    /// Creates a key and returns its id, as `key-hzz` and 18 hex digits.
    ///
    /// # Errors
    ///
    /// If AWS-LC cannot make an RSA key.
    pub fn create_key(&self, kind: KeyKind) -> Result<String, Refusal> {
        self.service.kms.create_key(kind)
    }

    /// Creates one key of every kind and returns their ids by name: `symmetric`, `rsa_2048_encrypt`,
    /// `rsa_2048_sign` and `disabled`; each has the alias `alias/NAME`. Those that are there already,
    /// because of a [state](FakeAlibabaInstanceBuilder::state) or another gateway, stay. There is also a
    /// secret, `sample`.
    ///
    /// # Errors
    ///
    /// If AWS-LC cannot make an RSA key.
    pub fn create_samples(&self) -> Result<BTreeMap<&'static str, String>, Refusal> {
        self.service.kms.ask(Store::create_samples)
    }

    /// Adds a version to a symmetric key, which becomes the primary one, and returns its id.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is not symmetric.
    pub fn rotate_key(&self, key_id: &str) -> Result<String, Refusal> {
        self.service.kms.rotate_key(key_id)
    }

    /// Disables a key.
    ///
    /// # Errors
    ///
    /// If there is no such key.
    pub fn disable_key(&self, key_id: &str) -> Result<(), Refusal> {
        self.set_state(key_id, State::Disabled)
    }

    /// Enables a key that was disabled.
    ///
    /// # Errors
    ///
    /// If there is no such key.
    pub fn enable_key(&self, key_id: &str) -> Result<(), Refusal> {
        self.set_state(key_id, State::Enabled)
    }

    /// Creates an alias (`alias/NAME`) of a key.
    ///
    /// # Errors
    ///
    /// If there is no such key, or the alias is taken or of another form.
    pub fn create_alias(&self, alias: &str, key_id: &str) -> Result<(), Refusal> {
        self.service.kms.ask(|store| store.add_alias(alias, key_id))
    }

    /// Creates a secret, or a version of it which becomes the current one, and returns the id of the
    /// version.
    #[expect(clippy::must_use_candidate, reason = "few care about the version")]
    pub fn put_secret(&self, name: &str, data: &str) -> String {
        self.service.kms.with(|store| store.put_secret(name, data))
    }

    /// All calls since the start or the last [`take_calls`](Self::take_calls), oldest first, unless
    /// they are [forgotten](FakeAlibabaInstanceBuilder::forget_calls).
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

    /// Answers the next calls with `Rejected.Throttling`.
    pub fn throttle_next(&self, calls: u32) {
        self.service.throttle.refuse_next(calls);
    }

    /// Answers what comes faster than so many calls a second with `Rejected.Throttling`; without a
    /// number, nothing any more.
    pub fn throttle_above(&self, calls_per_second: Option<u32>) {
        self.service.throttle.refuse_above(calls_per_second);
    }

    /// Takes it to be this time, and stays there: requests that were signed more than 15 minutes
    /// before or after are refused. Without a time, it goes by the clock of this machine again.
    pub fn set_clock(&self, time: Option<SystemTime>) {
        self.service.kms.with(|store| store.clock.set(time));
    }

    /// What other gateways can have, too.
    pub(crate) fn kms(&self) -> &Shared {
        &self.service.kms
    }

    fn set_state(&self, key_id: &str, state: State) -> Result<(), Refusal> {
        self.service.kms.ask(|store| {
            store.change(key_id, |key| {
                key.state = state;
                Ok(())
            })
        })
    }
}
