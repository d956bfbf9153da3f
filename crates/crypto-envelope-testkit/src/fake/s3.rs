//! Amazon S3 on the loopback interface, as far as keys of customers (SSE-C) matter, for tests **without
//! any security**.
//!
//! ```
//! use crypto_envelope_testkit::fake::s3::{FakeS3, StoredObject};
//!
//! # fn main() -> std::io::Result<()> {
//! let s3 = FakeS3::start()?;
//! s3.put_object(s3.bucket(), "greeting", StoredObject::new("hello"));
//! // A client connects to `s3.endpoint()`, has buckets in the path, and signs with
//! // `s3.access_key()` for `s3.region()`.
//! assert_eq!(s3.stored_bytes(s3.bucket(), "greeting"), b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! What is written under the key of a customer **is encrypted** (AES-256-GCM), and what the fake keeps of
//! the key is a digest with salt: [`stored_bytes`](FakeS3::stored_bytes) shows what really stands there. All
//! other objects are kept in plain, whatever their answers say, so that a test can tell them.
//!
//! Every request has to be signed, by its header or as a presigned URL, and errors are XML with the codes
//! and messages of S3 where they are known.
//!
//! What it has: `ListBuckets`, `CreateBucket`, `HeadBucket`, `DeleteBucket`, `GetBucketLocation`;
//! `ListObjects` in both versions, `ListObjectVersions`, `ListMultipartUploads`, `ListParts`; `PutObject`,
//! `GetObject`, `HeadObject`, `GetObjectAttributes`, `CopyObject`, `DeleteObject`, `DeleteObjects`; tags of
//! objects; uploads in parts, with `UploadPartCopy`; versions of buckets; their encryption, with
//! `BlockedEncryptionTypes`; their policies. Ranges, single parts, conditions of reads, writes, copies and
//! deletions, metadata and storage classes, `Content-MD5`, checksums (CRC-32, CRC-32C and SHA-256), bodies in
//! chunks with trailers (`aws-chunked`).
//!
//! Where it differs from S3:
//! - Everything else is `NotImplemented`: lists of access control, the life of objects, locks, and so on.
//!   Buckets are in the path alone.
//! - Keys of customers are taken without TLS too, which S3 refuses: it is the loopback interface. With
//!   [TLS](FakeS3Builder::tls), a test is as near as can be.
//! - A new bucket blocks no encryption type.
//! - Whoever has an access key is the owner of everything, and needs no permission. Statements that deny are
//!   enforced with the operators `Null`, `Bool`, `StringEquals`, `StringNotEquals`, `StringLike` and
//!   `StringNotLike`, also with `IfExists`, on headers of the request (`s3:x-amz-…`) and on
//!   `aws:SecureTransport`, whoever their principal is. Others are kept and never hold. Of `DeleteObjects`, the
//!   bucket is asked and not each object. Temporary credentials are not known.
//! - Signatures of single chunks are not verified, and checksums of other kinds, or of whole uploads, not
//!   compared.
//! - The body of a request has at most 1 GiB. Ids of versions may be any text.
//! - Messages for a part with a key that its upload did not have, the code for a deletion whose condition is
//!   about nothing, and what is said of a key when an upload is completed, are guesses.

mod access_key;
mod asked;
mod bucket_encryption;
mod builder;
mod call;
mod checksum;
mod conditions;
mod content;
mod customer_key;
mod error;
pub mod lie;
mod metadata;
mod object;
mod operation;
mod payload;
mod policy;
mod protection;
mod service;
mod store;
mod stored;
mod tags;
mod terms;

use std::{io, sync::Arc, time::SystemTime};

pub use self::{
    access_key::AccessKey,
    builder::FakeS3Builder,
    call::Call,
    lie::Lie,
    stored::{PendingUpload, StoredObject, UploadedPart},
};
use self::{service::S3Service, store::Bucket};
use crate::fake::{
    date::Date,
    http::{Fault, Server},
};

/// A running S3. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeS3 {
    server: Server,
    service: Arc<S3Service>,
    bucket: String,
    region: String,
    access_key: AccessKey,
    ca_pem: Option<String>,
}

impl FakeS3 {
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
    pub fn builder() -> FakeS3Builder {
        FakeS3Builder::default()
    }

    /// Where to connect, as `http://127.0.0.1:PORT`. Buckets are in the path.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The port of the endpoint.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Its first bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The region that all its buckets are in.
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

    /// Creates a bucket, unless it is there.
    pub fn add_bucket(&self, name: &str) {
        self.service.store().add_bucket(name);
    }

    /// Lets another access key in.
    pub fn add_access_key(&self, key: AccessKey) {
        self.service.store().access_keys.push(key);
    }

    /// An object, whoever may read it.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<StoredObject> {
        let store = self.service.store();
        let (version, object) = store.buckets.get(bucket)?.object(key, None).ok()?;
        Some(StoredObject::of(version, object))
    }

    /// All versions of an object, older ones first, without delete markers.
    #[must_use]
    pub fn versions(&self, bucket: &str, key: &str) -> Vec<StoredObject> {
        let store = self.service.store();
        let versions = store.buckets.get(bucket).map(|bucket| bucket.versions_of(key));
        let versions = versions.unwrap_or_default().iter();
        let objects = versions.filter_map(|version| {
            let object = version.object.as_ref()?;
            Some(StoredObject::of(version, object))
        });
        objects.collect()
    }

    /// All that is kept under a key, as it is kept: the bytes of all versions, and those of parts that no
    /// object has yet.
    #[must_use]
    pub fn stored_bytes(&self, bucket: &str, key: &str) -> Vec<u8> {
        let versions = self.versions(bucket, key).into_iter().map(|version| version.kept);
        let uploads = self.uploads(bucket).into_iter().filter(|upload| upload.key == key);
        let parts = uploads.flat_map(|upload| upload.parts).map(|part| part.kept);
        versions.chain(parts).flatten().collect()
    }

    /// The keys of all objects, in order.
    #[must_use]
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let store = self.service.store();
        let objects = store.buckets.get(bucket).into_iter().flat_map(Bucket::objects);
        objects.map(|(key, _)| key.to_owned()).collect()
    }

    /// Puts an object in its place, in plain, whatever limits there are for clients. A bucket that is not
    /// there is created.
    pub fn put_object(&self, bucket: &str, key: &str, object: StoredObject) {
        let mut store = self.service.store();
        store.add_bucket(bucket);
        let now = store.clock.now();
        // Nothing fails where nothing is encrypted, and the bucket is there.
        if let (Ok(object), Ok(bucket)) = (object.into_object(now), store.bucket_mut(bucket)) {
            bucket.put(key, object, now);
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
    /// they are [forgotten](FakeS3Builder::forget_calls).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.service.log.calls()
    }

    /// As [`calls`](Self::calls), and forgets them.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        self.service.log.take()
    }

    /// From now on, it lies.
    pub fn lie(&self, lie: Lie) {
        self.service.store().lies.push(lie);
    }

    /// It lies no more. What is stored stays as it is.
    pub fn be_honest(&self) {
        self.service.store().lies.clear();
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

    /// Takes it to be this time, and stays there: for signatures, and dates of what is written. Without a
    /// time, it goes by the clock of this machine again.
    pub fn set_clock(&self, time: Option<SystemTime>) {
        self.service.store().clock.set(time);
    }
}

/// As XML has it: with milliseconds, of which there are none.
fn date(time: SystemTime) -> String {
    Date::of(time).extended().replace('Z', ".000Z")
}

/// Of all documents but errors.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
