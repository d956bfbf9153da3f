//! Tencent COS on the loopback interface, for tests **without any security**.
//!
//! ```
//! use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};
//!
//! # fn main() -> std::io::Result<()> {
//! let cos = FakeTencentCos::start()?;
//! cos.put_object(cos.bucket(), "greeting", StoredObject::new("hello"));
//! // A client connects to `cos.endpoint()`, sends `cos.host()` as its host, and signs with
//! // `cos.access_key()`.
//! let stored = cos.object(cos.bucket(), "greeting").expect("it was put there");
//! assert_eq!(stored.content, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! It speaks the XML API: buckets are told by the host (`BUCKET-APPID.cos.REGION.myqcloud.com`, the same
//! under `tencentcos.cn`, the internal and the accelerated ones, and [custom
//! domains](FakeTencentCosBuilder::custom_domain)), every request has to be signed, by its header or as a
//! presigned URL, and errors are XML with the codes of COS where they are known.
//!
//! What it has: `GetService`, `HeadBucket`, `GetBucket`, `PutObject`, `CopyObject`, `GetObject`,
//! `HeadObject`, `DeleteObject`, `DeleteMultipleObjects`, `InitiateMultipartUpload`, `UploadPart`,
//! `UploadPartCopy`, `ListParts`, `ListMultipartUploads`, `CompleteMultipartUpload`,
//! `AbortMultipartUpload`; ranges, conditions, metadata with its limits, `Content-MD5`,
//! `x-cos-forbid-overwrite`, the CRC-64 of all that is written or read, and server-side encryption as far
//! as it can be seen: keys of customers are checked, and nothing is encrypted.
//!
//! Where it differs from COS:
//! - Everything else is `NotImplemented`: there are no versions, tags, or lists of access control.
//! - Whoever has an access key may do everything.
//! - A bucket is there from the start or by [`add_bucket`](FakeTencentCos::add_bucket).
//! - The body of a request has at most 1 GiB.
//! - The codes for an expired or wrong token, for too much metadata, for keys of customers that are
//!   wrong, missing or sent in clear, and for a copy onto itself are guesses.

mod access_key;
mod asked;
mod builder;
mod call;
mod conditions;
mod crc64;
mod error;
pub mod lie;
mod metadata;
mod object;
mod operation;
mod place;
mod service;
mod signature;
mod sse;
mod store;
mod stored;
mod terms;

use std::{io, sync::Arc, time::SystemTime};

pub use self::{
    access_key::AccessKey,
    builder::FakeTencentCosBuilder,
    call::Call,
    stored::{PendingUpload, StoredObject, UploadedPart},
};
use self::{service::CosService, store::Overwriting};
use crate::fake::http::{Fault, Server};

/// A running COS. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeTencentCos {
    server: Server,
    service: Arc<CosService>,
    bucket: String,
    region: String,
    access_key: AccessKey,
    ca_pem: Option<String>,
}

impl FakeTencentCos {
    /// Starts one with an empty bucket and a random access key, on a free port.
    ///
    /// # Errors
    ///
    /// If there is no port or no thread to have.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Starts one of your choice.
    #[must_use]
    pub fn builder() -> FakeTencentCosBuilder {
        FakeTencentCosBuilder::default()
    }

    /// Where to connect, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The port of the endpoint.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The host of its first bucket, as `BUCKET-APPID.cos.REGION.myqcloud.com`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.cos.{}.myqcloud.com", self.bucket, self.region)
    }

    /// Its first bucket, as `NAME-APPID`.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The region of its first bucket.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Its first access key.
    #[must_use]
    pub fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// The CA that its clients have to trust, if it speaks TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Creates a bucket (`NAME-APPID`), unless it is there.
    pub fn add_bucket(&self, name: &str, region: &str) {
        self.service.store().add_bucket(name, region);
    }

    /// Lets another access key in.
    pub fn add_access_key(&self, key: AccessKey) {
        self.service.store().access_keys.push(key);
    }

    /// An object, whoever may read it.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<StoredObject> {
        let store = self.service.store();
        Some(StoredObject::of(store.buckets.get(bucket)?.objects.get(key)?))
    }

    /// The keys of all objects, in order.
    #[must_use]
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let store = self.service.store();
        let objects =
            store.buckets.get(bucket).into_iter().flat_map(|bucket| bucket.objects.keys());
        objects.cloned().collect()
    }

    /// Puts an object in its place, whatever limits there are for clients. A bucket that is not there is
    /// created, in the region of the first.
    pub fn put_object(&self, bucket: &str, key: &str, object: StoredObject) {
        let mut store = self.service.store();
        store.add_bucket(bucket, &self.region);
        let object = object.into_object(store.clock.now());
        if let Ok(bucket) = store.bucket_mut(bucket) {
            // Nothing is in the way of what may overwrite.
            let _ = bucket.put(key, object, Overwriting::Allowed);
        }
    }

    /// All uploads that are not complete, by their keys, with older ones first.
    #[must_use]
    pub fn uploads(&self, bucket: &str) -> Vec<PendingUpload> {
        let store = self.service.store();
        let uploads = store.buckets.get(bucket).into_iter().flat_map(|bucket| &bucket.uploads);
        uploads.map(|((key, id), upload)| PendingUpload::of(key, id, upload)).collect()
    }

    /// All calls since the start or the last [`take_calls`](Self::take_calls), oldest first, unless
    /// they are [forgotten](FakeTencentCosBuilder::forget_calls).
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
    /// Operations are called as above, as `UploadPart`.
    pub fn inject(&self, fault: Fault) {
        self.server.inject(fault);
    }

    /// Nothing more goes wrong.
    pub fn clear_faults(&self) {
        self.server.clear_faults();
    }

    /// Takes it to be this time, and stays there: for signatures, tokens, and dates of what is written.
    /// Without a time, it goes by the clock of this machine again.
    pub fn set_clock(&self, time: Option<SystemTime>) {
        self.service.store().clock.set(time);
    }
}
