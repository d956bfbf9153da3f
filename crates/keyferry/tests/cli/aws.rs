//! AWS KMS as the sessions see it: fakes, with keys that are the same in every run.

use std::error::Error;

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind};

/// One that works, and one that is always too busy.
pub(crate) struct Aws {
    pub(crate) fake: FakeAwsKms,
    busy: FakeAwsKms,
    rsa_key: String,
    disabled_key: String,
}

impl Aws {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let writer = AccessKey::new(WRITER, "writer").secret(SECRET);
        let reader = AccessKey::new("AKIDREADER", "reader").allow("Decrypt", "*");
        let fake = FakeAwsKms::builder().vector_keys();
        let fake = fake.access_key(writer).access_key(reader).start()?;
        fake.create_alias("alias/backups", KEY)?;
        let rsa_key = fake.create_key("us-west-2", KeyKind::Rsa2048)?;
        let disabled_key = fake.create_key("us-west-2", KeyKind::Symmetric)?;
        fake.disable_key(&disabled_key)?;
        let busy = FakeAwsKms::with_vector_keys()?;
        busy.throttle_above(Some(0));
        Ok(Self { fake, busy, rsa_key, disabled_key })
    }

    /// For the environment of the program.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_ACCESS_KEY_ID", WRITER),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("KEY", KEY),
            ("OTHER", OTHER),
            ("MULTI", MULTI),
            ("REPLICA", REPLICA),
        ];
        let mut variables: Vec<_> =
            fixed.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        variables.extend([
            ("AWS_ENDPOINT_URL_KMS", self.fake.endpoint()),
            ("BUSY", self.busy.endpoint()),
            ("RSA", self.rsa_key.clone()),
            ("DISABLED", self.disabled_key.clone()),
        ]);
        variables
    }

    /// What differs from run to run, and what stands for it.
    pub(crate) fn names(&self) -> [(String, &'static str); 2] {
        [(self.rsa_key.clone(), "RSA"), (self.disabled_key.clone(), "DISABLED")]
    }
}

/// A key of the vectors; so are the others.
pub(crate) const KEY: &str =
    "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const OTHER: &str =
    "arn:aws:kms:eu-west-1:444455556666:key/0987dcba-09fe-87dc-65ba-ab0987654321";
const MULTI: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const REPLICA: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
/// Who may do everything, and their secret, which must not be seen.
pub(crate) const WRITER: &str = "AKIDWRITER";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI-secret-access-key";
