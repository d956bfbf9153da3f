//! Objects and files in Tencent COS, with the fake one of testkit.

mod better;
mod files;
mod objects;

use std::sync::Arc;

use crypto_envelope::{
    Result as CoreResult, SecretBytes, blocking,
    provider::{KeyProvider, RawAesProvider},
};
use crypto_envelope_tencent_cos::{
    CosEncryptingClient, CosFormat, DecryptObject, EncryptObject, ObjectKey,
};
use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};
use crypto_envelope_tests::{tencent_cos::TencentCos, vectors::Result};

const MIB: usize = 1 << 20;
/// What is read at once at most in these tests.
const MOST: usize = 64 * MIB;

/// A COS, and a client with parts of 1 MiB.
struct World {
    cos: TencentCos,
    client: CosEncryptingClient,
}

impl World {
    /// With a COS that looks at signatures closely.
    fn new(format: CosFormat, provider: Arc<dyn KeyProvider>) -> Result<Self> {
        let cos = TencentCos::of(FakeTencentCos::builder().strict_signatures().start()?)?;
        Self::with(cos, format, provider)
    }

    fn with(cos: TencentCos, format: CosFormat, provider: impl KeyProvider) -> Result<Self> {
        let client = cos.ours(provider)?.format(format).part_length(MIB as u64).build()?;
        Ok(Self { cos, client })
    }

    fn put(&self, plaintext: &[u8]) -> CoreResult<()> {
        blocking::wait(self.client.put(EncryptObject::new(key()?), plaintext)).map(drop)
    }

    fn read(&self) -> CoreResult<Vec<u8>> {
        read(&self.client, DecryptObject::new(key()?))
    }

    fn stored(&self) -> Result<StoredObject> {
        self.cos.object("key")
    }

    fn store(&self, object: StoredObject) {
        self.cos.fake.put_object(self.cos.fake.bucket(), "key", object);
    }
}

fn raw() -> CoreResult<RawAesProvider> {
    RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))
}

fn key() -> CoreResult<ObjectKey> {
    ObjectKey::new("key")
}

fn read(client: &CosEncryptingClient, object: DecryptObject) -> CoreResult<Vec<u8>> {
    blocking::wait(async { client.get(object).await?.whole(MOST).await })
}
