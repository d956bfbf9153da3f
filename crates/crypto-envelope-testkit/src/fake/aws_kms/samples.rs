//! A set of keys to begin with.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{FakeAwsKms, KeyKind, error::KmsError, text_at};
use crate::fake::crypto;

impl FakeAwsKms {
    /// Creates one key of every kind and returns their ARNs by name: `symmetric`, `multi_region`
    /// (the primary key), `rsa_2048`, `rsa_3072`, `rsa_4096`, `ecc_p256`, `ecc_p384`, `ecc_p521`,
    /// `imported`, `pending_import`, `disabled` and `pending_deletion` in us-east-1; `symmetric_2`
    /// and `replica` (of `multi_region`) in us-west-2. `alias/symmetric` means the first.
    ///
    /// # Errors
    ///
    /// If the alias is there already.
    pub fn create_samples(&self) -> Result<BTreeMap<&'static str, String>, KmsError> {
        let mut samples = BTreeMap::new();
        for (name, region, kind) in SAMPLES {
            samples.insert(name, self.create_key(region, kind)?);
        }
        samples.insert("imported", self.import_key(EAST, crypto::random())?);
        let waiting = self.administer(EAST, "CreateKey", &json!({"Origin": "EXTERNAL"}))?;
        samples.insert("pending_import", text_at(&waiting, "/KeyMetadata/Arn"));
        samples.insert("replica", self.replicate_key(&samples["multi_region"], WEST)?);
        self.create_alias("alias/symmetric", &samples["symmetric"])?;
        self.disable_key(&samples["disabled"])?;
        let request: Value = json!({"KeyId": samples["pending_deletion"]});
        self.administer(EAST, "ScheduleKeyDeletion", &request)?;
        Ok(samples)
    }
}

const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";
const SAMPLES: [(&str, &str, KeyKind); 11] = [
    ("symmetric", EAST, KeyKind::Symmetric),
    ("symmetric_2", WEST, KeyKind::Symmetric),
    ("multi_region", EAST, KeyKind::MultiRegion),
    ("rsa_2048", EAST, KeyKind::Rsa2048),
    ("rsa_3072", EAST, KeyKind::Rsa3072),
    ("rsa_4096", EAST, KeyKind::Rsa4096),
    ("ecc_p256", EAST, KeyKind::EccP256),
    ("ecc_p384", EAST, KeyKind::EccP384),
    ("ecc_p521", EAST, KeyKind::EccP521),
    ("disabled", EAST, KeyKind::Symmetric),
    ("pending_deletion", EAST, KeyKind::Symmetric),
];
