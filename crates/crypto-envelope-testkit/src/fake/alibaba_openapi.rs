//! The OpenAPI of Alibaba Cloud KMS on the loopback interface, for tests **without any security**.
//!
//! ```
//! use crypto_envelope_testkit::fake::alibaba_openapi::{FakeAlibabaOpenApi, KeyKind};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kms = FakeAlibabaOpenApi::start()?;
//! let key_id = kms.create_key(KeyKind::Symmetric)?;
//! // A client gets `kms.endpoint()`, and the id and the secret of `kms.access_key()`.
//! assert!(kms.calls().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! It speaks as a public gateway does, version `2016-01-20`, over HTTP, in clear or with
//! [TLS](FakeAlibabaOpenApiBuilder::tls). Parameters come in the query, or in a form; answers are JSON.
//! Requests are signed by `ACS3-HMAC-SHA256`, by `ACS4-HMAC-SHA256` or as those of RPC by `HMAC-SHA1`;
//! their signatures, dates and security tokens are looked at, and each nonce is taken once.
//!
//! It can have the keys of an [instance](super::alibaba_instance): see
//! [`beside`](FakeAlibabaOpenApi::beside). What one encrypts the other decrypts, where their formats
//! allow it: the ciphertexts of this one are those of the Advance calls, without their first three bytes.
//!
//! What it has: the calls about keys, their versions, aliases and tags, those that encrypt, decrypt,
//! sign and verify, `GetSecretValue` and `GetKmsInstance`. Keys are as those of the instance.
//!
//! Where it differs from the service, or where nobody knows:
//! - All other actions are an `InvalidAction.NotFound`; key specs, origins and algorithms that are not
//!   here are an `UnsupportedOperation`.
//! - Parameters that an action does not know, or that come twice, are an `InvalidParameter`.
//! - Messages of errors are in words of its own, and so are some codes and statuses.
//! - The context of encryption is bound by the SHA-256 of its pairs, sorted, as `key=value` and joined
//!   by `&`; one without pairs is none.
//! - What was encrypted as bytes, and is no text, is an `UnsupportedOperation`: answers are text.
//! - `CreateKeyVersion` takes symmetric keys too. Nothing happens by itself: keys are not rotated, and
//!   those that wait for their deletion wait forever.
//! - Every access key may do everything.

mod builder;
mod error;
pub mod lie;
mod nonces;
mod operation;
mod parameters;
mod service;
mod signature;

use std::{collections::BTreeMap, io, sync::Arc, time::SystemTime};

pub use self::builder::FakeAlibabaOpenApiBuilder;
use self::service::OpenApiService;
pub use super::alibaba_kms::{AccessKey, Call, KeyKind, Refusal};
use super::{alibaba_instance::FakeAlibabaInstance, alibaba_kms::store::Store};
use crate::fake::http::{Fault, Server};

/// A running gateway. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeAlibabaOpenApi {
    server: Server,
    service: Arc<OpenApiService>,
    access_key: AccessKey,
    ca_pem: Option<String>,
}

impl FakeAlibabaOpenApi {
    /// Starts one without keys on a free port, with one access key.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to have.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Starts one that has the keys, aliases, secrets and the clock of an instance, and gives it its
    /// own: what one of them gets, both have.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to have.
    pub fn beside(instance: &FakeAlibabaInstance) -> io::Result<Self> {
        Self::builder().beside(instance).start()
    }

    /// Starts one of your choice.
    #[must_use]
    pub fn builder() -> FakeAlibabaOpenApiBuilder {
        FakeAlibabaOpenApiBuilder::default()
    }

    /// Where it is, as `http://127.0.0.1:PORT`, or `https://127.0.0.1:PORT` if it speaks
    /// [TLS](FakeAlibabaOpenApiBuilder::tls).
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The certificate of the CA that clients must trust, if it speaks
    /// [TLS](FakeAlibabaOpenApiBuilder::tls).
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The access key that it started with.
    #[must_use]
    pub fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// Lets another access key in. One of the same id is replaced.
    pub fn add_access_key(&self, access_key: AccessKey) {
        self.service.kms.with(|store| store.add_access_key(access_key));
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
    /// because of a [state](FakeAlibabaOpenApiBuilder::state) or another gateway, stay. There is also a
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

    /// Creates a secret, or a version of it which becomes the current one, and returns the id of the
    /// version.
    #[expect(clippy::must_use_candidate, reason = "few care about the version")]
    pub fn put_secret(&self, name: &str, data: &str) -> String {
        self.service.kms.with(|store| store.put_secret(name, data))
    }

    /// All calls since the start or the last [`take_calls`](Self::take_calls), oldest first, unless
    /// they are [forgotten](FakeAlibabaOpenApiBuilder::forget_calls).
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
    /// before or after are refused. Without a time, it goes by the clock of this machine again. An
    /// instance that it is [beside](Self::beside) has the same clock.
    pub fn set_clock(&self, time: Option<SystemTime>) {
        self.service.kms.with(|store| store.clock.set(time));
    }
}
